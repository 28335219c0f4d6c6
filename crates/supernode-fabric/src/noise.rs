//! Seeded noise: steps that start late, and devices that do everything more slowly.
//!
//! What happens to a step follows from the seed, its device, its lane and its number there, so it is the
//! same in whatever order an engine looks at it.

use std::fmt;

use supernode_units::Time;

use crate::Jitter;
use crate::mix::{STEP, below, mix};

/// Noise of one run. At a million ranks the slowest of them decides every step.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Noise {
    /// Seed; equal seeds give equal noise.
    pub seed: u64,
    /// How late each message is issued, if it is late at all.
    pub jitter: Option<Jitter>,
    /// Slow devices; the slowest counts where several are the same.
    pub slow: Vec<Slow>,
}

/// Devices that take longer for all that they do themselves: overheads, reductions, copies, and the
/// bytes that pass their ports. Modelled: nobody has published how a slow device slows which of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slow {
    /// Which.
    pub who: Who,
    /// How many times as long, in millionths; no less than a million.
    pub factor_ppm: u64,
}

/// Devices by number or by chance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// This one.
    Device(u32),
    /// Each with this probability in millionths, by the seed.
    Share {
        /// Millionths.
        ppm: u32,
    },
}

/// Once: the factor of a device that is not slow.
pub const ONCE_PPM: u64 = 1_000_000;

impl Noise {
    /// The key of the delays of a lane.
    #[inline]
    pub fn key(&self, device: u32, lane: u32) -> u64 {
        mix(self.seed ^ mix(u64::from(device) << 32 | u64::from(lane)))
    }

    /// How late the `nth` message of the lane with `key` is.
    #[inline]
    pub fn delay(&self, key: u64, nth: u64) -> Time {
        let Some(jitter) = &self.jitter else { return Time::ZERO };
        jitter.at(mix(key.wrapping_add(nth.wrapping_mul(STEP))))
    }

    /// How many times as long `device` takes, in millionths.
    pub fn factor_ppm(&self, device: u32) -> u64 {
        let is_slow = |(place, slow): &(u64, &Slow)| match slow.who {
            Who::Device(slow) => slow == device,
            Who::Share { ppm } => {
                let random = mix(self.seed ^ mix(!(place << 32 | u64::from(device))));
                below(random, ONCE_PPM) < u64::from(ppm)
            }
        };
        let slow = (0..).zip(&self.slow).filter(is_slow).map(|(_, slow)| slow.factor_ppm);
        slow.max().unwrap_or(ONCE_PPM).max(ONCE_PPM)
    }
}

/// `time` of a device that takes `factor_ppm` millionths of it, rounded up.
pub fn slowed(time: Time, factor_ppm: u64) -> Time {
    if factor_ppm == ONCE_PPM || time == Time::MAX {
        return time;
    }
    Time::from_ps_ratio(u128::from(time.as_ps()) * u128::from(factor_ppm), u128::from(ONCE_PPM))
}

impl fmt::Display for Slow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let factor = self.factor_ppm as f64 / ONCE_PPM as f64;
        match self.who {
            Who::Device(device) => write!(f, "device {device} {factor} times as slow"),
            Who::Share { ppm } => {
                write!(f, "{} % of devices {factor} times as slow", f64::from(ppm) / 1e4)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_are_seeded_and_slow_devices_are_as_many_as_asked_for() {
        let slow = |who, factor_ppm| Slow { who, factor_ppm };
        let noise = Noise {
            seed: 3,
            jitter: Some("uniform:1ns".parse().expect("it is one")),
            slow: vec![
                slow(Who::Share { ppm: 250_000 }, 2_000_000),
                slow(Who::Device(7), 3_000_000),
            ],
        };
        let factors: Vec<u64> = (0..40_000).map(|device| noise.factor_ppm(device)).collect();
        let count = factors.iter().filter(|factor| **factor > ONCE_PPM).count();
        assert!((9_500..10_500).contains(&count), "{count} of 40,000");
        assert_eq!(factors[7], 3_000_000);
        let delay = |noise: &Noise, device| noise.delay(noise.key(device, 0), 7).as_ps();
        let mean = (0..40_000).map(|device| delay(&noise, device)).sum::<u64>() / 40_000;
        assert!((480..520).contains(&mean), "mean {mean} ps of up to 1,000");
        let other = Noise { seed: 4, ..noise.clone() };
        assert!((0..100).any(|device| delay(&noise, device) != delay(&other, device)));
        assert!((0..100).any(|device| noise.factor_ppm(device) != other.factor_ppm(device)));
        assert_eq!(Noise::default().delay(2, 3), Time::ZERO);
        assert_eq!(slowed(Time::from_ps(3), 1_500_000), Time::from_ps(5));
        assert_eq!(slowed(Time::MAX, 1_500_000), Time::MAX);
    }
}
