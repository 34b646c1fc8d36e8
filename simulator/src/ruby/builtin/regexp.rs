//! Regular expressions: Ruby's syntax to the engine's, and matching.

use std::rc::Rc;

use foretaste_parser::name::Name;
use foretaste_parser::ruby::ast::RegexFlags;

use super::super::Interp;
use super::super::flow::{Flow, R};
use super::super::object::{Data, Match, Regex};
use super::super::value::Value;
pub use super::regexp_methods::{escape, group_index, install};

/// Compiles a Ruby pattern; `None` where the engine cannot.
pub fn compile(source: &str, flags: RegexFlags) -> Option<fancy_regex::Regex> {
    let mut prefix = String::from("(?m");
    if flags.ignore_case {
        prefix.push('i');
    }
    if flags.extended {
        prefix.push('x');
    }
    if flags.multi_line {
        prefix.push('s');
    }
    prefix.push(')');
    let pattern = translate(source, flags.extended);
    fancy_regex::RegexBuilder::new(&format!("{prefix}{pattern}"))
        .backtrack_limit(1_000_000)
        .delegate_size_limit(4 << 20)
        .build()
        .ok()
}

/// Rewrites what Ruby's engine spells in another way than ours.
fn translate(source: &str, _extended: bool) -> String {
    let mut out = String::with_capacity(source.len());
    let mut chars = source.chars().peekable();
    let mut class_depth = 0usize;
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                // The end of the text, or before a newline that ends it.
                Some('Z') => out.push_str(r"(?=\n?\z)"),
                Some('h') if class_depth > 0 => out.push_str("0-9a-fA-F"),
                Some('h') => out.push_str("[0-9a-fA-F]"),
                Some('H') if class_depth == 0 => out.push_str("[^0-9a-fA-F]"),
                Some('R') => out.push_str(r"(?:\r\n|[\n\x0b\x0c\r\x{85}\x{2028}\x{2029}])"),
                Some('/') => out.push('/'),
                // Ruby's classes are ASCII unless the pattern says otherwise.
                Some('d') if class_depth > 0 => out.push_str("0-9"),
                Some('d') => out.push_str("[0-9]"),
                Some('D') if class_depth == 0 => out.push_str("[^0-9]"),
                Some('w') if class_depth > 0 => out.push_str("a-zA-Z0-9_"),
                Some('w') => out.push_str("[a-zA-Z0-9_]"),
                Some('W') if class_depth == 0 => out.push_str("[^a-zA-Z0-9_]"),
                Some('s') if class_depth > 0 => out.push_str(r" \t\r\n\x0c\x0b"),
                Some('s') => out.push_str(r"[ \t\r\n\x0c\x0b]"),
                Some('S') if class_depth == 0 => out.push_str(r"[^ \t\r\n\x0c\x0b]"),
                Some('e') => out.push_str(r"\x1b"),
                Some(c) if c.is_ascii_punctuation() || c.is_ascii_alphanumeric() => {
                    out.push('\\');
                    out.push(c);
                }
                Some(c) => out.push(c),
                None => out.push_str("\\\\"),
            },
            '[' => {
                // `[[:alpha:]]` and nested classes keep their form; a literal `[` cannot stand bare.
                class_depth += 1;
                out.push('[');
                if chars.peek() == Some(&'^') {
                    chars.next();
                    out.push('^');
                }
                if chars.peek() == Some(&']') {
                    chars.next();
                    out.push_str("\\]");
                }
                if class_depth > 1 && chars.peek() == Some(&':') {
                    // A named class: copied whole.
                    for c in chars.by_ref() {
                        out.push(c);
                        if c == ']' {
                            break;
                        }
                    }
                    class_depth -= 1;
                }
            }
            ']' if class_depth > 0 => {
                class_depth -= 1;
                out.push(']');
            }
            '(' if class_depth == 0 && chars.peek() == Some(&'?') => {
                out.push('(');
                copy_group_flags(&mut chars, &mut out);
            }
            c => out.push(c),
        }
    }
    out
}

/// `(?m:…)` is dot-all in Ruby, where `^` and `$` always match at lines.
fn copy_group_flags(chars: &mut std::iter::Peekable<std::str::Chars<'_>>, out: &mut String) {
    out.push('?');
    chars.next();
    while let Some(c) = chars.peek().copied() {
        if !matches!(c, 'm' | 'i' | 'x' | '-') {
            break;
        }
        chars.next();
        out.push(if c == 'm' { 's' } else { c });
    }
}

impl Interp {
    pub fn regex_of(&self, value: Value) -> Option<Rc<Regex>> {
        match self.data(value.obj()?) {
            Data::Regex(regex) => Some(regex.clone()),
            _ => None,
        }
    }

    /// Searches from a byte offset. Sets nothing; see [`Self::match_at`].
    pub fn find_at(&mut self, regex: &Rc<Regex>, text: &Rc<str>, from: usize) -> R<Option<Match>> {
        let Some(compiled) = &regex.compiled else {
            let unknown = self.unsupported(format!("the regular expression /{}/", regex.source));
            return Err(unknown
                .unknown()
                .map_or(Flow::Next(Value::NIL), Flow::Unknown));
        };
        match compiled.captures_from_pos(&**text, from) {
            Ok(Some(captures)) => {
                let groups = captures
                    .iter()
                    .map(|g| g.map(|g| (g.start(), g.end())))
                    .collect();
                let found = Match {
                    text: text.clone(),
                    regex: regex.clone(),
                    groups,
                    origin: self.control,
                };
                Ok(Some(found))
            }
            Ok(None) => Ok(None),
            Err(_) => Err(self.halt("a regular expression took too long")),
        }
    }

    /// Searches and sets `$~`.
    pub fn match_at(
        &mut self,
        regex: &Rc<Regex>,
        text: &Rc<str>,
        from: usize,
    ) -> R<Option<Rc<Match>>> {
        let found = self.find_at(regex, text, from)?.map(Rc::new);
        self.last_match = match &found {
            Some(found) => self.match_value(found.clone()),
            None => Value::NIL,
        };
        Ok(found)
    }

    pub fn match_value(&mut self, found: Rc<Match>) -> Value {
        self.alloc(self.core.match_data, Data::Match(found)).into()
    }

    pub fn match_of(&self, value: Value) -> Option<Rc<Match>> {
        match self.data(value.obj()?) {
            Data::Match(found) => Some(found.clone()),
            _ => None,
        }
    }

    /// `$1`; 0 is the whole match.
    pub fn match_group(&mut self, n: u32) -> Value {
        if let Some(id) = self.last_match.unknown() {
            return id.into();
        }
        let Some(found) = self.match_of(self.last_match) else {
            return Value::NIL;
        };
        self.group_value(&found, n as usize)
    }

    pub fn group_value(&mut self, found: &Match, n: usize) -> Value {
        match found
            .groups
            .get(n)
            .copied()
            .flatten()
            .and_then(|(s, e)| found.text.get(s..e))
        {
            Some(text) => self.str(text),
            None => Value::NIL,
        }
    }

    /// A named group of the last match.
    pub fn match_named(&mut self, name: Name) -> Value {
        let Some(found) = self.match_of(self.last_match) else {
            return Value::NIL;
        };
        let index = found.regex.names.iter().rposition(|n| *n == Some(name));
        index.map_or(Value::NIL, |i| self.group_value(&found, i + 1))
    }
}
