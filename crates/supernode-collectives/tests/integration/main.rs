//! Integration tests of the schedules.

mod census;
mod golden;
mod matching;
mod prove;
mod scale;
