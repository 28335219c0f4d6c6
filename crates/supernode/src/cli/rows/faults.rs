//! What faults and noise add to a run and to its rows.

use serde::Serialize;
use supernode::engine::noise::Seeds;
use supernode::units::Time;

/// The faults and the noise of every row.
#[derive(Debug, Clone, Serialize)]
pub(in crate::cli) struct FaultFacts {
    /// Links and devices that are slow or dead.
    pub(in crate::cli) faults: Vec<String>,
    /// How late messages are.
    pub(in crate::cli) jitter: Option<String>,
    /// Slow devices.
    pub(in crate::cli) slow: Vec<String>,
    /// How many seeds are drawn, from that of the run on; none for one run.
    pub(in crate::cli) seeds: Option<u32>,
}

/// Times over seeds, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(in crate::cli) struct SeedTimes {
    /// The least time that half of the seeds do not pass.
    #[serde(rename = "p50_us")]
    p50: f64,
    /// The least time that 99 of 100 seeds do not pass.
    #[serde(rename = "p99_us")]
    p99: f64,
    /// The longest.
    #[serde(rename = "max_us")]
    max: f64,
}

impl FaultFacts {
    /// The facts as comment lines.
    pub(super) fn lines(&self, seed: u64) -> Vec<String> {
        let faults = format!("faults: {}", self.faults.join(", "));
        let noise = self.noise(seed);
        let lines = [(!self.faults.is_empty()).then_some(faults), noise];
        lines.into_iter().flatten().collect()
    }

    fn noise(&self, seed: u64) -> Option<String> {
        if self.jitter.is_none() && self.slow.is_empty() {
            return None;
        }
        let jitter = self.jitter.iter().map(|jitter| format!("jitter {jitter}"));
        let slow = self.slow.iter().map(|slow| format!("slow {slow}"));
        let noise = jitter.chain(slow).collect::<Vec<_>>().join(", ");
        Some(match self.seeds {
            None => format!("noise: {noise}, seed {seed}"),
            Some(seeds) => {
                format!("noise: {noise}; {seeds} seeds from {seed} on, the time is their median")
            }
        })
    }

    /// Columns of `csv` after those that every run has.
    pub(super) const COLUMNS: &'static str = ",faults,jitter,slow,seeds,p50_us,p99_us,max_us";

    /// The fields of these columns.
    pub(super) fn fields(&self, times: Option<&SeedTimes>) -> [String; 7] {
        let text = |us: Option<f64>| us.map_or_else(String::new, |us| us.to_string());
        let [p50, p99, max] = SeedTimes::columns(times).map(text);
        let seeds = self.seeds.map_or_else(String::new, |seeds| seeds.to_string());
        let [faults, slow] = [&self.faults, &self.slow].map(|list| list.join(" "));
        [faults, self.jitter.clone().unwrap_or_default(), slow, seeds, p50, p99, max]
    }
}

impl SeedTimes {
    pub(in crate::cli) fn of(seeds: &Seeds) -> Self {
        let [p50, p99, max] = [seeds.p50(), seeds.p99(), seeds.max()].map(Time::as_us_f64);
        Self { p50, p99, max }
    }

    /// Names of their columns in a table.
    pub(super) const NAMES: [&'static str; 3] = ["p50", "p99", "max"];

    /// Their values, in microseconds.
    pub(super) fn columns(times: Option<&Self>) -> [Option<f64>; 3] {
        let of = |value: fn(&Self) -> f64| times.map(value);
        [of(|times| times.p50), of(|times| times.p99), of(|times| times.max)]
    }
}
