//! Integration tests of the foreign formats and presets.

mod astra;
mod fixtures;
mod plain;
mod random;
mod schedules;
mod text;
