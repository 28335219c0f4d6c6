//! Integration tests of the engines.

mod bounds;
mod closed_forms;
mod machines;
