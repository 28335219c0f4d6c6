//! Which chip a machine is made of.

/// Chips, longer names before those they contain; plug-in cards apart from their namesakes.
const FAMILIES: [&str; 26] = [
    "GB300",
    "GB200",
    "B300",
    "B200",
    "GH200",
    "H200",
    "H100 PCIe",
    "H100",
    "H800",
    "A100",
    "A800",
    "V100",
    "H20",
    "MI355X",
    "MI325X",
    "MI300X",
    "MI3xx",
    "MI250X",
    "L40S",
    "RTX PRO",
    "Arc Pro B60",
    "Ascend 950",
    "Ascend 910C",
    "Ascend 910B",
    "Trainium",
    "TPU",
];

/// The chip that a machine's name contains, in any case, or the whole name.
pub(crate) fn family(hardware: &str) -> &str {
    let upper = hardware.to_ascii_uppercase();
    let within = |name: &&&str| upper.contains(&name.to_ascii_uppercase());
    FAMILIES.iter().find(within).copied().unwrap_or(hardware)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_builtin_machine_has_a_chip() {
        for curve in crate::builtin().unwrap() {
            assert!(FAMILIES.contains(&curve.family()), "{}", curve.hardware);
        }
        assert_eq!(family("AWS p6-b200, n GPUs used"), "B200");
        assert_eq!(family("2x GH200 nodes"), "GH200");
        assert_eq!(family("NVIDIA H200 141GB"), "H200");
        assert_eq!(family("my own"), "my own");
    }
}
