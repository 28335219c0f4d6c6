//! How late a step is: distributions by their names, and quantiles in a table.
//!
//! A delay is a quantile of its distribution at 64 random bits. The table holds the quantiles at tail
//! probabilities `2^-e (1 + j / 64) / 2`, each octave of the tail in 64 parts, and takes what lies
//! between as a line: to a few parts in 100,000 of the scale, and as good in the tail, where the delays
//! are that decide a step of a million ranks. The tail is cut at a probability of `2^-48`.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use supernode_units::Time;

use crate::FabricError;

/// Octaves of the tail, and parts of each.
const OCTAVES: u32 = 48;
const PARTS: u32 = 64;
/// No step is later than this: an hour.
const LATEST_PS: f64 = 3.6e15;

/// How late a step is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Distribution {
    /// Anything from nothing to this alike.
    Uniform {
        /// The longest.
        most: Time,
    },
    /// Independent rare events.
    Exponential {
        /// Mean.
        mean: Time,
    },
    /// Around a mean; what would be early is drawn again.
    Normal {
        /// Mean before that.
        mean: Time,
        /// Standard deviation before that.
        deviation: Time,
    },
    /// A product of many causes.
    LogNormal {
        /// Median.
        median: Time,
        /// Standard deviation of the natural logarithm.
        sigma: f64,
    },
    /// A power law: a delay of `x` times the least has probability `x^-shape` or less.
    Pareto {
        /// The shortest.
        least: Time,
        /// Exponent, above 0; the mean is infinite up to 1.
        shape: f64,
    },
}

/// A distribution that delays can be drawn from.
#[derive(Clone)]
pub struct Jitter {
    distribution: Distribution,
    /// By rising tail probability, that is falling delay; in picoseconds.
    quantiles: Arc<[u64]>,
}

impl fmt::Debug for Jitter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Jitter").field(&self.distribution).finish()
    }
}

impl PartialEq for Jitter {
    fn eq(&self, other: &Self) -> bool {
        self.distribution == other.distribution
    }
}

impl Jitter {
    /// Tabulates `distribution`.
    ///
    /// # Errors
    /// [`FabricError::Jitter`] if a parameter is out of range, or one delay in 2^48 would be longer than
    /// an hour.
    pub fn new(distribution: Distribution) -> Result<Self, FabricError> {
        let wrong = |what: &str| {
            let text = distribution.to_string();
            Err(FabricError::Jitter { text, what: what.to_owned() })
        };
        match distribution {
            Distribution::LogNormal { sigma, .. } if !(0.0..=20.0).contains(&sigma) => {
                return wrong("sigma is a number from 0 to 20");
            }
            Distribution::Pareto { shape, .. } if !(shape > 0.0 && shape.is_finite()) => {
                return wrong("the shape of a power law is a number above 0");
            }
            _ => {}
        }
        let nodes = 0..=OCTAVES * PARTS;
        let tail = |node: u32| {
            let (octave, part) = (node / PARTS, node % PARTS);
            f64::from(PARTS + part) / f64::from(2 * PARTS) * 2_f64.powi(octave as i32 + 1)
                / 2_f64.powi(OCTAVES as i32)
        };
        let exact: Vec<f64> = nodes.map(|node| distribution.quantile(tail(node))).collect();
        if exact[0] > LATEST_PS {
            return wrong(
                "a step may be late by more than an hour; use a thinner tail or less of it",
            );
        }
        let quantiles = exact.into_iter().map(|ps| ps.round() as u64).collect();
        Ok(Self { distribution, quantiles })
    }

    /// The longest delay.
    pub fn longest(&self) -> Time {
        Time::from_ps(self.quantiles[0])
    }

    /// The delay at 64 random bits.
    #[inline]
    pub fn at(&self, random: u64) -> Time {
        // Beyond this the tail is cut.
        let random = random.max(1 << (u64::BITS - OCTAVES));
        let octave = random.leading_zeros();
        let mantissa = (random << octave) << 1;
        let part = mantissa >> (u64::BITS - PARTS.ilog2());
        let node = ((OCTAVES - 1 - octave) * PARTS) as usize + part as usize;
        let (long, short) = (self.quantiles[node], self.quantiles[node + 1]);
        let way = mantissa << PARTS.ilog2();
        let less = (u128::from(long - short) * u128::from(way)) >> u64::BITS;
        Time::from_ps(long - less as u64)
    }
}

