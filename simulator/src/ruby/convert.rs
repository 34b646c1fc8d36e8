//! Conversions and comparisons that the machine itself needs: text, keys, equality.

use std::rc::Rc;

use foretaste_parser::name::Name;
use foretaste_parser::source::Location;

use super::call::Form;
use super::encoding::{Encoding, stray_byte};
use super::env::Args;
use super::flow::{Flow, R};
use super::object::{Data, Key};
use super::unknown::{hole, is_hole};
use super::value::{Kind, Value};
use super::{Interp, address};

impl Interp {
    /// `to_s`, as interpolation does it: an unknown value gives a hole.
    pub fn to_text(&mut self, value: Value) -> R<String> {
        match value.kind {
            Kind::Nil => Ok(String::new()),
            Kind::Bool(b) => Ok(b.to_string()),
            Kind::Int(n) => Ok(n.to_string()),
            Kind::Float(f) => Ok(float_text(f)),
            Kind::Sym(name) => Ok(name.as_str().to_owned()),
            Kind::Unknown(id) => Ok(hole(id).to_string()),
            Kind::Obj(id) => {
                if let Data::Str(s) = self.data(id) {
                    return Ok(s.text.clone());
                }
                if let Some(id) = self.unknown_of(value) {
                    return Ok(hole(id).to_string());
                }
                let result = self.send(value, Name::new("to_s"), Args::default(), Form::Own)?;
                match (self.text(result), self.unknown_of(result)) {
                    (Some(text), _) => Ok(text.to_owned()),
                    (None, Some(id)) => Ok(hole(id).to_string()),
                    _ => Ok(self.any_to_s(value)),
                }
            }
        }
    }

    /// `#<Class>` with its address: `Kernel#to_s`.
    pub fn any_to_s(&mut self, value: Value) -> String {
        let class = self.class_name(self.real_class_of(value));
        match value.obj() {
            Some(id) => format!("#<{class}:{}>", address(id)),
            None => format!("#<{class}>"),
        }
    }

