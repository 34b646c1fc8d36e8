//! What a repository's owners decide about rules: plain data, read from foretaste.toml by others.

use std::collections::BTreeMap;

use foretaste_simulator::pool::matches;

use crate::severity::Severity;
use crate::waiver::Waiver;

/// The default decides nothing.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// By rule name; `None` turns the rule off.
    pub severity: BTreeMap<String, Option<Severity>>,
    /// The first whose pattern matches a pool applies.
    pub pools: Vec<PoolLimits>,
    pub waivers: Vec<Waiver>,
}

/// How much a pool may lose in one change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolLimits {
    /// A pool's name, in which `*` stands for any text.
    pub pool: String,
    /// At most this share of serving members may go, in percent.
    pub percent: u32,
    /// The share counts for pools of at least so many; smaller ones may lose half.
    pub from: usize,
    /// Never fewer serving members than this.
    pub floor: usize,
}

impl Default for PoolLimits {
    /// As octoDNS guards zones (30 percent, from 10 records up); and never a pool of one, for its next failure is an
    /// outage.
    fn default() -> Self {
        Self {
            pool: "*".to_owned(),
            percent: 30,
            from: 10,
            floor: 2,
        }
    }
}

impl Config {
    /// The limits of a pool.
    #[must_use]
    pub fn limits(&self, pool: &str) -> PoolLimits {
        self.pools
            .iter()
            .find(|l| matches(&l.pool, pool))
            .cloned()
            .unwrap_or_default()
    }
}

impl PoolLimits {
    /// Why going from `before` to `after` serving members is too much; `None` where it is not.
    #[must_use]
    pub fn exceeded(&self, before: usize, after: usize) -> Option<String> {
        let lost = before.checked_sub(after).filter(|lost| *lost > 0)?;
        if after < self.floor {
            return Some(format!("fewer than {} would serve", self.floor));
        }
        let percent = usize::try_from(self.percent).unwrap_or(usize::MAX);
        let more_than = |percent: usize| lost.saturating_mul(100) > percent.saturating_mul(before);
        // Half of a pool may go whatever its size, and more only where its owner says so.
        if percent <= 50 && more_than(50) {
            return Some("more than half of it goes".to_owned());
        }
        let counts = before >= self.from || percent > 50;
        (counts && more_than(percent)).then(|| format!("more than {percent}% of it goes"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_those_of_octodns_with_a_floor() {
        let exceeded = |before, after| PoolLimits::default().exceeded(before, after).is_some();
        assert!(exceeded(2, 1) && exceeded(5, 2) && exceeded(10, 6) && exceeded(100, 69));
        assert!(
            !exceeded(4, 2)
                && !exceeded(9, 5)
                && !exceeded(10, 7)
                && !exceeded(3, 3)
                && !exceeded(1, 1)
        );
    }

    #[test]
    fn an_owner_may_let_more_than_half_go() {
        let limits = PoolLimits {
            percent: 80,
            ..PoolLimits::default()
        };
        assert_eq!(limits.exceeded(10, 3), None);
        assert!(limits.exceeded(20, 3).is_some());
    }
}
