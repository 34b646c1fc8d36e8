//! What Chef's client does to a query on its way to the server, and to what comes back.

use std::borrow::Cow;
use std::ops::Range;

use foretaste_parser::query::Profile;

/// What `knife search` asks with fuzzing on: a query of the node index without a colon is sought in the usual places.
#[must_use]
pub fn fuzz(query: &str) -> String {
    if query.contains(':') {
        return query.to_string();
    }
    [
        "tags",
        "roles",
        "fqdn",
        "addresses",
        "policy_name",
        "policy_group",
    ]
    .map(|field| format!("{field}:*{query}*"))
    .join(" OR ")
}

/// The query as it arrives: the client does not encode `&`, `;` and `+`, so the first two end the parameter and the
/// last is read as a space.
#[must_use]
pub fn arrives(query: &str) -> Cow<'_, str> {
    let kept = query.split(['&', ';']).next().unwrap_or_default();
    if kept.contains('+') {
        Cow::Owned(kept.replace('+', " "))
    } else {
        Cow::Borrowed(kept)
    }
}

/// Rows that a server sends where none are asked for.
pub const ROWS: usize = 1000;
/// OpenSearch counts and pages no further.
pub const WINDOW: usize = 10_000;

/// How much of what matches is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Request {
    pub start: usize,
    pub rows: Option<usize>,
    /// Asks for one page after the other, as the block form and `search` in recipes do; else for one.
    pub pages: bool,
}

impl Request {
    /// Which of so many matches are received. Their order is arbitrary, so which objects these are is, too.
    #[must_use]
    pub fn received(self, profile: Profile, matched: usize) -> Range<usize> {
        let total = total(profile, matched);
        let start = self.start.min(total);
        let page = start.saturating_add(self.rows.unwrap_or(ROWS)).min(total);
        match (profile, self.rows) {
            // It cuts from the start to the number of rows, so that only a page that begins at 0 is whole.
            (Profile::Zero, Some(rows)) => start..rows.clamp(start, total),
            (Profile::Zero, None) => start..total,
            // A page of no rows never ends in Chef; nothing comes of it.
            (_, Some(0)) => start..start,
            _ if self.pages => start..total,
            _ => start..page,
        }
    }
}

impl Request {
    /// Whether so many matches, or twice as many, are not all received: then it depends on the others whether one is.
    #[must_use]
    pub fn may_cut(self, profile: Profile, matched: usize) -> bool {
        let twice = matched.saturating_mul(2);
        self.received(profile, twice).len() < twice
    }
}

/// How many matches the server says there are.
#[must_use]
pub fn total(profile: Profile, matched: usize) -> usize {
    match profile {
        Profile::Server => matched.min(WINDOW),
        Profile::Solr4 | Profile::Zero => matched,
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::*;

    #[test]
    fn what_the_client_sends() {
        assert_eq!(arrives("a:b && c:d"), "a:b ");
        assert_eq!(arrives("+a c:d+e"), " a c:d e");
        assert_eq!(fuzz("a:b"), "a:b");
        insta::assert_snapshot!(
            fuzz("web"),
            @"tags:*web* OR roles:*web* OR fqdn:*web* OR addresses:*web* OR policy_name:*web* OR policy_group:*web*"
        );
    }

    #[test]
    fn what_the_client_receives() {
        let mut out = String::new();
        for (start, rows, pages, matched) in [
            (0, None, true, 1500),
            (0, None, false, 1500),
            (0, None, true, 12_000),
            (0, Some(10), true, 35),
            (0, Some(10), false, 35),
            (10, Some(10), false, 35),
            (40, None, false, 35),
        ] {
            let request = Request { start, rows, pages };
            let shown = Profile::ALL.map(|p| format!("{:?}", request.received(p, matched)));
            writeln!(
                out,
                "{start} {rows:?} {pages} of {matched}: {}",
                shown.join(" | ")
            )
            .unwrap();
        }
        insta::assert_snapshot!(out, @r"
        0 None true of 1500: 0..1500 | 0..1500 | 0..1500
        0 None false of 1500: 0..1000 | 0..1000 | 0..1500
        0 None true of 12000: 0..10000 | 0..12000 | 0..12000
        0 Some(10) true of 35: 0..35 | 0..35 | 0..10
        0 Some(10) false of 35: 0..10 | 0..10 | 0..10
        10 Some(10) false of 35: 10..20 | 10..20 | 10..10
        40 None false of 35: 35..35 | 35..35 | 35..35
        ");
    }
}
