use serde::Serialize;

/// What a curve is among the targets of the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// NVIDIA chips of one node, or of one `NVLink` domain.
    NvidiaNode,
    /// NVIDIA chips of several nodes.
    NvidiaNodes,
    /// AMD chips.
    Amd,
    /// Chips that a `PCIe` bus alone joins.
    Pcie,
}
