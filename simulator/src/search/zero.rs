//! chef-zero's side: attributes as a list of names and texts, patterns between word boundaries.

use foretaste_parser::query::zero::{Node, NodeKind, Pattern, Piece};
use serde_json::{Map, Value as Json};

use super::document::Document;
use super::number;
use super::truth::Truth;
use super::unknown::Key;

/// A document as chef-zero flattens it: in order, for a range looks at the first value only.
#[derive(Clone, Debug, Default)]
pub struct Flat {
    pairs: Vec<(String, String)>,
}

/// What Ruby raises in the middle of an evaluation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raised(pub &'static str);

pub const PLUS: Raised = Raised("RuntimeError: + not supported yet, because it is hard.");
pub const COLON: Raised = Raised("RuntimeError: : does not work inside a : or term");
const LITERAL: Raised = Raised("NoMethodError: undefined method `literal_string'");

/// The name under which chef-zero looks for bare words.
pub const TEXT: &str = "text";
const MAX_DEPTH: usize = 300;

impl Flat {
    pub fn new(json: &Map<String, Json>, id: &str) -> Self {
        let mut out = Self::default();
        out.hash(None, json, MAX_DEPTH);
        out.pairs.push(("X_CHEF_id_CHEF_X".into(), id.into()));
        out
    }

    /// Names and values, in order.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(name, value)| (&**name, &**value))
    }

    /// Each key gives its value's text; below the top, each path gives its scalars.
    fn hash(&mut self, path: Option<&str>, map: &Map<String, Json>, depth: usize) {
        for (key, value) in map {
            self.pairs.push((key.clone(), text(value)));
            match path {
                Some(path) => self.value(&format!("{path}_{key}"), value, depth),
                None if value.is_object() || value.is_array() => self.value(key, value, depth),
                None => {}
            }
        }
    }

    fn value(&mut self, path: &str, value: &Json, depth: usize) {
        let Some(depth) = depth.checked_sub(1) else {
            return;
        };
        match value {
            Json::Object(map) => self.hash(Some(path), map, depth),
            Json::Array(list) => list.iter().for_each(|v| self.value(path, v, depth)),
            scalar => self.pairs.push((path.to_string(), text(scalar))),
        }
    }
}

/// Ruby's `to_s`.
fn text(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        other => {
            let mut out = String::new();
            inspect(other, &mut out, MAX_DEPTH);
            out
        }
    }
}

/// Ruby's `inspect`, before 3.4.
fn inspect(value: &Json, out: &mut String, depth: usize) {
    let Some(depth) = depth.checked_sub(1) else {
        return;
    };
    let mut separator = "";
    match value {
        Json::Null => out.push_str("nil"),
        Json::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Json::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() => out.push_str(&number::ruby(float)),
            _ => out.push_str(&number.to_string()),
        },
        Json::String(text) => inspect_text(text, out),
        Json::Array(list) => {
            out.push('[');
            for value in list {
                out.push_str(separator);
                inspect(value, out, depth);
                separator = ", ";
            }
            out.push(']');
        }
        Json::Object(map) => {
            out.push('{');
            for (key, value) in map {
                out.push_str(separator);
                inspect_text(key, out);
                out.push_str("=>");
                inspect(value, out, depth);
                separator = ", ";
            }
            out.push('}');
        }
    }
}

fn inspect_text(text: &str, out: &mut String) {
    out.push('"');
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '#' if chars.peek().is_some_and(|next| "{$@".contains(*next)) => out.push_str("\\#"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\u{1b}' => out.push_str("\\e"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{b}' => out.push_str("\\v"),
            '\u{c}' => out.push_str("\\f"),
            c if (c as u32) < 0x20 || c == '\u{7f}' => {
                out.push_str(&format!("\\x{:02X}", c as u32))
            }
            c if c.is_control() || is_private(c) => out.push_str(&if (c as u32) > 0xffff {
                format!("\\u{{{:X}}}", c as u32)
            } else {
                format!("\\u{:04X}", c as u32)
            }),
            c => out.push(c),
        }
    }
    out.push('"');
}

