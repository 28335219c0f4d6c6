//! Integration tests of the comparison.

mod compare;
mod plans;
mod properties;