    /// `inspect`; unknown parts become holes.
    pub fn inspect(&mut self, value: Value) -> R<String> {
        match value.kind {
            Kind::Nil => Ok("nil".into()),
            Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) => self.to_text(value),
            Kind::Sym(name) => Ok(inspect_symbol(name.as_str())),
            Kind::Unknown(id) => Ok(hole(id).to_string()),
            Kind::Obj(id) => {
                if let Data::Str(s) = self.data(id) {
                    return Ok(inspect_str(&s.text, s.encoding));
                }
                if let Some(id) = self.unknown_of(value) {
                    return Ok(hole(id).to_string());
                }
                let result = self.send(value, Name::new("inspect"), Args::default(), Form::Own)?;
                match (self.text(result), self.unknown_of(result)) {
                    (Some(text), _) => Ok(text.to_owned()),
                    (None, Some(id)) => Ok(hole(id).to_string()),
                    _ => Ok(self.any_to_s(value)),
                }
            }
        }
    }

    /// `==`. An unknown operand leaves as `Flow::Unknown`.
    pub fn equal(&mut self, a: Value, b: Value) -> R<bool> {
        if a.kind == b.kind && !matches!(a.kind, Kind::Unknown(_)) {
            return Ok(true);
        }
        if let Some(id) = self.unknown_of(a).or_else(|| self.unknown_of(b)) {
            return Err(Flow::Unknown(id));
        }
        match (a.kind, b.kind) {
            (Kind::Int(x), Kind::Float(y)) | (Kind::Float(y), Kind::Int(x)) => Ok(x as f64 == y),
            (Kind::Obj(x), Kind::Obj(y)) => {
                if let (Data::Str(s), Data::Str(t)) = (self.data(x), self.data(y)) {
                    let plain = s.text == t.text && s.is_plain() && t.is_plain();
                    if (s == t || plain) && super::unknown::first_hole(&s.text).is_none() {
                        return Ok(true);
                    }
                    let hole = super::unknown::first_hole(&s.text)
                        .or_else(|| super::unknown::first_hole(&t.text));
                    if let Some(id) = hole {
                        return if may_match(&s.text, &t.text) {
                            Err(Flow::Unknown(id))
                        } else {
                            Ok(false)
                        };
                    }
                    return Ok(false);
                }
                self.equal_by_method(a, b)
            }
            (Kind::Obj(_), _) => self.equal_by_method(a, b),
            // Numbers of other classes know themselves what they equal.
            (Kind::Int(_) | Kind::Float(_), Kind::Obj(y))
                if matches!(self.data(y), Data::Plain | Data::Host(_) | Data::Big(_)) =>
            {
                self.equal_by_method(b, a)
            }
            _ => Ok(false),
        }
    }

    fn equal_by_method(&mut self, a: Value, b: Value) -> R<bool> {
        let result = self.send(a, Name::new("=="), Args::of(&[b]), Form::Own)?;
        self.truth(result)
    }

    /// `pattern === value`, for `case`, `rescue` and `grep`.
    pub fn case_equal(&mut self, pattern: Value, value: Value) -> R<bool> {
        let result = self.send(pattern, Name::new("==="), Args::of(&[value]), Form::Own)?;
        self.truth(result)
    }

    /// `<=>` as a sort needs it; values that cannot be compared raise.
    pub fn compare(&mut self, a: Value, b: Value) -> R<std::cmp::Ordering> {
        match (a.kind, b.kind) {
            (Kind::Int(x), Kind::Int(y)) => return Ok(x.cmp(&y)),
            (Kind::Float(x), Kind::Float(y)) => {
                if let Some(order) = x.partial_cmp(&y) {
                    return Ok(order);
                }
            }
            (Kind::Obj(_), Kind::Obj(_)) => {
                if let (Some(x), Some(y)) = (self.text(a), self.text(b))
                    && self.unknown_or_hole(a).is_none()
                    && self.unknown_or_hole(b).is_none()
                {
                    return Ok(x.as_bytes().cmp(y.as_bytes()));
                }
            }
            _ => {}
        }
        if let Some(id) = self.unknown_or_hole(a).or_else(|| self.unknown_or_hole(b)) {
            return Err(Flow::Unknown(id));
        }
        let class = self.class_of(a);
        if self.classes.find(class, Name::new("<=>")).is_some() {
            let result = self.send(a, Name::new("<=>"), Args::of(&[b]), Form::Own)?;
            match result.kind {
                Kind::Int(n) => return Ok(n.cmp(&0)),
                Kind::Unknown(id) => return Err(Flow::Unknown(id)),
                _ => {}
            }
        }
        let left = self.class_name(self.real_class_of(a));
        let right = match b.kind {
            Kind::Nil | Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) | Kind::Sym(_) => {
                self.inspect(b)?
            }
            _ => self.class_name(self.real_class_of(b)).to_string(),
        };
        Err(self.argument_error(format!("comparison of {left} with {right} failed")))
    }

    /// The key that a value is in a hash. An unknown key leaves as `Flow::Unknown`.
    pub fn key(&mut self, value: Value) -> R<Key> {
        self.key_at(value, 0)
    }

    fn key_at(&mut self, value: Value, depth: usize) -> R<Key> {
        if let Some(id) = self.unknown_or_hole(value) {
            return Err(Flow::Unknown(id));
        }
        self.spend(1)?;
        if depth > 100 {
            // Ruby itself goes deeper, and knows a value that contains itself.
            let unknown = self.unsupported("a hash key nested over a hundred levels");
            return match unknown.kind {
                Kind::Unknown(id) => Err(Flow::Unknown(id)),
                _ => Ok(Key::Nil),
            };
        }
        Ok(match value.kind {
            Kind::Nil => Key::Nil,
            Kind::Bool(b) => Key::Bool(b),
            Kind::Int(n) => Key::Int(n),
            Kind::Float(f) => Key::Float(f.to_bits()),
            Kind::Sym(name) => Key::Sym(name),
            Kind::Unknown(id) => return Err(Flow::Unknown(id)),
            Kind::Obj(id) => match self.data(id) {
                Data::Str(s) => Key::Str(Rc::from(s.text.as_str())),
                Data::Array(items) => {
                    let items = items.clone();
                    let mut keys = Vec::with_capacity(items.len());
                    for item in items {
                        keys.push(self.key_at(item, depth + 1)?);
                    }
                    Key::Array(keys.into())
                }
                Data::Hash(hash) => {
                    let pairs: Vec<(Key, Value)> =
                        hash.map.iter().map(|(k, (_, v))| (k.clone(), *v)).collect();
                    let mut keys = Vec::with_capacity(pairs.len());
                    for (k, v) in pairs {
                        keys.push((k, self.key_at(v, depth + 1)?));
                    }
                    Key::Hash(keys.into())
                }
                Data::Big(n) => Key::Big(n.clone()),
                Data::Plain | Data::Host(_) => self.key_by_hash_method(value, id)?,
                _ => Key::Obj(id),
            },
        })
    }

    /// Objects that define `hash` and `eql?` themselves are keyed by what their `hash` gives.
    fn key_by_hash_method(&mut self, value: Value, id: super::value::ObjId) -> R<Key> {
        let class = self.class_of(value);
        let name = Name::new("hash");
        match self.classes.find(class, name) {
            Some(found) if found.owner != self.core.kernel => {
                let h = self.invoke(&found, value, name, Args::default())?;
                match h.kind {
                    Kind::Int(n) => Ok(Key::Array(Box::new([Key::Sym(name), Key::Int(n)]))),
                    _ => Ok(Key::Obj(id)),
                }
            }
            _ => Ok(Key::Obj(id)),
        }
    }

    /// The value that a key stands for, made anew.
    pub fn key_value(&mut self, key: &Key) -> Value {
        match key {
            Key::Nil => Value::NIL,
            Key::Bool(b) => (*b).into(),
            Key::Int(n) => (*n).into(),
            Key::Float(f) => f64::from_bits(*f).into(),
            Key::Big(n) => self.big((**n).clone()),
            Key::Sym(name) => (*name).into(),
            Key::Str(s) => {
                let value = self.str(&**s);
                if let Some(id) = value.obj() {
                    self.heap.get_mut(id).frozen = true;
                }
                value
            }
            Key::Array(_) | Key::Hash(_) => Value::NIL,
            Key::Obj(id) => (*id).into(),
        }
    }

    /// The message of an exception, as `message` gives it, with holes shown by their reasons. Addresses of objects are
    /// left out: they say nothing, and would make one failure look like another.
    pub fn exception_text(&mut self, exception: Value) -> String {
        let text = match self.send(exception, Name::new("message"), Args::default(), Form::Own) {
            Ok(message) => self.to_text(message).unwrap_or_default(),
            Err(_) => String::new(),
        };
        without_addresses(&self.show_holes(&text))
    }

    /// A text for people: each hole as `‹reason›`.
    pub fn show_holes(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        for c in text.chars() {
            match super::unknown::first_hole(c.encode_utf8(&mut [0; 4])) {
                Some(id) => {
                    out.push('‹');
                    out.push_str(self.unknowns.reason(id));
                    out.push('›');
                }
                None => out.push(c),
            }
        }
        out
    }

    /// Where an exception was raised.
    pub fn exception_location(&self, exception: Value) -> Option<Location> {
        match self.data(exception.obj()?) {
            Data::Exception(e) => e.backtrace.first().cloned(),
            _ => None,
        }
    }
}

