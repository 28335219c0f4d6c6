//! Integration tests of the measured curves.

mod builtin;
mod csv;
mod impossible;
mod logs;
mod score;
