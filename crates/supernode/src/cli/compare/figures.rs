//! Numbers of a comparison for the eye.

use supernode::strategy::{Figure, Unit};
use supernode::units::{Bandwidth, Capacity, FlopRate, Power, Price, Time, Value};

/// A fact; `~` marks what is modelled, `-` what has no meaning.
pub(super) fn fact(figure: Option<Figure>, unit: Unit) -> String {
    let Some(figure) = figure else { return "-".to_owned() };
    let mark = if figure.modelled && !figure.value.is_unknown() { "~" } else { "" };
    format!("{mark}{}", quantity(figure.value, unit))
}

pub(super) fn quantity(value: Value<f64>, unit: Unit) -> String {
    match unit {
        Unit::Count => value.map(whole).to_string(),
        Unit::FlopsPerSecond => value.map(FlopRate::new).to_string(),
        Unit::Bytes => value.map(|v| Capacity::new(v as u64)).to_string(),
        Unit::BytesPerSecond => value.map(|v| Bandwidth::new(v as u64)).to_string(),
        Unit::Watts => value.map(Power::from_watts).to_string(),
        Unit::UsDollars => value.map(Price::from_usd).to_string(),
        Unit::Seconds => value.map(Time::from_secs_f64).to_string(),
    }
}

/// A power to four digits.
pub(super) fn power(watts: f64) -> Power {
    let scale = 10_f64.powf(watts.max(1.0).log10().floor() - 3.0);
    Power::from_watts((watts / scale).round() * scale)
}

/// A time in microseconds to four digits.
pub(super) fn micros(time: Time) -> String {
    format!("{} us", digits(time.as_us_f64()))
}

/// Things, all digits.
pub(super) fn whole(value: f64) -> String {
    format!("{value:.0}")
}

/// `1 head`, `64 heads`.
pub(super) fn things(count: u64, one: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
}

/// Four significant digits.
pub(super) fn digits(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    if !(1e-6..1e15).contains(&value.abs()) {
        return format!("{value:.3e}");
    }
    let decimals = (3 - value.abs().log10().floor() as i32).clamp(0, 9) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// A large number: four digits and K, M, B or T from ten thousand on.
pub(super) fn count(value: f64) -> String {
    if value < 10_000.0 {
        return digits(value);
    }
    let steps = [(1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K")];
    let (scale, suffix) = steps.into_iter().find(|(s, _)| value >= *s).unwrap_or((1.0, ""));
    format!("{}{suffix}", digits(value / scale))
}

/// A share in per cent.
pub(super) fn percent(share: f64) -> String {
    digits(share * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_four_digits() {
        let check = |value: f64, expected: &str| assert_eq!(count(value), expected);
        check(0.0, "0");
        check(0.123_456, "0.1235");
        check(999.96, "1000");
        check(1234.0, "1234");
        check(1_053_184.0, "1.053M");
        check(1.3e9, "1.3B");
        check(1e40, "1.000e28T");
        check(1e-9, "1.000e-9");
    }

    #[test]
    fn things_keep_all_digits_and_their_number() {
        assert_eq!(whole(1_053_184.0), "1053184");
        assert_eq!(things(1, "head"), "1 head");
        assert_eq!(things(64, "head"), "64 heads");
    }

    #[test]
    fn facts_say_what_is_modelled_and_what_has_no_meaning() {
        let figure = |value, modelled| Some(Figure { value, modelled });
        assert_eq!(fact(None, Unit::Seconds), "-");
        assert_eq!(fact(figure(Value::Unknown, true), Unit::Watts), "unknown");
        let range = Value::Range(8e6, 13e6);
        assert_eq!(fact(figure(range, true), Unit::Watts), "~8MW..13MW");
        assert_eq!(fact(figure(range, false), Unit::Watts), "8MW..13MW");
    }
}
