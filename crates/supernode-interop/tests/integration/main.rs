//! Integration tests of the foreign formats and presets.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod astra;
mod fixtures;
mod plain;
mod random;
mod schedules;
mod text;
