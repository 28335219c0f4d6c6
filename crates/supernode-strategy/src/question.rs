//! What a comparison is about, whatever the machines.

use crate::timing::Timings;
use crate::{Assumptions, Workload};

/// What is trained, what is assumed, and the times that were computed before.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Question<'a> {
    pub(crate) workload: &'a Workload,
    pub(crate) assumptions: &'a Assumptions,
    pub(crate) timings: &'a Timings,
}
