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

    fn ends(self) -> [f64; 2] {
        [self.low, self.high]
    }
}

/// The same for every machine of a comparison: both are held against each other at one and the
/// same value of each, never one at the low end and the other at the high end.
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

/// One value of each assumption.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Assumed {
    /// See [`Assumptions::gemm_efficiency`].
    pub gemm_efficiency: f64,
    /// See [`Assumptions::overlap_tax`].
    pub overlap_tax: f64,
    /// See [`Assumptions::interruptions_per_chip_hour`].
    pub interruptions_per_chip_hour: f64,
    /// See [`Assumptions::checkpoint_s`].
    pub checkpoint_s: f64,
}

/// Ways to take an end of each of the three assumptions that are ranges.
pub const CORNERS: usize = 8;

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

impl Assumptions {
    /// Every combination of ends.
    pub fn corners(&self) -> [Assumed; CORNERS] {
        std::array::from_fn(|corner| Assumed {
            gemm_efficiency: self.gemm_efficiency.ends()[corner & 1],
            overlap_tax: self.overlap_tax.ends()[corner >> 1 & 1],
            interruptions_per_chip_hour: self.interruptions_per_chip_hour.ends()[corner >> 2 & 1],
            checkpoint_s: self.checkpoint_s,
        })
    }

    /// The middle of every range.
    pub fn middle(&self) -> Assumed {
        Assumed {
            gemm_efficiency: self.gemm_efficiency.middle(),
            overlap_tax: self.overlap_tax.middle(),
            interruptions_per_chip_hour: self.interruptions_per_chip_hour.middle(),
            checkpoint_s: self.checkpoint_s,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corners_are_all_combinations_of_ends() {
        let assumptions = Assumptions::default();
        let corners = assumptions.corners();
        for (index, corner) in corners.iter().enumerate() {
            assert!(!corners[..index].contains(corner));
        }
        let low = corners[0];
        assert!((low.gemm_efficiency - 0.55).abs() < 1e-12 && low.overlap_tax.abs() < 1e-12);
        let high = corners[CORNERS - 1];
        assert!((high.gemm_efficiency - 0.75).abs() < 1e-12);
        assert!((high.overlap_tax - 0.1).abs() < 1e-12);
    }
}
