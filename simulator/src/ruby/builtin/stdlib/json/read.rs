//! Reading JSON. The gem's errors name where its machine for the innermost array, or for the whole
//! document, stopped: an object that cannot be read is one unreadable value to what is around it.

use super::super::super::super::Interp;
use super::super::super::super::flow::{Flow, R};
use super::super::super::super::object::Hash;
use super::super::super::super::value::Value;
use super::error;

/// What the caller wants of a text.
pub struct Wanted {
    pub symbols: bool,
    pub nan: bool,
    pub max_nesting: usize,
    pub object_class: Option<Value>,
    pub array_class: Option<Value>,
    pub freeze: bool,
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    wanted: &'a Wanted,
}

/// Deeper than any limit of the gem's that a program lifts.
const MAX_DEPTH: usize = 1_000;

/// Reads a whole text.
pub fn document(interp: &mut Interp, text: &str, wanted: &Wanted) -> R {
    interp.spend(text.len() / 8)?;
    let mut reader = Reader {
        text,
        at: 0,
        depth: 0,
        wanted,
    };
    reader.blanks();
    let start = reader.at;
    let Some(value) = reader.value(interp)? else {
        return Err(reader.unexpected(interp, 859, start));
    };
    if !reader.blanks() {
        return Err(reader.unexpected(interp, 859, text.len()));
    }
    if reader.at < text.len() {
        return Err(reader.unexpected(interp, 859, reader.at));
    }
    Ok(value)
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn unexpected(&self, interp: &mut Interp, line: u32, at: usize) -> Flow {
        let rest = self.text.get(at..).unwrap_or_default();
        let message = format!("{line}: unexpected token at '{rest}'");
        error(interp, "JSON::ParserError", message)
    }

    /// Skips blanks and comments; false where a comment does not end.
    fn blanks(&mut self) -> bool {
        loop {
            match self.peek() {
                Some(b' ' | b'\t' | b'\r' | b'\n') => self.at += 1,
                Some(b'/') => {
                    let rest = self.rest();
                    let end = match rest.as_bytes().get(1) {
                        Some(b'*') => rest.find("*/").map(|n| n + 2),
                        Some(b'/') => rest.find('\n').map(|n| n + 1),
                        _ => None,
                    };
                    match end {
                        Some(end) => self.at += end,
                        None => return false,
                    }
                }
                _ => return true,
            }
        }
    }

    /// The value here; `None` where there is none, and then nothing is taken.
    fn value(&mut self, interp: &mut Interp) -> R<Option<Value>> {
        interp.spend(1)?;
        let start = self.at;
        for (word, value) in [
            ("null", Value::NIL),
            ("true", Value::TRUE),
            ("false", Value::FALSE),
        ] {
            if self.rest().starts_with(word) {
                self.at += word.len();
                return Ok(Some(value));
            }
        }
        for (word, number, line, back) in [
            ("NaN", f64::NAN, 225, 0),
            ("Infinity", f64::INFINITY, 232, 1),
            ("-Infinity", f64::NEG_INFINITY, 249, 0),
        ] {
            if self.rest().starts_with(word) {
                if !self.wanted.nan {
                    return Err(self.unexpected(interp, line, start.saturating_sub(back)));
                }
                self.at += word.len();
                return Ok(Some(number.into()));
            }
        }
        let value = match self.peek() {
            Some(b'"') => self.string(interp)?.map(|text| interp.str(text)),
            Some(b'[') => return self.array(interp),
            Some(b'{') => self.object(interp)?,
            Some(b'-' | b'0'..=b'9') => self.number(interp)?,
            _ => None,
        };
        match value {
            Some(value) => Ok(Some(self.kept(interp, value))),
            None => {
                self.at = start;
                Ok(None)
            }
        }
    }

    fn kept(&self, interp: &mut Interp, value: Value) -> Value {
        if self.wanted.freeze
            && let Some(id) = value.obj()
        {
            interp.heap.get_mut(id).frozen = true;
        }
        value
    }

    fn enter(&mut self, interp: &mut Interp) -> R<()> {
        self.depth += 1;
        if self.depth > self.wanted.max_nesting {
            let message = format!("nesting of {} is too deep", self.depth);
            return Err(error(interp, "JSON::NestingError", message));
        }
        if self.depth > MAX_DEPTH {
            return Err(interp.halt("JSON nested too deeply"));
        }
        Ok(())
    }

    fn array(&mut self, interp: &mut Interp) -> R<Option<Value>> {
        self.enter(interp)?;
        self.at += 1;
        let mut items = Vec::new();
        self.blanks();
        if self.peek() == Some(b']') {
            self.at += 1;
        } else {
            loop {
                self.blanks();
                match self.value(interp)? {
                    Some(item) => items.push(item),
                    None => return Err(self.unexpected(interp, 451, self.at)),
                }
                self.blanks();
                match self.peek() {
                    Some(b',') => self.at += 1,
                    Some(b']') => {
                        self.at += 1;
                        break;
                    }
                    _ => return Err(self.unexpected(interp, 451, self.at)),
                }
            }
        }
        self.depth -= 1;
        let Some(class) = self.wanted.array_class else {
            let made = interp.array(items);
            return Ok(Some(self.kept(interp, made)));
        };
        let made = interp.call(class, "new", &[])?;
        for item in items {
            interp.call(made, "<<", &[item])?;
        }
        Ok(Some(made))
    }

    fn object(&mut self, interp: &mut Interp) -> R<Option<Value>> {
        self.enter(interp)?;
        self.at += 1;
        let mut pairs = Vec::new();
        self.blanks();
        if self.peek() == Some(b'}') {
            self.at += 1;
        } else {
            loop {
                self.blanks();
                if self.peek() != Some(b'"') {
                    return Ok(None);
                }
                let Some(key) = self.string(interp)? else {
                    return Ok(None);
                };
                self.blanks();
                if self.peek() != Some(b':') {
                    return Ok(None);
                }
                self.at += 1;
                self.blanks();
                let Some(value) = self.value(interp)? else {
                    return Ok(None);
                };
                pairs.push((key, value));
                self.blanks();
                match self.peek() {
                    Some(b',') => self.at += 1,
                    Some(b'}') => {
                        self.at += 1;
                        break;
                    }
                    _ => return Ok(None),
                }
            }
        }
        self.depth -= 1;
        let mut hash = Hash::default();
        let made = match self.wanted.object_class {
            Some(class) => Some(interp.call(class, "new", &[])?),
            None => None,
        };
        for (key, value) in pairs {
            let key = if self.wanted.symbols {
                Value::sym(&key)
            } else {
                interp.str(key)
            };
            match made {
                Some(made) => {
                    interp.call(made, "[]=", &[key, value])?;
                }
                None => super::super::super::hash::put(interp, &mut hash, key, value)?,
            }
        }
        Ok(Some(match made {
            Some(made) => made,
            None => interp.hash(hash),
        }))
    }

    fn string(&mut self, interp: &mut Interp) -> R<Option<String>> {
        let start = self.at;
        let mut out = String::new();
        self.at += 1;
        loop {
            let Some(c) = self.rest().chars().next() else {
                self.at = start;
                return Ok(None);
            };
            self.at += c.len_utf8();
            match c {
                '"' => return Ok(Some(out)),
                '\\' => {
                    let Some(c) = self.rest().chars().next() else {
                        self.at = start;
                        return Ok(None);
                    };
                    self.at += c.len_utf8();
                    match c {
                        'b' => out.push('\u{8}'),
                        'f' => out.push('\u{c}'),
                        'n' => out.push('\n'),
                        'r' => out.push('\r'),
                        't' => out.push('\t'),
                        'u' => {
                            let Some(code) = self.code() else {
                                self.at = start;
                                return Ok(None);
                            };
                            out.push(self.surrogate(interp, code)?);
                        }
                        c if (c as u32) < 0x20 => {
                            self.at = start;
                            return Ok(None);
                        }
                        c => out.push(c),
                    }
                }
                c if (c as u32) < 0x20 => {
                    self.at = start;
                    return Ok(None);
                }
                c => out.push(c),
            }
        }
    }

    fn code(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4)?;
        if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        self.at += 4;
        u32::from_str_radix(digits, 16).ok()
    }

    /// The character of a code, whose second half may follow.
    fn surrogate(&mut self, interp: &mut Interp, code: u32) -> R<char> {
        if let Some(c) = char::from_u32(code) {
            return Ok(c);
        }
        let before = self.at - 6;
        if (0xd800..0xdc00).contains(&code) {
            if self.rest().starts_with("\\u") {
                self.at += 2;
                let low = self.code().filter(|low| (0xdc00..0xe000).contains(low));
                let whole = low.map(|low| 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00));
                if let Some(c) = whole.and_then(char::from_u32) {
                    return Ok(c);
                }
            } else if self.rest().len() < 6 {
                let rest = self.text.get(before..).unwrap_or_default();
                let message = format!("521: incomplete surrogate pair at '{rest}'");
                return Err(error(interp, "JSON::ParserError", message));
            }
        }
        Err(interp.not_supported("a lone surrogate in JSON"))
    }

    fn number(&mut self, interp: &mut Interp) -> R<Option<Value>> {
        let rest = self.rest().as_bytes();
        let digits = |from: usize| {
            rest.iter()
                .skip(from)
                .take_while(|b| b.is_ascii_digit())
                .count()
        };
        let sign = usize::from(rest.first() == Some(&b'-'));
        let whole = match rest.get(sign) {
            Some(b'0') => 1,
            Some(b'1'..=b'9') => digits(sign),
            _ => return Ok(None),
        };
        let mut end = sign + whole;
        let after_whole = end;
        if rest.get(end) == Some(&b'.') && digits(end + 1) > 0 {
            end += 1 + digits(end + 1);
        }
        if matches!(rest.get(end), Some(b'e' | b'E')) {
            let signed = usize::from(matches!(rest.get(end + 1), Some(b'+' | b'-')));
            let count = digits(end + 1 + signed);
            if count > 0 {
                end += 1 + signed + count;
            }
        }
        let goes_on = matches!(rest.get(end), Some(b'0'..=b'9' | b'e' | b'E' | b'.' | b'-'));
        if end > after_whole && !goes_on {
            let text = self.text.get(self.at..self.at + end).unwrap_or_default();
            let value = text.parse().unwrap_or(f64::NAN);
            self.at += end;
            return Ok(Some(value.into()));
        }
        if rest.get(after_whole).is_some_and(u8::is_ascii_digit) {
            return Ok(None);
        }
        let text = self
            .text
            .get(self.at..self.at + after_whole)
            .unwrap_or_default()
            .to_owned();
        self.at += after_whole;
        super::super::super::string::leading_int(interp, &text, 10).map(Some)
    }
}
