//! Ranges of sizes with one choice, whose ends are exact.

/// Ranges from `from` to `to` with the choices at both ends: compared at every quarter of a size, and
/// halved where they differ.
pub(super) fn spans<T: Copy>(
    from: u64,
    to: u64,
    choose: impl Fn(u64) -> T,
    same: impl Fn(&T, &T) -> bool,
) -> Vec<(u64, u64, T, T)> {
    let first = choose(from);
    let mut done = Vec::new();
    let mut span = (from, from, first, first);
    while span.1 < to {
        let next = span.1.saturating_add((span.1 / 4).max(1)).min(to);
        let choice = choose(next);
        if same(&span.2, &choice) {
            (span.1, span.3) = (next, choice);
            continue;
        }
        let (mut inside, mut outside) = (span.1, next);
        while outside - inside > 1 {
            let middle = inside.midpoint(outside);
            if same(&span.2, &choose(middle)) { inside = middle } else { outside = middle }
        }
        (span.1, span.3) = (inside, choose(inside));
        done.push(span);
        let choice = choose(outside);
        span = (outside, outside, choice, choice);
    }
    done.push(span);
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_exact() {
        let choose = |bytes: u64| if bytes < 1000 { 'a' } else { 'b' };
        let found = spans(8, 1 << 20, choose, |a, b| a == b);
        assert_eq!(found, [(8, 999, 'a', 'a'), (1000, 1 << 20, 'b', 'b')]);
        assert_eq!(spans(8, 8, choose, |a, b| a == b), [(8, 8, 'a', 'a')]);
    }
}
