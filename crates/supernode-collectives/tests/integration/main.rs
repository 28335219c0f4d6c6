//! Integration tests of the schedules.

mod census;
mod golden;
mod matching;
mod phases;
mod prove;
mod scale;
