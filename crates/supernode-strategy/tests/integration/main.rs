//! Integration tests of the comparison.

mod compare;
mod library;
mod plans;
mod properties;
mod shared_chip;
