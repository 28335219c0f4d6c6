//! Integration tests of the measured curves.

mod builtin;
mod csv;
mod logs;
mod score;
