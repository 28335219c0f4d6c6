//! What no datasheet says, each with its reason. All of it is modelled.

/// A low and a high end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    /// Low end.
    pub low: f64,
    /// High end.
    pub high: f64,
}

impl Bounds {
    /// Halfway.
    pub fn middle(self) -> f64 {
        f64::midpoint(self.low, self.high)
    }
}

/// The same for every machine of a comparison.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Assumptions {
    /// Share of the dense rate that matrix products reach. Published training runs reach 43 % of it
    /// end to end (Llama 3, arXiv:2407.21783) to 65 % (`MegaScale`, NSDI 2024), communication
    /// included, so the products by themselves lie above.
    pub gemm_efficiency: Bounds,
    /// How much slower compute runs while a collective runs beside it: engines and memory bandwidth
    /// are shared.
    pub overlap_tax: Bounds,
    /// Unexpected interruptions per chip and hour: 419 in 54 days on 16,384 GPUs (Llama 3,
    /// arXiv:2407.21783, section 3.3.4); half and twice of it for other chips and other years.
    pub interruptions_per_chip_hour: Bounds,
    /// Seconds to write a checkpoint, and to load one.
    pub checkpoint_s: f64,
}

/// Llama 3's rate: 419 / (54 days x 24 h x 16,384 chips).
const LLAMA_3_RATE: f64 = 419.0 / (54.0 * 24.0 * 16_384.0);

impl Default for Assumptions {
    fn default() -> Self {
        Self {
            gemm_efficiency: Bounds { low: 0.55, high: 0.75 },
            overlap_tax: Bounds { low: 0.0, high: 0.1 },
            interruptions_per_chip_hour: Bounds {
                low: LLAMA_3_RATE / 2.0,
                high: LLAMA_3_RATE * 2.0,
            },
            checkpoint_s: 60.0,
        }
    }
}
