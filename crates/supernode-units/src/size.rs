use std::fmt;
use std::str::FromStr;

use crate::UnitError;
use crate::parse::{Quantity, scaled, split};

/// Bytes of one message or buffer; `K`, `M` and `G` are binary, as in nccl-tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct MessageSize(u64);

impl MessageSize {
    /// A message of `bytes` bytes.
    pub const fn new(bytes: u64) -> Self {
        Self(bytes)
    }

    /// The size in bytes.
    pub const fn bytes(self) -> u64 {
        self.0
    }
}

const MESSAGE: Quantity = Quantity {
    what: "a message size",
    example: "128M",
    units: &[
        ("B", 1.0),
        ("b", 1.0),
        ("K", 1024.0),
        ("k", 1024.0),
        ("KiB", 1024.0),
        ("M", 1_048_576.0),
        ("m", 1_048_576.0),
        ("MiB", 1_048_576.0),
        ("G", 1_073_741_824.0),
        ("g", 1_073_741_824.0),
        ("GiB", 1_073_741_824.0),
        ("T", 1_099_511_627_776.0),
        ("TiB", 1_099_511_627_776.0),
    ],
};

impl FromStr for MessageSize {
    type Err = UnitError;
    fn from_str(text: &str) -> Result<Self, UnitError> {
        let (number, unit) = split(text);
        let lower = unit.to_ascii_lowercase();
        if matches!(lower.as_str(), "kb" | "mb" | "gb" | "tb") {
            let binary = format!("{number}{}", unit[..1].to_ascii_uppercase());
            return Err(UnitError::AmbiguousSize { text: text.to_owned(), binary });
        }
        // Plain numbers are bytes, as in nccl-tests.
        if unit.is_empty() {
            MESSAGE.parse_u64(&format!("{number}B"))
        } else {
            MESSAGE.parse_u64(text)
        }
        .map(Self)
        .map_err(|error| match error {
            UnitError::Malformed { what, example, .. } => {
                UnitError::Malformed { text: text.to_owned(), what, example }
            }
            other => other,
        })
    }
}

impl fmt::Display for MessageSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let gib = 1_073_741_824.0;
        let steps = [
            (gib * 1024.0, "TiB"),
            (gib, "GiB"),
            (1_048_576.0, "MiB"),
            (1024.0, "KiB"),
            (1.0, "B"),
        ];
        f.pad(&scaled(self.0 as f64, &steps))
    }
}

/// Memory capacity in bytes; `GB` and `TB` are decimal, `GiB` and `TiB` binary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Capacity(u64);

const CAPACITY: Quantity = Quantity {
    what: "a memory capacity",
    example: "80GB",
    units: &[
        ("B", 1.0),
        ("KB", 1e3),
        ("MB", 1e6),
        ("GB", 1e9),
        ("TB", 1e12),
        ("PB", 1e15),
        ("KiB", 1024.0),
        ("MiB", 1_048_576.0),
        ("GiB", 1_073_741_824.0),
        ("TiB", 1_099_511_627_776.0),
    ],
};

impl Capacity {
    /// A capacity of `bytes` bytes.
    pub const fn new(bytes: u64) -> Self {
        Self(bytes)
    }

    /// The capacity in bytes.
    pub const fn bytes(self) -> u64 {
        self.0
    }
}

impl From<Capacity> for f64 {
    /// Bytes.
    fn from(capacity: Capacity) -> Self {
        capacity.0 as Self
    }
}

impl FromStr for Capacity {
    type Err = UnitError;
    fn from_str(text: &str) -> Result<Self, UnitError> {
        CAPACITY.parse_u64(text).map(Self)
    }
}

impl fmt::Display for Capacity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps = [
            (1e18, "EB"),
            (1e15, "PB"),
            (1e12, "TB"),
            (1e9, "GB"),
            (1e6, "MB"),
            (1e3, "KB"),
            (1.0, "B"),
        ];
        f.pad(&scaled(self.0 as f64, &steps))
    }
}

/// Parses a decimal count such as `70B` parameters, `4M` tokens or `8192`.
///
/// # Errors
/// When the text is no number, is negative, or carries another suffix than K, M, B or T.
pub fn parse_count(text: &str) -> Result<u64, UnitError> {
    const COUNT: Quantity = Quantity {
        what: "a count",
        example: "70B",
        units: &[
            ("", 1.0),
            ("K", 1e3),
            ("k", 1e3),
            ("M", 1e6),
            ("G", 1e9),
            ("B", 1e9),
            ("T", 1e12),
        ],
    };
    let (_, unit) = split(text);
    if unit.is_empty() {
        return text.trim().replace('_', "").parse().map_err(|_| UnitError::Malformed {
            text: text.to_owned(),
            what: COUNT.what,
            example: COUNT.example,
        });
    }
    COUNT.parse_u64(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn message_sizes_are_binary_and_refuse_the_ambiguous() {
        let bytes = |text: &str| text.parse::<MessageSize>().map(MessageSize::bytes);
        assert_eq!(bytes("8"), Ok(8));
        assert_eq!(bytes("128M"), Ok(128 << 20));
        assert_eq!(bytes("1.5K"), Ok(1536));
        assert_eq!(bytes("2GiB"), Ok(2 << 30));
        let error = bytes("128MB").unwrap_err();
        assert_eq!(
            error.to_string(),
            "message size `128MB` is ambiguous; write `128M` (binary, as nccl-tests reads it)"
        );
        assert!(bytes("-1").is_err());
        assert!(bytes("many").is_err());
        assert!(bytes("1,5K").is_err());
    }

    #[test]
    fn capacities_are_decimal_and_counts_too() {
        assert_eq!("80GB".parse::<Capacity>().unwrap().bytes(), 80_000_000_000);
        assert_eq!("32GiB".parse::<Capacity>().unwrap().to_string(), "34.36GB");
        assert_eq!(parse_count("70B"), Ok(70_000_000_000));
        assert_eq!(parse_count("8192"), Ok(8192));
        assert_eq!(parse_count("8_192"), Ok(8192));
        assert!(parse_count("70X").is_err());
        assert!(parse_count("8,192").is_err());
        assert!(parse_count("1,5B").is_err());
    }
}
