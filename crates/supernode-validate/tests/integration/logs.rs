//! Logs of our own making, in the formats of nccl-tests, rccl-tests and OSU.

mod bad;
mod json;
mod nasty;
mod nccl;
mod osu;
mod properties;
mod settings;
mod write;
