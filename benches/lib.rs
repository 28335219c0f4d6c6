//! Criterion benches of supernode; each bench file opens with the question it answers.
//!
//! This library holds what they share: jobs with buffers that were touched beforehand, GOAL schedules,
//! collectives for the engines to time, and the two references an emulated all-reduce is measured against.

pub mod bare;
pub mod goals;
pub mod jobs;
pub mod timed;
