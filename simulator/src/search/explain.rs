//! How each clause of a query matched a document or failed to.

use foretaste_parser::query::zero::{Node, NodeKind};
use foretaste_parser::query::{Clause, Matcher, Meaning, Occur, Scope, Test};
use foretaste_parser::source::Span;

use super::document::Document;
use super::flatten::SEPARATOR;
use super::index::SearchIndex;
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

/// A query as it is read, with how much each of its clauses matches alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outline {
    /// The clause in words.
    pub text: String,
    /// Its place in the query.
    pub span: Span,
    /// How it counts in the group around it; `None` at the top and for chef-zero.
    pub occur: Option<Occur>,
    /// True where the clause is optional beside something required, so that it changes nothing.
    pub idle: bool,
    /// How many documents it matches for certain.
    pub matches: usize,
    pub children: Vec<Outline>,
}

impl SearchIndex {
    /// Outlines a query over the documents of an index.
    #[must_use]
    pub fn outline(&self, index: &str, plan: &Plan) -> Outline {
        match &plan.query().meaning {
            Meaning::Lucene { clause, .. } => self.of_clause(index, plan, clause, None, false),
            Meaning::Zero(node) => self.of_node(index, plan, node),
        }
    }

    fn of_clause(
        &self,
        index: &str,
        plan: &Plan,
        clause: &Clause,
        occur: Option<Occur>,
        idle: bool,
    ) -> Outline {
        let mut children = Vec::new();
        if let Test::Group(clauses) = &clause.test {
            let required = clauses.iter().any(|(occur, _)| *occur == Occur::Must);
            for (occur, clause) in clauses {
                let idle = required && *occur == Occur::Should;
                children.push(self.of_clause(index, plan, clause, Some(*occur), idle));
            }
        }
        let alone = Plan::of_clause(plan.query(), clause);
        Outline {
            text: describe(&clause.test),
            span: clause.span,
            occur,
            idle,
            matches: alone.map_or(0, |alone| self.run(index, &alone).names().len()),
            children,
        }
    }

    fn of_node(&self, index: &str, plan: &Plan, node: &Node) -> Outline {
        let alone = Plan::of_node(plan.query(), node);
        Outline {
            text: words(&plan.query().text, node),
            span: node.span,
            occur: None,
            idle: false,
            matches: self.run(index, &alone).names().len(),
            children: parts(node)
                .into_iter()
                .map(|part| self.of_node(index, plan, part))
                .collect(),
        }
    }
}

/// The operands of chef-zero's operators.
fn parts(node: &Node) -> Vec<&Node> {
    match &node.kind {
        NodeKind::And(all) | NodeKind::Or(all) => all.iter().collect(),
        NodeKind::Not(inner) | NodeKind::Boost(inner) | NodeKind::Group(inner) => vec![&**inner],
        _ => Vec::new(),
    }
}

/// A part of chef-zero's query in words.
fn words(query: &str, node: &Node) -> String {
    let written = query.get(node.span.start as usize..node.span.end as usize);
    match &node.kind {
        NodeKind::And(_) => "all of",
        NodeKind::Or(_) => "any of",
        NodeKind::Not(_) => "not",
        _ => written.unwrap_or_default(),
    }
    .to_string()
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
        Explanation {
            text: words(&self.query().text, node),
            span: node.span,
            occur: None,
            truth: document.zero().judge(node).unwrap_or(Truth::No),
            idle: false,
            children: parts(node)
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
