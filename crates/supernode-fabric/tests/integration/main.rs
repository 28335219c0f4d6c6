//! Integration tests of the fabric.

mod costs;
mod errors;
mod links;
mod machines;
mod placements;
mod routes;
mod symmetry;
