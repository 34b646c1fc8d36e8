//! Waivers: findings that somebody answers for, for a time and within a bound.

use crate::date::Date;
use crate::finding::Finding;
use foretaste_simulator::pool::matches;

/// A decision to let a finding pass. It never holds longer than its last day or wider than its bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiver {
    pub rule: String,
    /// Patterns in which `*` stands for any text; each that is given must match all that the finding names.
    pub path: Option<String>,
    pub pool: Option<String>,
    pub node: Option<String>,
    /// Who answers for it.
    pub owner: String,
    pub reason: String,
    /// The last day on which it holds.
    pub expires: Date,
    /// At most so many nodes may be hit.
    pub bound: Option<usize>,
}

/// Why a waiver that speaks of a finding does not let it pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    Expired(Date),
    /// The finding hits more nodes than the waiver allows.
    Exceeded {
        bound: usize,
        nodes: usize,
    },
    /// An owner or a reason is missing: nobody answers for it.
    Unowned,
}

impl Waiver {
    /// Whether this waiver speaks of a finding at all.
    #[must_use]
    pub fn covers(&self, finding: &Finding) -> bool {
        let all = |pattern: &Option<String>, names: &[String]| {
            pattern
                .as_ref()
                .is_none_or(|p| !names.is_empty() && names.iter().all(|n| matches(p, n)))
        };
        self.rule == finding.rule
            && self
                .path
                .as_ref()
                .is_none_or(|p| matches(p, &finding.primary.path))
            && all(&self.pool, &finding.pools)
            && all(&self.node, &finding.nodes)
    }

    /// Whether it lets a finding that it covers pass today.
    ///
    /// # Errors
    /// Why it does not.
    pub fn allows(&self, finding: &Finding, today: Date) -> Result<(), Refusal> {
        if self.owner.trim().is_empty() || self.reason.trim().is_empty() {
            return Err(Refusal::Unowned);
        }
        if today > self.expires {
            return Err(Refusal::Expired(self.expires));
        }
        match self.bound {
            Some(bound) if finding.nodes.len() > bound => Err(Refusal::Exceeded {
                bound,
                nodes: finding.nodes.len(),
            }),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use foretaste_parser::source::Location;

    #[test]
    fn a_waiver_ends_with_its_day_and_its_bound() {
        let day = |d| Date::new(2026, 11, d).unwrap();
        let mut finding = Finding::new("m", Location::line("roles/web.rb", 1)).node("lb1");
        finding.rule = "pool-shrunk";
        let waiver = Waiver {
            rule: "pool-shrunk".into(),
            path: Some("roles/*".into()),
            pool: None,
            node: Some("lb*".into()),
            owner: "ops".into(),
            reason: "datacentre move".into(),
            expires: day(20),
            bound: Some(1),
        };
        assert!(waiver.covers(&finding));
        assert_eq!(waiver.allows(&finding, day(20)), Ok(()));
        assert_eq!(
            waiver.allows(&finding, day(21)),
            Err(Refusal::Expired(day(20)))
        );
        let wider = finding.clone().node("lb2");
        assert_eq!(
            waiver.allows(&wider, day(20)),
            Err(Refusal::Exceeded { bound: 1, nodes: 2 })
        );
        assert!(!waiver.covers(&finding.node("web1")));
    }
}