/// Whether two texts with holes can be the same text: compares what stands before the first hole and
/// after the last one.
fn may_match(a: &str, b: &str) -> bool {
    let is_hole = super::unknown::is_hole;
    let before = |s: &str| s.chars().take_while(|c| !is_hole(*c)).collect::<String>();
    let after = |s: &str| {
        s.chars()
            .rev()
            .take_while(|c| !is_hole(*c))
            .collect::<String>()
    };
    let fits = |x: String, y: String| x.starts_with(&y) || y.starts_with(&x);
    let whole = |s: &str| !s.chars().any(is_hole);
    match (whole(a), whole(b)) {
        (true, _) => {
            a.starts_with(&before(b))
                && fits(after(a), after(b))
                && after(a).len() >= after(b).len()
        }
        (_, true) => may_match(b, a),
        _ => fits(before(a), before(b)) && fits(after(a), after(b)),
    }
}

/// A float as Ruby prints it.
#[must_use]
pub fn float_text(f: f64) -> String {
    if f.is_nan() {
        return "NaN".into();
    }
    if f.is_infinite() {
        return if f > 0.0 {
            "Infinity".into()
        } else {
            "-Infinity".into()
        };
    }
    let magnitude = f.abs();
    if magnitude != 0.0 && !(1e-4..1e15).contains(&magnitude) {
        let text = format!("{f:e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let mantissa = if mantissa.contains('.') {
            mantissa.to_owned()
        } else {
            format!("{mantissa}.0")
        };
        let (sign, digits) = match exponent.strip_prefix('-') {
            Some(digits) => ('-', digits),
            None => ('+', exponent),
        };
        return format!("{mantissa}e{sign}{digits:0>2}");
    }
    let text = f.to_string();
    if text.contains('.') {
        text
    } else {
        format!("{text}.0")
    }
}

