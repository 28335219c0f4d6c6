//! Integration tests of the catalog.

mod claims;
