//! The table of nccl-tests, column for column.

use std::io::{self, Write};

use super::{Facts, LibraryFacts, Row, SeedTimes, Totals};

pub(super) fn header(out: &mut impl Write, facts: &Facts) -> io::Result<()> {
    let columns = |a: &str, b: &str, c: &str, d: &str, e: &str| {
        format!("# {a:>10}  {b:>12}  {c:>8}  {d:>6}  {e:>6}")
    };
    let side =
        |time, algbw, busbw, wrong| format!("  {time:>7}  {algbw:>6}  {busbw:>6}  {wrong:>6}");
    let (names, units) = (
        side("time", "algbw", "busbw", "#wrong").repeat(2),
        side("(us)", "(GB/s)", "(GB/s)", "").repeat(2),
    );
    writeln!(out, "#")?;
    let places = "           out-of-place                       in-place          ";
    writeln!(out, "{}{places}", columns("", "", "", "", ""))?;
    let mut trailing = facts.library.as_ref().map(LibraryFacts::trailing).unwrap_or_default();
    if facts.faults.as_ref().is_some_and(|faults| faults.seeds.is_some()) {
        trailing.extend(SeedTimes::NAMES);
    }
    let more = |texts: Vec<&str>| {
        texts.into_iter().map(|text| format!("  {text:>7}")).collect::<Vec<_>>().concat()
    };
    let names = names + &more(trailing.clone());
    writeln!(out, "{}{names}", columns("size", "count", "type", "redop", "root"))?;
    let units = units + &more(vec!["(us)"; trailing.len()]);
    let units = columns("(B)", "(elements)", "", "", "") + &units;
    writeln!(out, "{}", units.trim_end())
}

pub(super) fn row(out: &mut impl Write, facts: &Facts, row: &Row) -> io::Result<()> {
    let wrong = row.wrong.map_or_else(|| "N/A".to_owned(), |wrong| wrong.to_string());
    let side = |wrong: &str| {
        format!(
            "  {:>7}  {:>6}  {:>6}  {wrong:>6}",
            significant(row.time_us, 7),
            significant(row.algbw_gb_per_s, 6),
            significant(row.busbw_gb_per_s, 6)
        )
    };
    write!(
        out,
        "{:>12}  {:>12}  {:>8}  {:>6}  {:>6}{}{}",
        row.size_bytes,
        row.count,
        row.dtype,
        row.redop,
        row.root,
        side(&wrong),
        side("N/A")
    )?;
    let chosen = match (&facts.library, &row.chosen) {
        (Some(library), Some(chosen)) => library.trailing_times(chosen),
        _ => Vec::new(),
    };
    let seeds = row.seeds.iter().flat_map(|times| SeedTimes::columns(Some(times)));
    for us in chosen.into_iter().chain(seeds) {
        let text = us.map_or_else(|| "N/A".to_owned(), |us| significant(us, 7));
        write!(out, "  {text:>7}")?;
    }
    writeln!(out)
}

pub(super) fn footer(out: &mut impl Write, totals: &Totals) -> io::Result<()> {
    let Totals { rows, checked, wrong, .. } = *totals;
    let verdict = match wrong {
        _ if checked == 0 => "N/A (nothing was checked)".to_owned(),
        0 if checked < rows => format!("0 OK ({checked} of {rows} rows checked)"),
        0 => "0 OK".to_owned(),
        wrong => format!("{wrong} FAILED"),
    };
    writeln!(out, "# Out of bounds values : {verdict}")?;
    writeln!(out, "# Avg bus bandwidth    : {}", general(totals.average()))?;
    writeln!(out, "#")
}

/// A number in at most `width` characters with as many decimals as fit, as nccl-tests prints it.
fn significant(value: f64, width: usize) -> String {
    for digits in [2, 1, 0] {
        let text = format!("{value:.digits$}");
        if text.len() <= width {
            return text;
        }
    }
    let (mantissa, exponent) = scientific(value, usize::from(width >= 7));
    format!("{mantissa}{}", as_in_c(exponent))
}

/// A number as C's `%g` prints it: six significant digits, no trailing zeros.
fn general(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    // Rounding may reach the next power of ten, so the exponent is that of the rounded number.
    let (mantissa, exponent) = scientific(value, 5);
    let short = |text: String| {
        let decimals = text.contains('.');
        if decimals { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
    };
    if !(-4..6).contains(&exponent) {
        return short(mantissa) + &as_in_c(exponent);
    }
    short(format!("{value:.*}", (5 - exponent) as usize))
}

/// Mantissa with `digits` decimals, and exponent.
fn scientific(value: f64, digits: usize) -> (String, i32) {
    let text = format!("{value:.digits$e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    (mantissa.to_owned(), exponent.parse().unwrap_or(0))
}

/// C prints the sign and at least two digits of an exponent.
fn as_in_c(exponent: i32) -> String {
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("e{sign}{:02}", exponent.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_fit_their_columns_as_in_nccl_tests() {
        assert_eq!(significant(12.345, 7), "12.35");
        assert_eq!(significant(12_345.678, 7), "12345.7");
        assert_eq!(significant(1_234_567.8, 7), "1234568");
        assert_eq!(significant(12_345_678.0, 7), "1.2e+07");
        assert_eq!(significant(1_234_567.0, 6), "1e+06");
    }

    #[test]
    fn averages_are_printed_as_by_c() {
        for (value, expected) in [
            (0.0, "0"),
            (100.0, "100"),
            (123.456_789, "123.457"),
            (0.000_123_456_7, "0.000123457"),
            (2.548_62e-9, "2.54862e-09"),
            (2.5e-5, "2.5e-05"),
            (999_999.6, "1e+06"),
            (1_234_567.8, "1.23457e+06"),
        ] {
            assert_eq!(general(value), expected);
        }
    }
}
