//! Integration tests over all crates.

mod command;
mod formulas;
mod library_truths;
mod machine;
mod session;
mod trace;
mod truths;
