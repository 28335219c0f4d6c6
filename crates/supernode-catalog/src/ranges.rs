//! The values of a system that are ranges, for the reader of a result.

use std::fmt::Display;

use supernode_units::{Confidence, Sourced};

use crate::system::System;

/// A value that is a range, as it goes into a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RangeNote {
    /// Path that `--set` takes.
    pub path: String,
    /// The range.
    pub value: String,
    /// Who says so.
    pub confidence: Option<Confidence>,
    /// Why it is one; empty if its source does not say.
    pub note: String,
}

impl System {
    /// The values of the levels that are ranges.
    pub fn ranges(&self) -> Vec<RangeNote> {
        let mut notes = Vec::new();
        for level in self.levels.iter().chain(&self.scale_out) {
            let path = |key: &str| format!("{}.{key}", level.name());
            push(&mut notes, path("bandwidth"), &level.bandwidth);
            push(&mut notes, path("latency"), &level.latency);
            push(&mut notes, path("switch-latency"), &level.switch_latency);
            push(&mut notes, path("fec-latency"), &level.fec_latency);
            push(&mut notes, path("efficiency"), &level.efficiency);
            push(&mut notes, path("fan-out-loss"), &level.fan_out_loss);
            push(&mut notes, path("in-switch"), &level.in_switch);
        }
        notes
    }
}

fn push<T: Display + Copy>(notes: &mut Vec<RangeNote>, path: String, value: &Sourced<T>) {
    if value.value.is_range() {
        notes.push(RangeNote {
            path,
            value: value.value.to_string(),
            confidence: value.confidence,
            note: value.note.clone().unwrap_or_default(),
        });
    }
}
