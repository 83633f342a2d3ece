//! Thresholds beyond which nothing more is started where the machine decides how many cases run at once.

use super::reading::{Given, Reading};
use super::setting::Setting;
use serde_json::{Value, json};
use std::fmt;

/// A share of 1 to 100 percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Percent(u8);

/// An amount of memory, with its unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    amount: u32,
    unit: &'static str,
}

/// Units with the powers of two that they stand for.
const UNITS: [(&str, u32); 4] = [("KiB", 10), ("MiB", 20), ("GiB", 30), ("TiB", 40)];

impl Percent {
    pub(super) const fn of(percent: u8) -> Self {
        Self(percent)
    }

    /// The number.
    pub fn get(self) -> f64 {
        self.0.into()
    }
}

impl Setting for Percent {
    fn read(given: &Given<'_>, reading: &mut Reading<'_>) -> Option<Self> {
        u8::try_from(reading.number(1..=100, given)?).ok().map(Self)
    }

    fn show(&self) -> Value {
        self.0.into()
    }

    fn schema() -> Value {
        json!({"type": "integer", "minimum": 1, "maximum": 100})
    }
}

impl Size {
    pub(super) const fn mebibytes(amount: u32) -> Self {
        Self { amount, unit: "MiB" }
    }

    /// The number of bytes.
    pub fn bytes(self) -> u64 {
        let power = UNITS.iter().find(|(unit, _)| *unit == self.unit).map_or(0, |(_, power)| *power);
        u64::from(self.amount) << power
    }

    fn parse(text: &str) -> Option<Self> {
        let (unit, number) = UNITS.iter().find_map(|(unit, _)| Some((*unit, text.strip_suffix(unit)?)))?;
        // Four billion tebibytes are more than fit.
        let amount = number.trim().parse().ok().filter(|amount| unit != "TiB" || *amount < 1 << 20)?;
        Some(Self { amount, unit })
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.amount, self.unit)
    }
}

impl Setting for Size {
    fn read(given: &Given<'_>, reading: &mut Reading<'_>) -> Option<Self> {
        const EXPECTED: &str = "a size such as `500MiB`";
        let size = Self::parse(reading.text(EXPECTED, given)?);
        if size.is_none() {
            reading.wrong_type(EXPECTED, given);
        }
        size
    }

    fn show(&self) -> Value {
        self.to_string().into()
    }

    fn schema() -> Value {
        json!({"type": "string", "pattern": r"^\d+\s*(KiB|MiB|GiB|TiB)$"})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        assert_eq!(Size::parse("500MiB").map(Size::bytes), Some(500 << 20));
        assert_eq!(Size::parse("2 GiB").map(|it| it.to_string()), Some("2GiB".to_owned()));
        assert!(["500", "500MB", "MiB", "-1MiB", "4000000000TiB"].iter().all(|it| Size::parse(it).is_none()));
    }
}
