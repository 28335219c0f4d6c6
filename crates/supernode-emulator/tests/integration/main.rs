//! Integration tests of the emulator, one binary.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod communicators;
mod concurrent;
mod fans;
mod hops;
mod jobs;
mod limits;
mod numerics;
mod one_sided;
mod prediction;
mod programs;
mod properties;
mod uneven;
