//! The world's chips, pods and clusters as TOML data, every value with its source.
