//! Versions and constraints as Chef compares them: cookbook versions of two or three numbers, platform
//! versions of whatever Ohai says, and `Gem::Version` for recipes that compare for themselves.

use std::cmp::Ordering;
use std::fmt;

/// A version of three numbers; missing ones are zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    pub major: u64,
    pub minor: u64,
    pub patch: u64,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// Whether a version is a cookbook's or a platform's; platforms may have a single number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavour {
    Cookbook,
    Platform,
}

impl Version {
    /// Reads a version as `Chef::Version` or `Chef::Version::Platform` does.
    ///
    /// # Errors
    /// The message of Chef's `InvalidCookbookVersion` or `InvalidPlatformVersion`.
    pub fn parse(text: &str, flavour: Flavour) -> Result<Self, String> {
        numbers(text, flavour)
            .or_else(|| (flavour == Flavour::Platform).then(|| freebsd(text))?)
            .ok_or_else(|| match flavour {
                Flavour::Cookbook => format!("'{text}' does not match 'x.y.z' or 'x.y'"),
                Flavour::Platform => format!("'{text}' does not match 'x.y.z', 'x.y' or 'x'"),
            })
    }
}

fn number(text: &str) -> Option<u64> {
    (!text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()))
        .then(|| text.parse().unwrap_or(u64::MAX))
}

fn numbers(text: &str, flavour: Flavour) -> Option<Version> {
    let mut parts = text.split('.').map(number);
    let major = parts.next()??;
    let Some(minor) = parts.next() else {
        return (flavour == Flavour::Platform).then_some(Version {
            major,
            ..Version::default()
        });
    };
    let patch = parts.next().unwrap_or(Some(0))?;
    parts.next().is_none().then_some(Version {
        major,
        minor: minor?,
        patch,
    })
}

/// `13.2-RELEASE-p10`
fn freebsd(text: &str) -> Option<Version> {
    let (version, rest) = text.split_once('-')?;
    let (major, minor) = version.split_once('.')?;
    let (word, patch) = match rest.split_once('-') {
        Some((word, patch)) => (word, number(patch.strip_prefix(['p', 'P'])?)?),
        None => (rest, 0),
    };
    let word = word
        .strip_suffix(|c: char| c.is_ascii_digit())
        .unwrap_or(word);
    (!word.is_empty() && word.bytes().all(|b| b.is_ascii_alphabetic())).then_some(Version {
        major: number(major)?,
        minor: number(minor)?,
        patch,
    })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Op {
    Less,
    Greater,
    Equal,
    AtMost,
    AtLeast,
    Pessimistic,
}

/// `Chef::VersionConstraint`: one operator and one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Constraint {
    op: Op,
    version: Version,
    raw: String,
    /// `~> 1.2` allows every later minor version, `~> 1.2.3` every later patch.
    missing_patch: bool,
    flavour: Flavour,
}

impl Constraint {
    /// The constraint that every version meets.
    #[must_use]
    pub fn any() -> Self {
        Self {
            op: Op::AtLeast,
            version: Version::default(),
            raw: "0.0.0".to_owned(),
            missing_patch: false,
            flavour: Flavour::Cookbook,
        }
    }

    /// Reads `>= 1.2`, `~> 1.2.3`, `1.0` (meaning `=`).
    ///
    /// # Errors
    /// The message of Chef's `InvalidVersionConstraint`, or of the version's own error.
    pub fn parse(text: &str, flavour: Flavour) -> Result<Self, String> {
        let starts_with_digit = |s: &str| s.starts_with(|c: char| c.is_ascii_digit());
        if !text.contains(' ') && starts_with_digit(text) {
            return Self::new(Op::Equal, text, false, flavour);
        }
        for (sign, op) in [
            ("<=", Op::AtMost),
            (">=", Op::AtLeast),
            ("~>", Op::Pessimistic),
            ("<", Op::Less),
            (">", Op::Greater),
            ("=", Op::Equal),
        ] {
            if let Some(rest) = text.strip_prefix(sign) {
                let raw = rest.trim_start_matches(' ');
                if starts_with_digit(raw) {
                    return Self::new(op, raw, raw.split('.').count() <= 2, flavour);
                }
                break;
            }
        }
        Err(format!("'{text}'"))
    }

    fn new(op: Op, raw: &str, missing_patch: bool, flavour: Flavour) -> Result<Self, String> {
        Ok(Self {
            op,
            version: Version::parse(raw, flavour)?,
            raw: raw.to_owned(),
            missing_patch,
            flavour,
        })
    }

    /// Whether a version meets the constraint.
    #[must_use]
    pub fn allows(&self, version: Version) -> bool {
        let own = self.version;
        match self.op {
            Op::Less => version < own,
            Op::Greater => version > own,
            Op::Equal => version == own,
            Op::AtMost => version <= own,
            Op::AtLeast => version >= own,
            Op::Pessimistic if self.missing_patch => {
                version.major == own.major && version.minor >= own.minor
            }
            Op::Pessimistic => {
                version.major == own.major
                    && version.minor == own.minor
                    && version.patch >= own.patch
            }
        }
    }

