//! Words that a communication library's tuning depends on: transports and processors.

supernode_units::words! {
    /// What carries the messages of a level or of a scale-out network.
    ///
    /// A rate and a latency say how fast a link is, not what software drives it: NCCL on EFA and on
    /// InfiniBand of equal rate differ by several times for small messages.
    Transport {
        /// NVIDIA NVLink, switched or not.
        Nvlink = "nvlink",
        /// PCI Express, peer to peer or through the host.
        Pcie = "pcie",
        /// AMD Infinity Fabric between packages.
        Xgmi = "xgmi",
        /// UALink.
        Ualink = "ualink",
        /// Huawei HCCS.
        Hccs = "hccs",
        /// Huawei unified bus (Lingqu).
        Ub = "ub",
        /// The unified bus over Ethernet.
        Uboe = "uboe",
        /// Alibaba ICN.
        Icn = "icn",
        /// Google ICI.
        Ici = "ici",
        /// AWS NeuronLink.
        Neuronlink = "neuronlink",
        /// InfiniBand.
        Infiniband = "infiniband",
        /// RDMA over Converged Ethernet, Spectrum-X included.
        Roce = "roce",
        /// AWS Elastic Fabric Adapter of the first generation (scalable reliable datagrams).
        Efa = "efa",
        /// AWS Elastic Fabric Adapter from its second generation on, of less than half the latency.
        EfaV2 = "efa-v2",
        /// HPE Slingshot.
        Slingshot = "slingshot",
        /// Google GPUDirect-TCPX and its successor TCPXO.
        Tcpx = "tcpx",
        /// Ethernet, with a protocol that is not known or has no word here.
        Ethernet = "ethernet",
        /// A link of its own, with no library that is tuned for it here.
        Other = "other",
    }
}

supernode_units::words! {
    /// Make of a server's host processors.
    ///
    /// The paths between PCIe devices that cross it differ by make; NCCL has a table of them.
    Cpu {
        /// Intel Xeon.
        Intel = "intel",
        /// AMD EPYC.
        Amd = "amd",
        /// NVIDIA Grace, joined to its accelerators by NVLink-C2C.
        Grace = "grace",
        /// Another Arm processor.
        Arm = "arm",
    }
}
