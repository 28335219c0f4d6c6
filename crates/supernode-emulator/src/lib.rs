//! Runs schedules on real bytes: one tokio task per rank, virtual time in the messages.
