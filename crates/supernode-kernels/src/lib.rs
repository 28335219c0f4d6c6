//! Vectorised reductions and copies over raw bytes; the only crate with unsafe code.
