//! Integration tests over all crates.

mod command;
mod formulas;
mod machine;
mod truths;