/// A string as Ruby inspects it.
#[must_use]
pub fn inspect_str(text: &str, encoding: Encoding) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    let wide = !encoding.ascii_compatible();
    let single = encoding.single_byte();
    let is_byte = |c| stray_byte(c).is_some() || single && (c as u32) > 0x7e && !is_hole(c);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{b}' => out.push_str("\\v"),
            '\u{c}' => out.push_str("\\f"),
            '\u{1b}' => out.push_str("\\e"),
            '#' if matches!(chars.peek(), Some('{' | '$' | '@')) => out.push_str("\\#"),
            c if is_byte(c) => {
                let byte = stray_byte(c).map_or(c as u32, u32::from);
                out.push_str(&format!("\\x{byte:02X}"));
            }
            c if (c as u32) < 0x20 || c as u32 == 0x7f => {
                let escaped = if encoding.single_byte() {
                    format!("\\x{:02X}", c as u32)
                } else {
                    format!("\\u{:04X}", c as u32)
                };
                out.push_str(&escaped);
            }
            c if !is_hole(c) && (wide && !c.is_ascii() || is_unprintable(c)) => {
                if (c as u32) > 0xFFFF {
                    out.push_str(&format!("\\u{{{:X}}}", c as u32));
                } else {
                    out.push_str(&format!("\\u{:04X}", c as u32));
                }
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn is_unprintable(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}'..='\u{2029}' | '\u{e000}'..='\u{f8ff}')
}

/// `:name`, quoted where it must be.
#[must_use]
pub fn inspect_symbol(text: &str) -> String {
    if is_plain_symbol(text) {
        format!(":{text}")
    } else {
        format!(":{}", inspect_str(text, Encoding::Utf8))
    }
}

/// Whether a symbol is written without quotes.
#[must_use]
pub fn is_plain_symbol(text: &str) -> bool {
    const OPERATORS: &[&str] = &[
        "+", "-", "*", "/", "%", "**", "==", "!=", "<", ">", "<=", ">=", "<=>", "===", "[]", "[]=",
        "<<", ">>", "!", "=~", "!~", "&", "|", "^", "~", "+@", "-@", "`",
    ];
    if OPERATORS.contains(&text) {
        return true;
    }
    let name = text
        .strip_prefix("@@")
        .or_else(|| text.strip_prefix(['@', '$']))
        .unwrap_or(text);
    let sigil = name.len() != text.len();
    let name = if sigil {
        name
    } else {
        name.strip_suffix(['?', '!', '=']).unwrap_or(name)
    };
    let mut chars = name.chars();
    chars
        .next()
        .is_some_and(|c| c == '_' || c.is_alphabetic() || !c.is_ascii())
        && chars.all(|c| c == '_' || c.is_alphanumeric() || !c.is_ascii())
}

/// A text with the number of each address that Ruby prints (`#<Object:0x000…>`) as `…`.
pub fn without_addresses(text: &str) -> String {
    let mut parts = text.split(":0x");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|c: char| c.is_ascii_hexdigit());
        let long = part.len() - rest.len() >= ADDRESS_DIGITS;
        out.push_str(":0x");
        out.push_str(if long { "…" } else { "" });
        out.push_str(if long { rest } else { part });
    }
    out
}

/// How many digits an address has at least.
const ADDRESS_DIGITS: usize = 16;
