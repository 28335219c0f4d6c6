//! Integration tests of the fabric.

mod costs;
mod errors;
mod machines;
mod placements;
mod routes;
mod symmetry;
