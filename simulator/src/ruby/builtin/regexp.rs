//! Regular expressions: Ruby's syntax to the engine's, and matching.

use std::rc::Rc;

use foretaste_parser::name::Name;

use super::super::Interp;
use super::super::encoding::stray_byte;
use super::super::flow::{Flow, R};
use super::super::object::{Data, Match, Regex};
use super::super::value::Value;
pub use super::regexp_methods::{escape, group_index, install};

impl Interp {
    /// `$~` of the method being run.
    pub fn last_match(&self) -> Value {
        self.match_cell.get()
    }

    pub fn set_last_match(&mut self, value: Value) {
        self.match_cell.set(value);
    }

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
        if text.as_bytes().contains(&0xF4) && text.chars().any(|c| stray_byte(c).is_some()) {
            return Err(self.argument_error("invalid byte sequence in UTF-8"));
        }
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
        let value = match &found {
            Some(found) => self.match_value(found.clone()),
            None => Value::NIL,
        };
        self.set_last_match(value);
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
        if let Some(id) = self.last_match().unknown() {
            return id.into();
        }
        let Some(found) = self.match_of(self.last_match()) else {
            return Value::NIL;
        };
        self.group_value(&found, n as usize)
    }

    /// What is before and after the last match, and the last of its groups that took part.
    pub fn match_part(&mut self, name: &str) -> Value {
        if let Some(id) = self.last_match().unknown() {
            return id.into();
        }
        let Some(found) = self.match_of(self.last_match()) else {
            return Value::NIL;
        };
        let (start, end) = found.groups.first().copied().flatten().unwrap_or_default();
        match name {
            "$`" => self.str(found.text.get(..start).unwrap_or_default()),
            "$'" => self.str(found.text.get(end..).unwrap_or_default()),
            _ => {
                let last = (1..found.groups.len()).rev().find(|i| {
                    let group = found.groups.get(*i).copied().flatten();
                    group.is_some()
                });
                last.map_or(Value::NIL, |i| self.group_value(&found, i))
            }
        }
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
        let Some(found) = self.match_of(self.last_match()) else {
            return Value::NIL;
        };
        let index = found.regex.names.iter().rposition(|n| *n == Some(name));
        index.map_or(Value::NIL, |i| self.group_value(&found, i + 1))
    }
}
