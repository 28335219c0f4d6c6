//! Numbers of ranks as people write them.

use std::str::FromStr;

use super::names;

/// Numbers of ranks, in the order they were asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RankCounts(Vec<u32>);

/// More rows than anybody reads.
const MOST: usize = 100_000;

impl RankCounts {
    pub(super) fn iter(&self) -> impl Iterator<Item = u32> {
        self.0.iter().copied()
    }
}

impl FromStr for RankCounts {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let mut counts = Vec::new();
        for part in text.split(',') {
            add(part.trim(), &mut counts)?;
        }
        Ok(Self(counts))
    }
}

fn add(part: &str, counts: &mut Vec<u32>) -> Result<(), String> {
    let Some((first, rest)) = part.split_once("..") else {
        counts.push(count(part)?);
        return Ok(());
    };
    let (last, step) = rest.split_once(':').unwrap_or((rest, "+1"));
    let (first, last) = (count(first)?, count(last.trim_start_matches('='))?);
    if first > last {
        return Err(format!("`{part}` ends before it begins; write the smaller number first"));
    }
    if matches!(step, "+0" | "x0") {
        return Err(format!("`:{step}` never gets anywhere; write :x2 to double or :+8 to add 8"));
    }
    let (by, multiply) = match (step.strip_prefix('x'), step.strip_prefix('+')) {
        (Some(factor), _) => (count(factor)?, true),
        (_, Some(add)) => (count(add)?, false),
        _ => return Err(format!("`:{step}` is no step; write :x2 to double or :+8 to add 8")),
    };
    if multiply && by < 2 {
        return Err(format!("`:{step}` never gets anywhere; multiply by 2 or more"));
    }
    let mut next = Some(first);
    while let Some(number) = next.filter(|number| *number <= last) {
        if counts.len() == MOST {
            return Err(format!("`{part}` is more than {MOST} numbers of ranks; add a step"));
        }
        counts.push(number);
        next = if multiply { number.checked_mul(by) } else { number.checked_add(by) };
    }
    Ok(())
}

/// Reads a whole number above zero, `K` and `M` binary.
pub(super) fn count(text: &str) -> Result<u32, String> {
    let text = text.trim();
    let (digits, factor) = match text.char_indices().last() {
        Some((at, 'k' | 'K')) => (&text[..at], 1 << 10),
        Some((at, 'm' | 'M')) => (&text[..at], 1 << 20),
        _ => (text, 1),
    };
    match names::whole::<u32>(digits)?.checked_mul(factor) {
        Some(0) => Err(format!("`{text}`: a collective needs at least 1 rank")),
        Some(number) => Ok(number),
        None => Err(format!("`{text}` is too large")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(text: &str) -> Result<Vec<u32>, String> {
        text.parse::<RankCounts>().map(|counts| counts.0)
    }

    #[test]
    fn ranges_are_inclusive() {
        assert_eq!(counts("2..5"), Ok(vec![2, 3, 4, 5]));
        assert_eq!(counts("8..1K:x2"), Ok(vec![8, 16, 32, 64, 128, 256, 512, 1024]));
        assert_eq!(counts("8..30:+8, 5"), Ok(vec![8, 16, 24, 5]));
        assert_eq!(counts("1M"), Ok(vec![1 << 20]));
        assert_eq!(counts("2G").unwrap_err(), "`2G` is no whole number; write it like 8");
    }

    #[test]
    fn errors_say_what_is_wrong() {
        assert!(counts("5..2").unwrap_err().contains("smaller number first"));
        assert!(counts("0..2").unwrap_err().contains("at least 1 rank"));
        assert!(counts("2..8:x1").unwrap_err().contains("multiply by 2 or more"));
        assert!(counts("2..8:2").unwrap_err().contains("write :x2"));
        assert!(counts("1..4M").unwrap_err().contains("add a step"));
        assert!(counts("4096M").unwrap_err().contains("too large"));
        assert!(counts("").unwrap_err().contains("no whole number"));
    }
}
