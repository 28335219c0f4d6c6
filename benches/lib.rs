//! Criterion benches of supernode; each bench file opens with the question it answers.
