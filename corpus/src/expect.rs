//! What must be found about an incident, and whether a finding is that.

use std::fmt;

use serde::{Deserialize, Deserializer, de};

/// One finding that must be there.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    pub rule: String,
    /// The backend, upstream or director that must be named.
    pub pool: Option<String>,
    /// Nodes that must be named; others may be too.
    #[serde(default)]
    pub nodes: Vec<String>,
    /// A line that the finding must point at, as its place, a cause or a step of its evidence.
    pub cause: Option<Place>,
    /// Words that it must say, in its message, its help or its evidence.
    pub says: Option<String>,
}

/// `path:line`, the path from the root of the repository.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub path: String,
    /// From 1.
    pub line: u32,
}

/// What a finding says, in the words that [`Expect`] can be compared with.
#[derive(Clone, Copy, Debug)]
pub struct Found<'a> {
    pub rule: &'a str,
    pub pools: &'a [String],
    pub nodes: &'a [String],
    /// Every line that the finding points at.
    pub places: &'a [Place],
    /// Message, help and the texts of its evidence.
    pub texts: &'a [&'a str],
}

impl Expect {
    #[must_use]
    pub fn is_met_by(&self, found: Found<'_>) -> bool {
        self.rule == found.rule
            && self
                .pool
                .as_ref()
                .is_none_or(|pool| found.pools.contains(pool))
            && self.nodes.iter().all(|node| found.nodes.contains(node))
            && self
                .cause
                .as_ref()
                .is_none_or(|place| found.places.contains(place))
            && self
                .says
                .as_ref()
                .is_none_or(|words| found.texts.iter().any(|text| text.contains(words)))
    }
}

impl fmt::Display for Expect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rule)?;
        if let Some(pool) = &self.pool {
            write!(f, " of {pool}")?;
        }
        if !self.nodes.is_empty() {
            write!(f, " on {}", self.nodes.join(", "))?;
        }
        if let Some(place) = &self.cause {
            write!(f, " because of {place}")?;
        }
        if let Some(words) = &self.says {
            write!(f, " saying \"{words}\"")?;
        }
        Ok(())
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.path, self.line)
    }
}

impl<'de> Deserialize<'de> for Place {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.rsplit_once(':')
            .and_then(|(path, line)| {
                Some(Self {
                    path: path.to_owned(),
                    line: line.parse().ok().filter(|&line| line > 0)?,
                })
            })
            .ok_or_else(|| de::Error::custom(format!("`{text}` is not `path:line`")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expect() -> Expect {
        Expect {
            rule: "pool-emptied".into(),
            pool: Some("web".into()),
            nodes: vec!["lb1".into()],
            cause: Some(Place {
                path: "roles/web.rb".into(),
                line: 1,
            }),
            says: Some("nobody".into()),
        }
    }

    #[test]
    fn every_part_of_an_expectation_can_fail() {
        let pools = ["web".to_owned()];
        let nodes = ["lb1".to_owned(), "lb2".to_owned()];
        let places = [Place {
            path: "roles/web.rb".into(),
            line: 1,
        }];
        let found = Found {
            rule: "pool-emptied",
            pools: &pools,
            nodes: &nodes,
            places: &places,
            texts: &["finds nobody"],
        };
        assert!(expect().is_met_by(found));
        for other in [
            Found {
                rule: "pool-shrunk",
                ..found
            },
            Found {
                pools: &[],
                ..found
            },
            Found {
                nodes: nodes.get(1..).unwrap_or_default(),
                ..found
            },
            Found {
                places: &[],
                ..found
            },
            Found {
                texts: &["finds all"],
                ..found
            },
        ] {
            assert!(!expect().is_met_by(other), "{other:?}");
        }
    }
}
