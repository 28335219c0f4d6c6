//! Comma-separated values as RFC 4180 has them: reading with line numbers, and quoting.

mod columns;
mod read;
mod records;
mod write;

pub(crate) use columns::{OF_CURVE, OF_ROW, curve, row};
pub(crate) use read::read;
pub(crate) use records::{Record, Table};
pub use write::write_csv;
