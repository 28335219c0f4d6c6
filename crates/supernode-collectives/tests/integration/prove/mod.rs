//! The proof of schedules: what holds, what it costs, and that errors are found.

mod algorithms;
mod classes;
mod communicators;
mod effort;
mod golden;
mod laws;

mod additions;
mod in_place;
mod mutants;
mod oracle;
mod orders;
mod plain;
mod program;
mod uneven;
