//! Order statistics, defined once.

/// The middle value, or the mean of the two middle ones; none of nothing.
pub(crate) fn median(values: &[f64]) -> Option<f64> {
    let sorted = sorted(values);
    let (low, high) = (sorted.len().checked_sub(1)? / 2, sorted.len() / 2);
    Some(f64::midpoint(*sorted.get(low)?, *sorted.get(high)?))
}

/// The least value that at least nine tenths of all do not pass: no interpolation, so that of fewer
/// than ten values it is the worst.
pub(crate) fn ninetieth(values: &[f64]) -> Option<f64> {
    let sorted = sorted(values);
    sorted.get((sorted.len() * 9).div_ceil(10).checked_sub(1)?).copied()
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_ninetieths() {
        let check = |values: &[f64], expected| {
            assert_eq!((median(values), ninetieth(values)), expected, "{values:?}");
        };
        check(&[], (None, None));
        check(&[3.0], (Some(3.0), Some(3.0)));
        check(&[4.0, 1.0], (Some(2.5), Some(4.0)));
        check(&[3.0, 1.0, 2.0], (Some(2.0), Some(3.0)));
        let ten: Vec<f64> = (1..=10).map(f64::from).collect();
        check(&ten, (Some(5.5), Some(9.0)));
    }
}
