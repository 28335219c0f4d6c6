//! Models of accelerator chips: compute and memory rooflines, ports, engines, power and price.