fn is_private(c: char) -> bool {
    matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..) || c == '\u{2028}' || c == '\u{2029}'
}

/// What a search looks at: a document with what is not known of it.
pub struct View<'a> {
    pub flat: &'a Flat,
    pub document: &'a Document,
}

/// Values under one name, and whether there may be more.
struct Values<'a> {
    known: Vec<&'a str>,
    more: bool,
}

impl<'a> View<'a> {
    /// Whether chef-zero returns the document.
    pub fn judge(&self, node: &Node) -> Result<Truth, Raised> {
        self.document(node)
    }

    fn document(&self, node: &Node) -> Result<Truth, Raised> {
        match &node.kind {
            NodeKind::And(all) => and(all, |node| self.document(node)),
            NodeKind::Or(all) => or(all, |node| self.document(node)),
            NodeKind::Not(inner) => self.document(inner).map(|t| !t),
            NodeKind::Plus => Err(PLUS),
            NodeKind::Boost(inner) | NodeKind::Group(inner) => self.document(inner),
            NodeKind::Field(name, value) => values_match(value, &self.field(name)?),
            NodeKind::Word(_) | NodeKind::Phrase(_) | NodeKind::Range { .. } => {
                values_match(node, &self.named(TEXT))
            }
        }
    }

    fn named(&self, name: &str) -> Values<'a> {
        Values {
            known: self.values(|key| Ok(key == name)).unwrap_or_default(),
            more: self.document.may_hold(&Key::Exact(name.to_string())),
        }
    }

    fn field(&self, name: &Node) -> Result<Values<'a>, Raised> {
        if let Some(literal) = literal(name)? {
            return Ok(self.named(literal));
        }
        Ok(Values {
            known: self.values(|key| name_matches(name, key))?,
            more: !self.document.unknown().is_empty(),
        })
    }

    fn values(
        &self,
        mut matches: impl FnMut(&str) -> Result<bool, Raised>,
    ) -> Result<Vec<&'a str>, Raised> {
        let mut out: Vec<&str> = Vec::new();
        for (key, value) in &self.flat.pairs {
            if matches(key)? && !out.contains(&value.as_str()) {
                out.push(value);
            }
        }
        Ok(out)
    }
}

/// Whether a name is one that a field's left side with wildcards stands for.
pub fn name_matches(pattern: &Node, name: &str) -> Result<bool, Raised> {
    let name = Values {
        known: vec![name],
        more: false,
    };
    values_match(pattern, &name).map(|truth| truth == Truth::Yes)
}

/// The one name that a field's left side stands for, if it has no wildcard.
pub fn literal(node: &Node) -> Result<Option<&str>, Raised> {
    match &node.kind {
        NodeKind::Word(pattern) | NodeKind::Phrase(pattern) => Ok(pattern.literal.as_deref()),
        NodeKind::Group(inner) => match inner.kind {
            NodeKind::Word(_) | NodeKind::Phrase(_) | NodeKind::Group(_) => literal(inner),
            _ => Err(LITERAL),
        },
        _ => Ok(None),
    }
}

fn and(all: &[Node], judge: impl Fn(&Node) -> Result<Truth, Raised>) -> Result<Truth, Raised> {
    let mut out = Truth::Yes;
    for node in all {
        out = out.min(judge(node)?);
        if out == Truth::No {
            break;
        }
    }
    Ok(out)
}

fn or(all: &[Node], judge: impl Fn(&Node) -> Result<Truth, Raised>) -> Result<Truth, Raised> {
    let mut out = Truth::No;
    for node in all {
        out = out.max(judge(node)?);
        if out == Truth::Yes {
            break;
        }
    }
    Ok(out)
}

