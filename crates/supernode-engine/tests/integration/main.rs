//! Integration tests of the engines.

mod alpha_beta;
mod bounds;
mod closed_forms;
mod concurrent;
mod estimates;
mod exact;
mod faults;
mod links;
mod machines;
mod noise;
mod partial;
mod record;
