//! Families of chips that a communication library tunes alike.

supernode_units::words! {
    /// The family of a chip.
    ///
    /// Finer than a vendor's and coarser than a product's: the tuning tables of NCCL, RCCL and
    /// HCCL are written per family, since the rate and the latency of a copying thread follow from
    /// it and not from the name on the box.
    Architecture {
        /// NVIDIA Pascal (sm_60).
        Pascal = "pascal",
        /// NVIDIA Volta (sm_70).
        Volta = "volta",
        /// NVIDIA Ampere of data centres (sm_80).
        Ampere = "ampere",
        /// NVIDIA Ada (sm_89).
        Ada = "ada",
        /// NVIDIA Hopper (sm_90).
        Hopper = "hopper",
        /// NVIDIA Blackwell of data centres (sm_100 and sm_103).
        Blackwell = "blackwell",
        /// NVIDIA Blackwell of workstations and PCIe servers (sm_120).
        BlackwellClient = "blackwell-client",
        /// NVIDIA Rubin.
        Rubin = "rubin",
        /// AMD CDNA 2 (gfx90a).
        Cdna2 = "cdna2",
        /// AMD CDNA 3 (gfx942).
        Cdna3 = "cdna3",
        /// AMD CDNA 4 (gfx950).
        Cdna4 = "cdna4",
        /// AMD CDNA 5.
        Cdna5 = "cdna5",
        /// Huawei Da Vinci of the Ascend 910 (2019).
        Davinci910 = "davinci-910",
        /// Huawei Da Vinci of the Ascend 910B (HCCL: A2).
        Davinci910b = "davinci-910b",
        /// Huawei Da Vinci of the Ascend 910C (HCCL: A3).
        Davinci910c = "davinci-910c",
        /// The Ascend 950 and what follows it (HCCL: A5).
        Ascend950 = "ascend-950",
        /// Intel Xe2 (Battlemage).
        Xe2 = "xe2",
        /// AWS NeuronCore-v2 (Trainium).
        Neuroncore2 = "neuroncore-v2",
        /// AWS NeuronCore-v3 (Trainium2).
        Neuroncore3 = "neuroncore-v3",
        /// AWS NeuronCore-v4 (Trainium3).
        Neuroncore4 = "neuroncore-v4",
        /// Google TPU v4.
        TpuV4 = "tpu-v4",
        /// Google TPU v5p.
        TpuV5p = "tpu-v5p",
        /// Google TPU7x.
        Tpu7x = "tpu7x",
        /// A family of its own, with no library that is tuned for it here.
        Other = "other",
    }
}
