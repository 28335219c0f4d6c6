//! Workloads, parallel plans, and the comparison of more, weaker chips with fewer, stronger ones.
