//! Integration tests of the measured curves.

mod bench;
mod builtin;
mod csv;
mod impossible;
mod logs;
mod score;
