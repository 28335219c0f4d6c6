//! The data files, compiled in.

/// File name and text of each, chips before the systems made of them.
pub(crate) const FILES: &[(&str, &str)] = &[
    ("chips/amd-intel.toml", include_str!("../data/chips/amd-intel.toml")),
    ("chips/google-aws.toml", include_str!("../data/chips/google-aws.toml")),
    ("chips/huawei.toml", include_str!("../data/chips/huawei.toml")),
    ("chips/nvidia-blackwell.toml", include_str!("../data/chips/nvidia-blackwell.toml")),
    ("chips/nvidia-hopper.toml", include_str!("../data/chips/nvidia-hopper.toml")),
    ("chips/nvidia-rubin.toml", include_str!("../data/chips/nvidia-rubin.toml")),
    ("chips/nvidia-volta-to-ada.toml", include_str!("../data/chips/nvidia-volta-to-ada.toml")),
    ("chips/others.toml", include_str!("../data/chips/others.toml")),
    ("systems/cloud-instances.toml", include_str!("../data/systems/cloud-instances.toml")),
    ("systems/huawei-clusters.toml", include_str!("../data/systems/huawei-clusters.toml")),
    ("systems/huawei-pods.toml", include_str!("../data/systems/huawei-pods.toml")),
    ("systems/nvidia-clusters.toml", include_str!("../data/systems/nvidia-clusters.toml")),
    ("systems/nvidia-pcie.toml", include_str!("../data/systems/nvidia-pcie.toml")),
    ("systems/nvidia-racks.toml", include_str!("../data/systems/nvidia-racks.toml")),
    ("systems/nvidia-servers.toml", include_str!("../data/systems/nvidia-servers.toml")),
    ("systems/others.toml", include_str!("../data/systems/others.toml")),
    ("systems/supercomputer-nodes.toml", include_str!("../data/systems/supercomputer-nodes.toml")),
];
