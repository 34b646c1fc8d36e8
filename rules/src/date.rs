//! A calendar day. There is no clock here: the caller says which day it is.

use std::fmt;
use std::str::FromStr;

/// Ordered from earlier to later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// After every day that is written with four digits, but the last.
    pub const MAX: Self = Self {
        year: 9999,
        month: 12,
        day: 31,
    };

    /// `None` where there is no such day.
    #[must_use]
    pub fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let leap =
            year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            _ => 0,
        };
        (1..=days)
            .contains(&day)
            .then_some(Self { year, month, day })
    }
}

impl FromStr for Date {
    type Err = String;

    /// Reads `YYYY-MM-DD`.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.split('-');
        let mut part = |digits: usize| {
            parts
                .next()
                .filter(|p| p.len() == digits && p.bytes().all(|b| b.is_ascii_digit()))
                .and_then(|p| p.parse::<u16>().ok())
        };
        let (year, month, day) = (part(4), part(2), part(2));
        let date = match (year, month, day, parts.next()) {
            (Some(y), Some(m), Some(d), None) => Self::new(
                y,
                u8::try_from(m).unwrap_or(0),
                u8::try_from(d).unwrap_or(0),
            ),
            _ => None,
        };
        date.ok_or_else(|| format!("`{text}` is not a day: write YYYY-MM-DD"))
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_days_that_exist_are_read() {
        let ok = |t: &str| t.parse::<Date>().map(|d| d.to_string());
        assert_eq!(ok("2028-02-29").as_deref(), Ok("2028-02-29"));
        for text in [
            "2027-02-29",
            "2027-13-01",
            "2027-1-01",
            "2027-01-01-01",
            "",
            "1900-02-29",
        ] {
            assert!(ok(text).is_err(), "{text}");
        }
    }
}
