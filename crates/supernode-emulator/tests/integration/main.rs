//! Integration tests of the emulator, one binary.

mod properties;