impl Distribution {
    /// The delay, in picoseconds, that is exceeded with probability `tail`.
    fn quantile(self, tail: f64) -> f64 {
        let ps = |time: Time| time.as_ps() as f64;
        match self {
            Self::Uniform { most } => ps(most) * (1.0 - tail),
            Self::Exponential { mean } => -ps(mean) * tail.ln(),
            Self::Normal { mean, deviation } if deviation == Time::ZERO => ps(mean),
            Self::Normal { mean, deviation } => {
                let (mean, deviation) = (ps(mean), ps(deviation));
                (mean + deviation * normal(tail * above(-mean / deviation))).max(0.0)
            }
            Self::LogNormal { median, sigma } => match tail {
                1.0.. => 0.0,
                _ => ps(median) * (sigma * normal(tail)).exp(),
            },
            Self::Pareto { least, shape } => ps(least) * tail.powf(-1.0 / shape),
        }
    }
}

/// The probability that a standard normal variable is above `z`.
fn above(z: f64) -> f64 {
    let density = (-z * z / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
    if z < 0.0 {
        1.0 - above(-z)
    } else if z < 3.0 {
        // The series z + z^3 / 3 + z^5 / (3 x 5) + ...
        let (mut term, mut sum) = (z, z);
        for k in 1..60 {
            term *= z * z / f64::from(2 * k + 1);
            sum += term;
        }
        0.5 - density * sum
    } else {
        // Laplace's continued fraction.
        density / (1..100).rev().fold(z, |below, k| z + f64::from(k) / below)
    }
}

/// What a standard normal variable exceeds with probability `tail`, from 2^-49 to less than 1.
fn normal(tail: f64) -> f64 {
    let (mut low, mut high) = (-9.0, 9.0);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if above(middle) > tail {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

impl fmt::Display for Distribution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uniform { most } => write!(f, "uniform:{most}"),
            Self::Exponential { mean } => write!(f, "exp:{mean}"),
            Self::Normal { mean, deviation } => write!(f, "normal:{mean}:{deviation}"),
            Self::LogNormal { median, sigma } => write!(f, "lognormal:{median}:{sigma}"),
            Self::Pareto { least, shape } => write!(f, "pareto:{least}:{shape}"),
        }
    }
}

impl fmt::Display for Jitter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.distribution.fmt(f)
    }
}

impl FromStr for Jitter {
    type Err = FabricError;

