//! Integration tests of the kernels.

mod copies;
mod halves;
mod reductions;
mod reference;
