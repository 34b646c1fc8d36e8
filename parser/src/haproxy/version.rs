//! Versions of HAProxy, and which of them know a keyword.

use std::fmt;

/// The branch of a HAProxy release: `2.6` for 2.6.12.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    major: u16,
    minor: u16,
}

impl Version {
    /// What is meant where nobody says: Debian 12's.
    pub const USUAL: Self = Self::new(2, 6);
    /// The oldest that the tables know; anything older is judged as this.
    pub const OLDEST: Self = Self::new(2, 4);
    /// The newest that the tables know; anything newer is judged as this.
    pub const NEWEST: Self = Self::new(3, 4);

    #[must_use]
    pub const fn new(major: u16, minor: u16) -> Self {
        Self { major, minor }
    }

    /// The branch in a release's number or a package's version: `2.8`, `2.8.5-1ubuntu3`, `1:2.8.5`; `None` where two
    /// numbers with a dot between do not start it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = match text.split_once(':') {
            Some((epoch, rest)) if epoch.bytes().all(|b| b.is_ascii_digit()) => rest,
            _ => text,
        };
        let mut parts = text.split(|c: char| !c.is_ascii_digit());
        let (major, minor) = (parts.next()?, parts.next()?);
        let dotted = text.get(major.len()..)?.starts_with('.');
        dotted
            .then(|| Some(Self::new(major.parse().ok()?, minor.parse().ok()?)))
            .flatten()
    }

    /// True for the branches that the tables know.
    #[must_use]
    pub fn is_known(self) -> bool {
        // 3.0 came after 2.9.
        self == self.known() && self.minor < 10
    }

    /// The nearest version that the tables know.
    fn known(self) -> Self {
        self.clamp(Self::OLDEST, Self::NEWEST)
    }
}

impl Default for Version {
    fn default() -> Self {
        Self::USUAL
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// The versions that know something; both ends count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Known {
    since: Option<Version>,
    until: Option<Version>,
}

impl Known {
    /// From a version on.
    pub const fn since(since: Version) -> Self {
        Self {
            since: Some(since),
            until: None,
        }
    }

    /// Up to a version.
    pub const fn until(until: Version) -> Self {
        Self {
            since: None,
            until: Some(until),
        }
    }

    /// Takes the mark off a row of a table: `@2.8` since, `@-3.0` up to, `@2.7-3.0` both; no mark for all versions.
    pub fn of(row: &'static str) -> (&'static str, Self) {
        let Some((row, mark)) = row.rsplit_once(" @") else {
            return (row, Self::default());
        };
        let (since, until) = mark.split_once('-').unwrap_or((mark, ""));
        let known = Self {
            since: Version::parse(since),
            until: Version::parse(until),
        };
        (row, known)
    }

    /// # Errors
    /// Why a version does not know it, to be put after what it does not know.
    pub fn by(self, version: Version) -> Result<(), String> {
        let asked = version.known();
        if let Some(since) = self.since.filter(|s| asked < *s) {
            return Err(format!(" in HAProxy {version}: it is there since {since}"));
        }
        if let Some(until) = self.until.filter(|u| asked > *u) {
            return Err(format!(" in HAProxy {version}: it was there up to {until}"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_branch_is_read_from_what_packages_are_called() {
        let branch = |text| Version::parse(text).map(|v| v.to_string());
        let cases = [
            ("2.8", Some("2.8")),
            ("2.4.22-0ubuntu0.22.04.3", Some("2.4")),
            ("1:3.0.8-1~bpo12+1", Some("3.0")),
            ("2.6.*", Some("2.6")),
            ("latest", None),
            ("3", None),
            ("", None),
            ("2-8", None),
        ];
        for (text, expected) in cases {
            assert_eq!(branch(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn versions_beyond_the_tables_are_judged_as_their_ends() {
        let (row, known) = Known::of("name(x): str @2.4-3.4");
        assert_eq!(row, "name(x): str");
        assert_eq!(known.by(Version::new(1, 8)), Ok(()));
        assert_eq!(known.by(Version::new(9, 0)), Ok(()));
        assert_eq!(
            Known::since(Version::new(2, 8)).by(Version::new(2, 0)),
            Err(" in HAProxy 2.0: it is there since 2.8".to_owned())
        );
    }
}
