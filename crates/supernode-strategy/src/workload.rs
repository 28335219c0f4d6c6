//! What is trained: a dense transformer of a given size, and how much arithmetic a token takes.

use supernode_units::Precision;

use crate::StrategyError;

/// Elements per attention head in current dense models (Llama 3, GPT-3).
const HEAD: u64 = 128;
/// Width over depth of current dense models: 102 for Llama 3 70B, 128 for GPT-3, 130 for 405B.
const WIDTH_OVER_DEPTH: f64 = 102.0;
/// Bytes of an activation, gradient or parameter on the wire and in memory: bf16.
pub(crate) const ELEMENT_BYTES: u64 = 2;

/// One training step of a dense transformer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Workload {
    /// Parameters.
    pub params: u64,
    /// Tokens of one step, over all replicas.
    pub tokens: u64,
    /// Tokens of one sequence.
    pub seq: u64,
    /// Precision of the matrix products.
    pub precision: Precision,
}

/// The transformer that a number of parameters stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Layers.
    pub layers: u64,
    /// Width.
    pub hidden: u64,
    /// Attention heads.
    pub heads: u32,
}

impl Workload {
    /// Most tokens of a step.
    pub const TOKENS_MAX: u64 = 1 << 40;

    /// Checks that there is something to train.
    ///
    /// # Errors
    /// [`StrategyError::Workload`] when a figure is too small or too large to make sense.
    pub fn check(&self) -> Result<(), StrategyError> {
        let fail = |what: String| Err(StrategyError::Workload { what });
        if self.params < 1_000_000 || self.params > 1_000_000_000_000_000 {
            return fail(format!("{} parameters are not between 1M and 1000T", self.params));
        }
        if self.seq == 0 || self.seq > 1 << 30 {
            return fail(format!("a sequence of {} tokens is not between 1 and 2^30", self.seq));
        }
        if self.tokens < self.seq {
            return fail(format!(
                "{} tokens a step do not fill one sequence of {}; raise --tokens or lower --seq",
                self.tokens, self.seq
            ));
        }
        if self.tokens > Self::TOKENS_MAX {
            return fail(format!("{} tokens a step are above the limit of 2^40", self.tokens));
        }
        Ok(())
    }

    /// Layers, width and heads: the usual proportions, the width a power of two or one and a half
    /// times one. 12 layers x width^2 are the parameters.
    pub fn shape(&self) -> Shape {
        let params = self.params as f64;
        let ideal = (WIDTH_OVER_DEPTH * params / 12.0).cbrt();
        let widths = (7..30).flat_map(|power| [1_u64 << power, 3 << (power - 1)]);
        let distance = |width: u64| (width as f64 / ideal).ln().abs();
        let hidden = widths.min_by(|a, b| distance(*a).total_cmp(&distance(*b))).unwrap_or(HEAD);
        let layers = (params / (12.0 * (hidden * hidden) as f64)).round().max(1.0) as u64;
        Shape { layers, hidden, heads: (hidden / HEAD).max(1) as u32 }
    }

    /// Sequences of one step; what does not fill a sequence is left out.
    pub fn sequences(&self) -> u64 {
        self.tokens / self.seq
    }

    /// Operations of one token, forward and backward: 6 per parameter, and 6 layers x width x
    /// sequence for causal attention.
    pub fn flops_per_token(&self) -> f64 {
        let shape = self.shape();
        6.0 * self.params as f64 + 6.0 * (shape.layers * shape.hidden * self.seq) as f64
    }

    /// Bytes of one activation tensor of one sequence: sequence x width elements.
    pub fn tensor_bytes(&self) -> u64 {
        self.seq * self.shape().hidden * ELEMENT_BYTES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(params: u64) -> Shape {
        let workload = Workload { params, tokens: 4_000_000, seq: 8192, precision: Precision::Fp8 };
        workload.shape()
    }

    #[test]
    fn proportions_are_those_of_published_models() {
        // Llama 3 70B: 80 layers of 8,192; 405B: 126 of 16,384; GPT-3: 96 of 12,288.
        assert_eq!(shape(70_000_000_000), Shape { layers: 87, hidden: 8192, heads: 64 });
        assert_eq!(shape(405_000_000_000), Shape { layers: 126, hidden: 16384, heads: 128 });
        assert_eq!(shape(175_000_000_000), Shape { layers: 97, hidden: 12288, heads: 96 });
    }

    #[test]
    fn operations_of_a_published_model() {
        // Llama 3 405B at 8,192 tokens: 6 x 405e9 plus causal attention of 4 % (Llama 3, table 4).
        let workload = Workload {
            params: 405_000_000_000,
            tokens: 16_000_000,
            seq: 8192,
            precision: Precision::Bf16,
        };
        let ratio = workload.flops_per_token() / (6.0 * 405e9);
        assert!((1.03..1.05).contains(&ratio), "{ratio}");
        assert_eq!(workload.sequences(), 1953);
    }

    #[test]
    fn nonsense_is_refused() {
        let good = Workload {
            params: 70_000_000_000,
            tokens: 4_000_000,
            seq: 8192,
            precision: Precision::Fp8,
        };
        assert!(good.check().is_ok());
        assert!(Workload { params: 0, ..good }.check().is_err());
        assert!(Workload { seq: 0, ..good }.check().is_err());
        assert!(Workload { tokens: 8191, ..good }.check().is_err());
    }
}
