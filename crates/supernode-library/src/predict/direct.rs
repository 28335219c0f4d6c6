//! Custom all-reduce kernels of inference engines: every rank reads its peers' buffers directly, all of
//! them (one shot) or its block of each before the blocks are gathered (two shots).

use supernode_units::Time;

use super::{GB_S, Predictor};
use crate::Launched;
use crate::costs::Chip;
use crate::nccl::{Call, Choice};

impl Predictor<'_> {
    /// The time of an all-reduce that takes a custom kernel up to `limit` bytes where that is
    /// faster, and what the library chooses otherwise.
    pub fn direct(&self, call: &Call, choice: &Choice, launched: Launched, limit: u64) -> Time {
        let library = self.time(call, choice, launched);
        if call.bytes > limit {
            return library;
        }
        let (bytes, ranks) = (call.bytes as f64, f64::from(self.ranks()));
        let rate = self.link_gb_s * GB_S * self.chip(Chip::P2pRate);
        let one_shot = bytes * (ranks - 1.0) / rate;
        let two_shots = 2.0 * bytes * (ranks - 1.0) / ranks / rate + self.chip(Chip::DirectStep);
        let us = self.chip(Chip::DirectBase) + one_shot.min(two_shots);
        Time::from_secs_f64(us * 1e-6).min(library)
    }
}
