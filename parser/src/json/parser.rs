//! The recursive descent, and how it goes on after a mistake.

use super::{Key, Kind, Node};
use crate::source::{Span, SyntaxError};

/// Deeper texts are refused: reading, converting and dropping them all recurse.
const MAX_DEPTH: u32 = 500;

/// A text with more mistakes than this is no JSON.
const MAX_ERRORS: usize = 20;

pub(super) fn parse(text: &str) -> (Option<Node>, Vec<SyntaxError>) {
    let mut parser = Parser {
        text,
        at: 0,
        depth: 0,
        errors: Vec::new(),
    };
    let node = parser.document();
    (node, parser.errors)
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    depth: u32,
    errors: Vec<SyntaxError>,
}

impl<'t> Parser<'t> {
    fn document(&mut self) -> Option<Node> {
        self.blank();
        if self.at == self.text.len() {
            self.error(
                "expected a value, found the end of the file",
                self.at,
                self.at,
            );
            return None;
        }
        let node = self.value();
        self.blank();
        if self.at < self.text.len() && !self.gave_up() {
            self.error("unexpected text after the value", self.at, self.text.len());
        }
        node
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn eat(&mut self, c: char) -> bool {
        let found = self.peek() == Some(c);
        if found {
            self.at += c.len_utf8();
        }
        found
    }

    fn gave_up(&self) -> bool {
        self.errors.len() >= MAX_ERRORS
    }

    fn error(&mut self, message: impl Into<String>, start: usize, end: usize) {
        self.report(SyntaxError::new(message, Span::new(start, end)));
    }

    fn report(&mut self, mut error: SyntaxError) {
        // A span of one byte may end inside a character.
        let mut end = self.text.len().min(error.span.end as usize);
        while !self.text.is_char_boundary(end) {
            end += 1;
        }
        error.span = Span::new(error.span.start as usize, end);
        self.errors.push(error);
        if self.gave_up() {
            self.at = self.text.len();
        }
    }

    /// Skips white space and comments.
    fn blank(&mut self) {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start_matches([' ', '\t', '\r', '\n']);
            self.at += rest.len() - trimmed.len();
            if trimmed.starts_with("//") {
                self.at += trimmed.find('\n').unwrap_or(trimmed.len());
            } else if trimmed.starts_with("/*") {
                match trimmed.find("*/") {
                    Some(end) => self.at += end + 2,
                    None => {
                        let start = self.at;
                        self.at = self.text.len();
                        self.error("unclosed comment", start, start + 2);
                        return;
                    }
                }
            } else {
                return;
            }
        }
    }

    fn value(&mut self) -> Option<Node> {
        let start = self.at;
        let kind = match self.peek()? {
            '{' => self.nested(Self::object),
            '[' => self.nested(Self::array),
            '"' => self.string().map(Kind::String),
            '-' | '0'..='9' => self.number(),
            _ => self.word(),
        }?;
        Some(Node {
            span: Span::new(start, self.at),
            kind,
        })
    }

    fn nested(&mut self, read: fn(&mut Self) -> Kind) -> Option<Kind> {
        if self.depth == MAX_DEPTH {
            self.error("nested too deeply", self.at, self.at + 1);
            self.at = self.text.len();
            return None;
        }
        self.depth += 1;
        let kind = read(self);
        self.depth -= 1;
        Some(kind)
    }

    fn array(&mut self) -> Kind {
        let open = self.at;
        self.at += 1;
        let mut items = Vec::new();
        self.list(open, ']', |this| {
            if let Some(item) = this.value() {
                items.push(item);
            }
        });
        Kind::Array(items)
    }

    fn object(&mut self) -> Kind {
        let open = self.at;
        self.at += 1;
        let mut entries = Vec::new();
        self.list(open, '}', |this| {
            if let Some(entry) = this.entry() {
                entries.push(entry);
            }
        });
        Kind::Object(entries)
    }

    /// Elements with commas between them, up to the closing bracket.
    fn list(&mut self, open: usize, close: char, mut element: impl FnMut(&mut Self)) {
        // Where a comma ended the element before.
        let mut comma = None;
        let mut first = true;
        loop {
            self.blank();
            let start = self.at;
            match self.peek() {
                None => return self.unclosed(open),
                Some(c) if c == close => {
                    if let Some(at) = comma {
                        self.error(format!("trailing comma before `{close}`"), at, at + 1);
                    }
                    self.at += 1;
                    return;
                }
                // The other bracket closes something further out.
                Some(c @ (']' | '}')) => {
                    self.error(format!("expected `{close}`, found `{c}`"), start, start + 1);
                    return;
                }
                Some(',') => {
                    self.error("unexpected comma", start, start + 1);
                    self.at += 1;
                    continue;
                }
                Some(_) => {}
            }
            if !first && comma.is_none() {
                self.error("expected a comma before this", start, start + 1);
            }
            first = false;
            let mistakes = self.errors.len();
            element(self);
            self.blank();
            if self.errors.len() > mistakes && !matches!(self.peek(), Some(',' | ']' | '}')) {
                self.recover();
            }
            comma = (self.peek() == Some(',')).then_some(self.at);
            self.eat(',');
            if self.at == start {
                // Nothing was read, so nothing can be: let the caller see what stands here.
                return;
            }
        }
    }

    fn unclosed(&mut self, open: usize) {
        if !self.gave_up() && !self.errors.iter().any(|e| e.message == "nested too deeply") {
            let bracket = self.text.get(open..open + 1).unwrap_or("");
            self.error(format!("`{bracket}` is never closed"), open, open + 1);
        }
    }

