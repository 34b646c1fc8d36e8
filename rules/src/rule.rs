//! What a rule is: one static, declared beside its check and its page.

use std::fmt;

use foretaste_simulator::impact::Impact;

use crate::config::Config;
use crate::finding::Finding;
use crate::severity::Severity;

/// One rule of the catalogue.
pub struct Rule {
    /// In kebab case; as findings, suppressions and waivers name it.
    pub name: &'static str,
    pub severity: Severity,
    /// One line.
    pub summary: &'static str,
    /// The published page, in Markdown, without its title.
    pub doc: &'static str,
    /// The slug of the incident that it would have prevented.
    pub incident: &'static str,
    /// Where it is written.
    pub file: &'static str,
    pub check: fn(&Impact, &Config) -> Vec<Finding>,
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rule({})", self.name)
    }
}

/// Declares a rule: the doc comment is its page.
macro_rules! declare_rule {
    (
        $(#[doc = $doc:literal])+
        $id:ident = $name:literal, $severity:ident,
        $summary:literal,
        incident: $incident:literal
    ) => {
        $(#[doc = $doc])+
        pub static $id: crate::rule::Rule = crate::rule::Rule {
            name: $name,
            severity: crate::severity::Severity::$severity,
            summary: $summary,
            doc: concat!($($doc, "\n"),+),
            incident: $incident,
            file: file!(),
            check,
        };
    };
}
pub(crate) use declare_rule;
