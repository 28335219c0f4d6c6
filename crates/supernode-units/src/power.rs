use std::fmt;
use std::str::FromStr;

use crate::UnitError;
use crate::parse::{Quantity, scaled};

/// Electrical power in watts.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default)]
pub struct Power(f64);

const POWER: Quantity = Quantity {
    what: "a power",
    example: "700W",
    units: &[("W", 1.0), ("kW", 1e3), ("MW", 1e6), ("GW", 1e9)],
};

impl Power {
    /// A power of `watts`.
    pub const fn from_watts(watts: f64) -> Self {
        Self(watts)
    }

    /// The power in watts.
    pub const fn watts(self) -> f64 {
        self.0
    }

    /// The power in megawatts.
    pub fn megawatts(self) -> f64 {
        self.0 / 1e6
    }
}

impl From<Power> for f64 {
    /// Watts.
    fn from(power: Power) -> Self {
        power.0
    }
}

impl FromStr for Power {
    type Err = UnitError;
    fn from_str(text: &str) -> Result<Self, UnitError> {
        POWER.parse(text).map(Self)
    }
}

impl fmt::Display for Power {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&scaled(self.0, &[(1e9, "GW"), (1e6, "MW"), (1e3, "kW"), (1.0, "W")]))
    }
}

/// A price in US dollars.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default)]
pub struct Price(f64);

const PRICE: Quantity = Quantity {
    what: "a price",
    example: "25000USD",
    units: &[("USD", 1.0), ("kUSD", 1e3), ("MUSD", 1e6), ("GUSD", 1e9)],
};

impl Price {
    /// A price of `usd` US dollars.
    pub const fn from_usd(usd: f64) -> Self {
        Self(usd)
    }

    /// The price in US dollars.
    pub const fn usd(self) -> f64 {
        self.0
    }
}

impl From<Price> for f64 {
    /// US dollars.
    fn from(price: Price) -> Self {
        price.0
    }
}

impl FromStr for Price {
    type Err = UnitError;
    fn from_str(text: &str) -> Result<Self, UnitError> {
        PRICE.parse(text).map(Self)
    }
}

impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&scaled(self.0, &[(1e9, "GUSD"), (1e6, "MUSD"), (1e3, "kUSD"), (1.0, "USD")]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parse_and_print() {
        assert_eq!("13MW".parse::<Power>().unwrap().to_string(), "13MW");
        assert_eq!("132kW".parse::<Power>().unwrap().megawatts().to_string(), "0.132");
        assert_eq!("25000USD".parse::<Price>().unwrap().to_string(), "25kUSD");
        assert!("700".parse::<Power>().is_err());
    }
}
