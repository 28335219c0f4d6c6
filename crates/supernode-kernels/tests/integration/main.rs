//! Integration tests of the kernels.

mod copies;
mod eight_bits;
mod fp8;
mod halves;
mod reductions;
mod reference;
mod relays;