    /// Whether a version's text is one and meets the constraint.
    #[must_use]
    pub fn allows_text(&self, version: &str) -> bool {
        Version::parse(version, self.flavour).is_ok_and(|v| self.allows(v))
    }
}

impl fmt::Display for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let op = match self.op {
            Op::Less => "<",
            Op::Greater => ">",
            Op::Equal => "=",
            Op::AtMost => "<=",
            Op::AtLeast => ">=",
            Op::Pessimistic => "~>",
        };
        write!(f, "{op} {}", self.raw)
    }
}

/// One segment of a `Gem::Version`; a word sorts before every number, so that `1.0.a` is a prerelease of `1.0`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Segment {
    Word(String),
    Number(u128),
}

fn segments(text: &str) -> Vec<Segment> {
    let text = text.trim().replace('-', ".pre.");
    let mut out = Vec::new();
    let mut rest = text.as_str();
    while let Some(first) = rest.chars().next() {
        let is_digit = first.is_ascii_digit();
        let is_part = |c: char| c.is_ascii_alphanumeric() && c.is_ascii_digit() == is_digit;
        let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        let (part, tail) = rest.split_at(end.max(first.len_utf8()));
        if is_digit {
            out.push(Segment::Number(part.parse().unwrap_or(u128::MAX)));
        } else if first.is_ascii_alphabetic() {
            out.push(Segment::Word(part.to_owned()));
        }
        rest = tail;
    }
    out
}

/// Whether `Gem::Version.new` accepts the text.
#[must_use]
pub fn is_gem_version(text: &str) -> bool {
    let text = text.trim();
    text.is_empty()
        || text.starts_with(|c: char| c.is_ascii_digit())
            && text
                .split(['.', '-'])
                .all(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// `Gem::Version.new(a) <=> Gem::Version.new(b)`: segments of digits and of letters, missing ones are zero.
#[must_use]
pub fn compare_gem_versions(a: &str, b: &str) -> Ordering {
    let (a, b) = (segments(a), segments(b));
    let zero = Segment::Number(0);
    (0..a.len().max(b.len()))
        .map(|i| a.get(i).unwrap_or(&zero).cmp(b.get(i).unwrap_or(&zero)))
        .find(|o| o.is_ne())
        .unwrap_or(Ordering::Equal)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(constraint: &str, versions: &[&str]) -> String {
        match Constraint::parse(constraint, Flavour::Cookbook) {
            Ok(c) => versions
                .iter()
                .filter(|v| c.allows_text(v))
                .copied()
                .collect::<Vec<_>>()
                .join(" "),
            Err(e) => format!("error: {e}"),
        }
    }

    #[test]
    fn constraints_select_as_the_depsolver_does() {
        let all = ["1.2.0", "1.2.9", "1.3", "1.10.0", "2.0.0"];
        insta::assert_snapshot!(allows("~> 1.2", &all), @"1.2.0 1.2.9 1.3 1.10.0");
        insta::assert_snapshot!(allows("~> 1.2.1", &all), @"1.2.9");
        insta::assert_snapshot!(allows("1.3", &all), @"1.3");
        insta::assert_snapshot!(allows(">1.2.9", &all), @"1.3 1.10.0 2.0.0");
        insta::assert_snapshot!(allows("~> 1", &all), @"error: '1' does not match 'x.y.z' or 'x.y'");
        insta::assert_snapshot!(allows("=> 1.0", &all), @"error: '=> 1.0'");
    }

    #[test]
    fn platform_versions_may_be_short_or_freebsd() {
        let read = |t| Version::parse(t, Flavour::Platform).map_or_else(|e| e, |v| v.to_string());
        insta::assert_snapshot!(read("12"), @"12.0.0");
        insta::assert_snapshot!(read("13.2-RELEASE-p10"), @"13.2.10");
        insta::assert_snapshot!(read("n/a"), @"'n/a' does not match 'x.y.z', 'x.y' or 'x'");
        insta::assert_snapshot!(read("10.0.14393.1"), @"'10.0.14393.1' does not match 'x.y.z', 'x.y' or 'x'");
    }

    #[test]
    fn gem_versions_know_prereleases() {
        assert_eq!(compare_gem_versions("1.0.0.rc1", "1.0.0"), Ordering::Less);
        assert_eq!(compare_gem_versions("1.0", "1.0.0"), Ordering::Equal);
        assert_eq!(compare_gem_versions("1.10", "1.9"), Ordering::Greater);
        assert_eq!(compare_gem_versions("2.0-1", "2.0"), Ordering::Less);
        assert!(!is_gem_version("v1.0"));
    }
}
