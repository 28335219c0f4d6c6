//! Integration tests of the catalog.

mod claims;
mod files;
mod hardware;
mod inventory;
mod models;
mod names;
mod overrides;
