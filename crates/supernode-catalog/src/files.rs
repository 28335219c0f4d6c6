//! The data files, compiled in.

/// File name and text of each, chips before the systems made of them.
pub(crate) const FILES: &[(&str, &str)] = &[
    ("chips/nvidia.toml", include_str!("../data/chips/nvidia.toml")),
    ("chips/huawei.toml", include_str!("../data/chips/huawei.toml")),
    ("chips/others.toml", include_str!("../data/chips/others.toml")),
    ("systems/nvidia.toml", include_str!("../data/systems/nvidia.toml")),
    ("systems/huawei.toml", include_str!("../data/systems/huawei.toml")),
    ("systems/others.toml", include_str!("../data/systems/others.toml")),
];