fn values_match(node: &Node, values: &Values<'_>) -> Result<Truth, Raised> {
    let or_more = |known: bool| match (known, values.more) {
        (true, _) => Truth::Yes,
        (false, true) => Truth::Maybe,
        (false, false) => Truth::No,
    };
    Ok(match &node.kind {
        NodeKind::And(all) => and(all, |node| values_match(node, values))?,
        NodeKind::Or(all) => or(all, |node| values_match(node, values))?,
        NodeKind::Not(inner) => !values_match(inner, values)?,
        NodeKind::Plus => return Err(PLUS),
        NodeKind::Boost(inner) | NodeKind::Group(inner) => values_match(inner, values)?,
        NodeKind::Field(..) => return Err(COLON),
        NodeKind::Word(pattern) | NodeKind::Phrase(pattern) => {
            or_more(values.known.iter().any(|value| found(pattern, value)))
        }
        // Only the first value counts.
        NodeKind::Range { .. } if values.more => Truth::Maybe,
        NodeKind::Range { .. } => values
            .known
            .first()
            .is_some_and(|value| in_range(node, value))
            .into(),
    })
}

/// Whether a value is in a range as chef-zero tests it: the test of the lower limit is the wrong way round.
pub fn in_range(node: &Node, value: &str) -> bool {
    let NodeKind::Range {
        lower,
        upper,
        lower_inclusive,
        upper_inclusive,
    } = &node.kind
    else {
        return false;
    };
    let below = lower == "*" || lower.as_str() > value || (*lower_inclusive && lower == value);
    let above = upper == "*" || value < upper.as_str() || (*upper_inclusive && upper == value);
    below && above
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || "@._':-".contains(c)
}

#[derive(Clone, Copy)]
enum Step {
    Char(char),
    Word,
    Words,
    Between,
    Betweens,
}

/// Whether a pattern is anywhere in a value between word boundaries, as the regular expression that chef-zero builds.
pub fn found(pattern: &Pattern, value: &str) -> bool {
    let mut steps = Vec::with_capacity(pattern.pieces.len() + 1);
    for piece in &pattern.pieces {
        match piece {
            Piece::Char(c) => steps.push(Step::Char(fold(*c))),
            Piece::One => steps.push(Step::Word),
            Piece::Many => steps.push(Step::Words),
            Piece::Gap => steps.extend([Step::Between, Step::Betweens]),
        }
    }
    // All states that the pattern can be in at once; a state is the number of steps taken.
    let mut states = vec![false; steps.len() + 1];
    let mut before = None;
    let mut chars = value.chars();
    loop {
        let next = chars.next();
        let boundary = before.is_none_or(|c| c == '\n' || !is_word(c));
        if boundary && let Some(start) = states.first_mut() {
            *start = true;
        }
        skip(&steps, &mut states);
        let ends = next.is_none_or(|c| c == '\n' || !is_word(c));
        if ends && states.last() == Some(&true) {
            return true;
        }
        let Some(c) = next else {
            return false;
        };
        states = advance(&steps, &states, c);
        before = next;
    }
}

/// Steps that may match nothing.
fn skip(steps: &[Step], states: &mut [bool]) {
    for (at, step) in steps.iter().enumerate() {
        if matches!(step, Step::Words | Step::Betweens)
            && states.get(at) == Some(&true)
            && let Some(next) = states.get_mut(at + 1)
        {
            *next = true;
        }
    }
}

fn advance(steps: &[Step], states: &[bool], c: char) -> Vec<bool> {
    let mut out = vec![false; states.len()];
    for (at, step) in steps
        .iter()
        .enumerate()
        .filter(|(at, _)| states.get(*at) == Some(&true))
    {
        let (to, fits) = match step {
            Step::Char(wanted) => (at + 1, *wanted == fold(c)),
            Step::Word => (at + 1, is_word(c)),
            Step::Between => (at + 1, !is_word(c)),
            Step::Words => (at, is_word(c)),
            Step::Betweens => (at, !is_word(c)),
        };
        if fits && let Some(state) = out.get_mut(to) {
            *state = true;
        }
    }
    out
}

fn fold(c: char) -> char {
    let mut lower = c.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}
