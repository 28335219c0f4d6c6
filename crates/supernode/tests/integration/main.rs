//! Integration tests over all crates.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod command;
mod formulas;
mod library_truths;
mod machine;
mod session;
mod trace;
mod truths;