    /// Skips to the end of the element that went wrong: a comma, a closing bracket or the line's end.
    fn recover(&mut self) {
        let rest = self.rest();
        self.at += rest.find([',', ']', '}', '\n']).unwrap_or(rest.len());
        self.blank();
    }

    fn entry(&mut self) -> Option<(Key, Node)> {
        let start = self.at;
        if self.peek() != Some('"') {
            let end = start + self.rest().find([':', ',', '}', '\n']).unwrap_or(0);
            let found = self.text.get(start..end).unwrap_or("").trim_end().len();
            self.report(
                SyntaxError::new("expected a key", Span::new(start, start + found.max(1)))
                    .with_help("keys are strings in double quotes"),
            );
            self.at = end;
            if !self.eat(':') {
                return None;
            }
            self.blank();
            self.value();
            return None;
        }
        let text = self.string()?;
        let key = Key {
            span: Span::new(start, self.at),
            text,
        };
        self.blank();
        if !self.eat(':') {
            self.error("expected `:` after this key", start, self.at);
        }
        self.blank();
        if matches!(self.peek(), None | Some(',' | '}' | ']')) {
            if self.peek().is_some() {
                self.error(
                    "expected a value after this key",
                    start,
                    key.span.end as usize,
                );
            }
            return None;
        }
        let value = self.value()?;
        Some((key, value))
    }

    fn string(&mut self) -> Option<Box<str>> {
        let open = self.at;
        self.at += 1;
        let mut text = String::new();
        loop {
            let rest = self.rest();
            let plain = rest
                .find(|c: char| c == '"' || c == '\\' || c < ' ')
                .unwrap_or(rest.len());
            text.push_str(rest.get(..plain).unwrap_or(""));
            self.at += plain;
            match self.peek() {
                Some('"') => {
                    self.at += 1;
                    return Some(text.into());
                }
                Some('\\') => text.push(self.escape()?),
                None | Some('\n' | '\r') => {
                    self.error("this string is never closed", open, self.at);
                    return None;
                }
                Some(control) => {
                    self.error("control character in a string", self.at, self.at + 1);
                    text.push(control);
                    self.at += 1;
                }
            }
            if self.gave_up() {
                return None;
            }
        }
    }

    fn escape(&mut self) -> Option<char> {
        let start = self.at;
        self.at += 1;
        let escaped = self.peek();
        self.at += escaped.map_or(0, char::len_utf8);
        Some(match escaped? {
            c @ ('"' | '\\' | '/') => c,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => match self.hex4() {
                Some(unit) => self.surrogates(unit),
                None => {
                    self.error(
                        "expected four hexadecimal digits after `\\u`",
                        start,
                        self.at,
                    );
                    char::REPLACEMENT_CHARACTER
                }
            },
            other => {
                self.error(format!("unknown escape `\\{other}`"), start, self.at);
                other
            }
        })
    }

    fn hex4(&mut self) -> Option<u32> {
        let digits = self.rest().get(..4)?;
        if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        self.at += 4;
        u32::from_str_radix(digits, 16).ok()
    }

    /// A code unit, with the low half that follows a high one. A lone half is no character.
    fn surrogates(&mut self, unit: u32) -> char {
        if (0xd800..0xdc00).contains(&unit) && self.rest().starts_with("\\u") {
            let back = self.at;
            self.at += 2;
            if let Some(low @ 0xdc00..0xe000) = self.hex4() {
                let code = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
                return char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
            }
            self.at = back;
        }
        char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER)
    }

    fn number(&mut self) -> Option<Kind> {
        let start = self.at;
        let rest = self.rest();
        let length = rest
            .find(|c: char| !matches!(c, '0'..='9' | '+' | '-' | '.' | 'e' | 'E'))
            .unwrap_or(rest.len());
        self.at += length;
        let text = rest.get(..length).unwrap_or("");
        if is_number(text) {
            return Some(Kind::Number(text.into()));
        }
        self.error(format!("`{text}` is not a number"), start, self.at);
        None
    }

    fn word(&mut self) -> Option<Kind> {
        let start = self.at;
        let rest = self.rest();
        let length = rest
            .find(|c: char| !(c.is_alphanumeric() || c == '_'))
            .unwrap_or(rest.len());
        let word = rest.get(..length).unwrap_or("");
        self.at += length;
        let help = match word {
            "null" => return Some(Kind::Null),
            "true" => return Some(Kind::Bool(true)),
            "false" => return Some(Kind::Bool(false)),
            "" if rest.starts_with('\'') => {
                self.at += 1;
                let rest = self.rest();
                let end = rest.find(['\'', '\n']).unwrap_or(rest.len());
                self.at += end;
                self.eat('\'');
                "strings take double quotes"
            }
            "" => {
                self.at += self.peek().map_or(0, char::len_utf8);
                ""
            }
            "nil" | "None" | "undefined" => "write `null`",
            "True" | "False" => "write it in lower case",
            _ => "strings take double quotes",
        };
        let found = self.text.get(start..self.at).unwrap_or("").to_owned();
        let mut error = SyntaxError::new(
            format!("expected a value, found `{found}`"),
            Span::new(start, self.at),
        );
        if !help.is_empty() {
            error = error.with_help(help);
        }
        self.report(error);
        None
    }
}

/// `-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?`
fn is_number(text: &str) -> bool {
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    let text = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|e| digits(e.strip_prefix(['+', '-']).unwrap_or(e)))
}
