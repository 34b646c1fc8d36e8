//! How each clause of a query matched a document or failed to.

use foretaste_parser::query::zero::{Node, NodeKind};
use foretaste_parser::query::{Clause, Matcher, Meaning, Occur, Scope, Test};
use foretaste_parser::source::Span;

use super::document::Document;
use super::flatten::SEPARATOR;
use super::lucene::Prepared;
use super::plan::Plan;
use super::truth::Truth;

/// One clause's part in a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The clause in words.
    pub text: String,
    /// Its place in the query.
    pub span: Span,
    /// How it counts in the group around it; `None` at the top and for chef-zero.
    pub occur: Option<Occur>,
    /// Whether the clause itself matches; for one that must not match, `Yes` keeps the document out.
    pub truth: Truth,
    /// True where the clause is optional beside something required, so that it changes nothing.
    pub idle: bool,
    pub children: Vec<Explanation>,
}

impl Plan {
    /// Explains what the query makes of a document.
    #[must_use]
    pub fn explain(&self, document: &Document) -> Explanation {
        match (&self.query().meaning, self.prepared()) {
            (Meaning::Lucene { clause, .. }, Some(prepared)) => {
                lucene(clause, prepared, document, None, false)
            }
            (Meaning::Zero(node), _) => self.zero(node, document),
            (Meaning::Lucene { clause, .. }, None) => Explanation {
                text: String::new(),
                span: clause.span,
                occur: None,
                truth: Truth::No,
                idle: false,
                children: Vec::new(),
            },
        }
    }

    fn zero(&self, node: &Node, document: &Document) -> Explanation {
        let children = match &node.kind {
            NodeKind::And(all) | NodeKind::Or(all) => all.iter().collect(),
            NodeKind::Not(inner) | NodeKind::Boost(inner) | NodeKind::Group(inner) => {
                vec![&**inner]
            }
            _ => Vec::new(),
        };
        let written = self
            .query()
            .text
            .get(node.span.start as usize..node.span.end as usize);
        let text = match &node.kind {
            NodeKind::And(_) => "all of",
            NodeKind::Or(_) => "any of",
            NodeKind::Not(_) => "not",
            _ => written.unwrap_or_default(),
        };
        Explanation {
            text: text.to_string(),
            span: node.span,
            occur: None,
            truth: document.zero().judge(node).unwrap_or(Truth::No),
            idle: false,
            children: children
                .into_iter()
                .map(|child| self.zero(child, document))
                .collect(),
        }
    }
}

fn lucene(
    clause: &Clause,
    prepared: &Prepared,
    document: &Document,
    occur: Option<Occur>,
    idle: bool,
) -> Explanation {
    let mut children = Vec::new();
    if let (Test::Group(clauses), Prepared::Group(parts)) = (&clause.test, prepared) {
        let required = clauses.iter().any(|(occur, _)| *occur == Occur::Must);
        for ((occur, clause), (_, part)) in clauses.iter().zip(parts) {
            let idle = required && *occur == Occur::Should;
            children.push(lucene(clause, part, document, Some(*occur), idle));
        }
    }
    Explanation {
        text: describe(&clause.test),
        span: clause.span,
        occur,
        truth: prepared.judge(document),
        idle,
        children,
    }
}

fn describe(test: &Test) -> String {
    let (scope, matcher) = match test {
        Test::All => return "everything".to_string(),
        Test::Nothing => return "nothing".to_string(),
        Test::Group(clauses) => return group(clauses).to_string(),
        Test::Tokens(scope, matcher) => (scope, matcher),
    };
    let said = match matcher {
        Matcher::Text(text) => of_field(text, "is", "the word"),
        Matcher::Phrase(text, _) => of_field(text, "has the words", "the words"),
        Matcher::Prefix(stem) => of_field(&format!("{stem}*"), "is like", "a word like"),
        Matcher::Wildcard(pattern) => of_field(pattern, "is like", "a word like"),
        Matcher::Regex(pattern) => format!("a word of the regular expression /{pattern}/"),
        Matcher::Fuzzy(text, edits) => format!(
            "{}, or {edits} edits away",
            of_field(text, "is", "the word")
        ),
        Matcher::Range {
            lower,
            upper,
            inclusive,
        } => {
            let (field, from) = lower.split_once(SEPARATOR).unwrap_or(("", lower));
            let (_, to) = upper.split_once(SEPARATOR).unwrap_or(("", upper));
            let limits = if *inclusive {
                ""
            } else {
                ", without the limits"
            };
            match (from, to) {
                ("", to) => format!("{field} is up to `{to}` as text{limits}"),
                (from, "\u{fff0}") => format!("{field} is from `{from}` as text{limits}"),
                (from, to) => format!("{field} is from `{from}` to `{to}` as text{limits}"),
            }
        }
    };
    match scope {
        Scope::Everywhere => format!("{said}, anywhere"),
        Scope::Content => said,
    }
}

fn of_field(text: &str, verb: &str, bare: &str) -> String {
    match text.split_once(SEPARATOR) {
        Some((field, "")) => format!("{field} is empty"),
        Some((field, "*")) => format!("{field} exists"),
        Some((field, value)) => format!("{field} {verb} `{value}`"),
        None => format!("{bare} `{text}`"),
    }
}

fn group(clauses: &[(Occur, Clause)]) -> &'static str {
    if clauses.iter().any(|(occur, _)| *occur == Occur::Must) {
        "all that is required"
    } else {
        "at least one of"
    }
}
