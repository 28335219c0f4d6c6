//! What NCCL would choose over a range of sizes.

use supernode_units::MessageSize;

use super::call::Call;
use super::choose::Choice;
use super::tuner::Tuner;

/// Sizes for which NCCL runs the same algorithm and protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The smallest size.
    pub from: MessageSize,
    /// The largest size.
    pub to: MessageSize,
    /// How the smallest is run.
    pub first: Choice,
    /// How the largest is run: more channels, larger chunks.
    pub last: Choice,
}

impl Tuner {
    /// What NCCL would choose for calls like `call` of `from` to `to` bytes, merged into spans of
    /// one algorithm and protocol whose ends are exact.
    ///
    /// Estimates are compared at every quarter of a size: a span that is shorter than the distance
    /// of two samples can be missed.
    pub fn choices(&self, call: &Call, from: MessageSize, to: MessageSize) -> Vec<Span> {
        let mut at = from.bytes();
        let mut spans = vec![span(at, self.choose(&Call { bytes: at, ..*call }))];
        while at < to.bytes() {
            let next = at.saturating_add((at / 4).max(1)).min(to.bytes());
            while at < next {
                at = self.extend(call, at, next, &mut spans);
            }
        }
        spans
    }

    /// Extends the last span from `low` to `high`, or ends it where the choice turns and begins the
    /// next one; gives the size up to which the spans now reach.
    fn extend(&self, call: &Call, low: u64, high: u64, spans: &mut Vec<Span>) -> u64 {
        let choose = |bytes| self.choose(&Call { bytes, ..*call });
        let Some(last) = spans.last_mut() else { return high };
        let end = choose(high);
        if same(&last.first, &end) {
            last.to = MessageSize::new(high);
            last.last = end;
            return high;
        }
        let (mut inside, mut outside) = (low, high);
        while outside - inside > 1 {
            let middle = inside + (outside - inside) / 2;
            if same(&last.first, &choose(middle)) { inside = middle } else { outside = middle }
        }
        last.to = MessageSize::new(inside);
        last.last = choose(inside);
        spans.push(span(outside, choose(outside)));
        outside
    }
}

fn span(bytes: u64, choice: Choice) -> Span {
    let size = MessageSize::new(bytes);
    Span { from: size, to: size, first: choice, last: choice }
}

fn same(a: &Choice, b: &Choice) -> bool {
    (a.algorithm, a.protocol) == (b.algorithm, b.protocol)
}