    /// Reads `uniform:MOST`, `exp:MEAN`, `normal:MEAN:DEVIATION`, `lognormal:MEDIAN:SIGMA` or
    /// `pareto:LEAST:SHAPE`, as in `exp:200ns`.
    fn from_str(text: &str) -> Result<Self, FabricError> {
        let wrong = |what: String| FabricError::Jitter { text: text.trim().to_owned(), what };
        let time = |text: &str| text.parse::<Time>().map_err(|error| wrong(error.to_string()));
        let number = |text: &str| {
            let number = text.trim().parse::<f64>();
            number.map_err(|_| wrong(format!("`{text}` is no number")))
        };
        let parts: Vec<&str> = text.trim().split(':').collect();
        let name = parts[0].to_ascii_lowercase();
        let distribution = match (&*name, &parts[1..]) {
            ("uniform", [most]) => Distribution::Uniform { most: time(most)? },
            ("exp", [mean]) => Distribution::Exponential { mean: time(mean)? },
            ("normal", [mean, deviation]) => {
                Distribution::Normal { mean: time(mean)?, deviation: time(deviation)? }
            }
            ("lognormal", [median, sigma]) => {
                Distribution::LogNormal { median: time(median)?, sigma: number(sigma)? }
            }
            ("pareto", [least, shape]) => {
                Distribution::Pareto { least: time(least)?, shape: number(shape)? }
            }
            _ => {
                let forms = "write uniform:MOST, exp:MEAN, normal:MEAN:DEVIATION, \
                             lognormal:MEDIAN:SIGMA or pareto:LEAST:SHAPE, as in exp:200ns";
                return Err(wrong(forms.to_owned()));
            }
        };
        Self::new(distribution)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mix::mix;

    fn jitter(text: &str) -> Jitter {
        text.parse().expect("it is one")
    }

    /// Mean and 99th percentile of samples, in picoseconds.
    fn sampled(text: &str) -> (f64, u64) {
        let jitter = jitter(text);
        let mut delays: Vec<u64> = (0..400_000).map(|i| jitter.at(mix(i)).as_ps()).collect();
        delays.sort_unstable();
        let mean = delays.iter().map(|ps| *ps as f64).sum::<f64>() / delays.len() as f64;
        (mean, delays[delays.len() / 100 * 99])
    }

    #[test]
    fn samples_have_the_moments_of_their_distribution() {
        // Mean and 99th percentile by the textbook.
        let normal_half = 2.0 / (2.0 * std::f64::consts::PI).sqrt();
        for (text, mean, p99) in [
            ("uniform:1us", 500_000.0, 990_000.0),
            ("exp:200ns", 200_000.0, 200_000.0 * 100_f64.ln()),
            ("normal:1us:100ns", 1_000_000.0, 1_000_000.0 + 232_635.0),
            ("normal:0ns:100ns", 100_000.0 * normal_half, 257_583.0),
            ("lognormal:200ns:0.5", 200_000.0 * 0.125_f64.exp(), 200_000.0 * (1.163_174_f64).exp()),
            ("pareto:100ns:4", 400_000.0 / 3.0, 100_000.0 * 100_f64.powf(0.25)),
            ("normal:3us:0ns", 3_000_000.0, 3_000_000.0),
        ] {
            let (got, percentile) = sampled(text);
            assert!((got / mean - 1.0).abs() < 0.01, "{text}: mean {got} instead of {mean}");
            let off = (percentile as f64 / p99 - 1.0).abs();
            assert!(off < 0.02, "{text}: p99 {percentile} instead of {p99}");
        }
    }

    #[test]
    fn the_table_is_the_distribution_in_the_tail_too() {
        let exponential = jitter("exp:1us");
        for shift in [0, 1, 5, 20, 40] {
            for bits in [1_u64 << 63, 0xb000_0000_0000_0000, u64::MAX] {
                let random = bits >> shift;
                let tail = random as f64 / 2_f64.powi(64);
                let (got, want) = (exponential.at(random).as_ps() as f64, -1e6 * tail.ln());
                assert!((got - want).abs() < 60.0, "{got} instead of {want} at {tail}");
            }
        }
        assert_eq!(exponential.at(0), exponential.at(1 << 16));
        assert!(exponential.longest() >= exponential.at(0));
        assert_eq!(jitter("exp:0ns").at(12345), Time::ZERO);
    }

    #[test]
    fn more_is_never_earlier() {
        let pairs = [
            ("uniform:1us", "uniform:2us"),
            ("exp:200ns", "exp:201ns"),
            ("normal:1us:100ns", "normal:2us:100ns"),
            ("lognormal:200ns:0.5", "lognormal:300ns:0.5"),
            ("pareto:100ns:4", "pareto:100ns:3"),
        ];
        for (less, more) in pairs {
            let (less, more) = (jitter(less), jitter(more));
            assert!((0..10_000).all(|i| less.at(mix(i)) <= more.at(mix(i))), "{less} {more}");
        }
    }

    #[test]
    fn what_is_no_jitter_is_an_error() {
        let error = |text: &str| text.parse::<Jitter>().expect_err("it is none").to_string();
        assert!(error("exp").contains("write uniform:MOST, exp:MEAN"));
        assert!(error("exp:200").contains("unit"), "{}", error("exp:200"));
        assert!(error("lognormal:200ns:30").contains("sigma is a number from 0 to 20"));
        assert!(error("pareto:1us:0").contains("above 0"));
        assert!(error("pareto:1us:0.5").contains("more than an hour"));
        assert!(error("exp:9h").contains("more than an hour"));
        assert_eq!(jitter(" EXP:200ns ").to_string(), "exp:200ns");
    }
}
