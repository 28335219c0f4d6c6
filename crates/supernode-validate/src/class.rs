use serde::Serialize;

/// Size class of a row: what its time is mostly made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Below 64 KiB.
    Latency,
    /// 64 KiB to 16 MiB, both included.
    Middle,
    /// Above 16 MiB.
    Bandwidth,
}

impl Class {
    /// All classes, small sizes first.
    pub const ALL: [Self; 3] = [Self::Latency, Self::Middle, Self::Bandwidth];

    /// The class of a message of `bytes`.
    pub const fn of(bytes: u64) -> Self {
        match bytes {
            ..0x1_0000 => Self::Latency,
            0x1_0000..=0x100_0000 => Self::Middle,
            _ => Self::Bandwidth,
        }
    }

    /// Name in output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Latency => "latency",
            Self::Middle => "middle",
            Self::Bandwidth => "bandwidth",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_belong_to_the_middle() {
        let classes = [65_535, 65_536, 16 << 20, (16 << 20) + 1].map(Class::of);
        assert_eq!(classes, [Class::Latency, Class::Middle, Class::Middle, Class::Bandwidth]);
    }
}
