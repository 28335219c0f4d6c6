//! Integration tests of the catalog.

mod claims;
mod files;
mod models;
mod names;
mod overrides;
