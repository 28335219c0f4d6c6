//! Integration tests of the catalog.

mod claims;
mod files;
mod inventory;
mod models;
mod names;
mod overrides;
