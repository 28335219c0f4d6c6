//! Seeded noise: steps that start late, and devices that are always late.

use supernode_units::Time;

/// Delays of single steps. At a million ranks the slowest of them decides every step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Skew {
    /// Seed; equal seeds give equal delays.
    pub seed: u64,
    /// Every step is late by a uniform delay between zero and this, both included.
    pub jitter: Time,
    /// Share of slow devices in millionths.
    pub slow_ppm: u32,
    /// What each step of a slow device takes longer.
    pub slow_step: Time,
}

impl Skew {
    /// How late the `nth` step of lane `lane` on `device` is.
    pub fn delay(&self, device: u32, lane: u32, nth: u64) -> Time {
        let own = mix(self.seed ^ mix(u64::from(device)));
        let step = mix(own ^ mix(nth << 16 ^ u64::from(lane)));
        let late = below(step, self.jitter.as_ps().saturating_add(1));
        let slow = below(own, 1_000_000) < u64::from(self.slow_ppm);
        Time::from_ps(late) + if slow { self.slow_step } else { Time::ZERO }
    }
}

/// Maps 64 random bits to a number below `bound` by multiply and shift.
fn below(random: u64, bound: u64) -> u64 {
    ((u128::from(random) * u128::from(bound)) >> 64) as u64
}

/// The finaliser of splitmix64: a fixed, portable mixing of 64 bits.
pub(crate) fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_are_uniform_seeded_and_slow_devices_are_as_many_as_asked_for() {
        let jitter = Time::from_ns(1);
        let skew = Skew { seed: 3, jitter, slow_ppm: 250_000, slow_step: Time::from_us(1) };
        let delays: Vec<Time> = (0..40_000).map(|device| skew.delay(device, 0, 7)).collect();
        let slow = delays.iter().filter(|delay| **delay >= Time::from_us(1)).count();
        assert!((9_500..10_500).contains(&slow), "{slow} of 40,000");
        let quick: Vec<u64> = delays.iter().filter(|d| **d <= jitter).map(|d| d.as_ps()).collect();
        let mean = quick.iter().sum::<u64>() / quick.len() as u64;
        assert!((480..520).contains(&mean), "mean {mean} ps of up to 1,000");
        assert_eq!(skew.delay(5, 1, 9), skew.delay(5, 1, 9));
        let other = Skew { seed: 4, ..skew };
        assert!((0..100).any(|device| skew.delay(device, 0, 0) != other.delay(device, 0, 0)));
        assert_eq!(Skew::default().delay(1, 2, 3), Time::ZERO);
    }
}
