//! `YAML`: writes as Psych 4 with libyaml 0.2 does. Reading is the library's own Ruby.
//!
//! Psych chooses a style for each string (`YAMLTree#visit_String`, by what `ScalarScanner#tokenize` would read
//! it as); libyaml gives way to quotes where that style cannot carry the text, and folds at 80 columns.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use fancy_regex::Regex;

use super::super::super::Interp;
use super::super::super::class::Table;
use super::super::super::convert::float_text;
use super::super::super::env::Args;
use super::super::super::flow::R;
use super::super::super::unknown::{hole, is_hole};
use super::super::super::value::{Kind, ObjId, Value};
use super::super::{Builtin, def, table};

static STATIC: &[Builtin] = &[
    def("dump", 1, 3, |i, _, a| dump(i, a.get(0))).takes_unknown(),
    // What is not known is not read: the library's own Ruby would go through all that it may be.
    def("load", 1, -1, |i, t, a| reading(i, t, a, "__load__")),
    def("safe_load", 1, -1, |i, t, a| {
        reading(i, t, a, "__safe_load__")
    }),
    def("unsafe_load", 1, -1, |i, t, a| {
        reading(i, t, a, "__unsafe_load__")
    }),
    def("load_stream", 1, -1, |i, t, a| {
        reading(i, t, a, "__load_stream__")
    }),
    def("load_file", 1, -1, outside),
    def("safe_load_file", 1, -1, outside),
    def("unsafe_load_file", 1, -1, outside),
    def("__documents__", 2, 2, super::yaml_read::documents),
];
static TABLE: Table = LazyLock::new(|| table(STATIC));

static TO_YAML: &[Builtin] = &[def("to_yaml", 0, -1, |i, v, _| dump(i, v)).takes_unknown()];
static TO_YAML_TABLE: Table = LazyLock::new(|| table(TO_YAML));

pub fn install(interp: &mut Interp) {
    let module = interp.class_named("Psych");
    interp.add_static(module, &TABLE);
    interp.add_methods(interp.core.kernel, &TO_YAML_TABLE);
}

fn reading(interp: &mut Interp, this: Value, args: &Args, method: &str) -> R {
    let mut args = args.clone();
    let source = args.get(0);
    if interp.text(source).is_none() && source.obj().is_some() && interp.responds(source, "read") {
        let text = interp.call(source, "read", &[])?;
        if let Some(first) = args.list.first_mut() {
            *first = interp.known(text)?;
        }
    }
    let text = interp.str_arg(args.get(0))?;
    if let Some(first) = args.list.first_mut() {
        *first = interp.str(text);
    }
    interp.call_with(this, method, &args)
}

fn outside(interp: &mut Interp, _: Value, args: &Args) -> R {
    let path = interp.to_text(args.get(0))?;
    Ok(interp.outside(format!("the content of {path}")))
}

fn dump(interp: &mut Interp, value: Value) -> R {
    if let Some(id) = interp.unknown_of(value) {
        return Ok(id.into());
    }
    let mut seen = BTreeMap::new();
    count(interp, value, 0, &mut seen);
    let mut writer = Writer {
        out: "---".to_owned(),
        shared: seen
            .into_iter()
            .filter(|(_, n)| *n > 1)
            .map(|(id, _)| (id, None))
            .collect(),
        anchors: 0,
    };
    match put(interp, &mut writer, value, Place::Root, -1, 0)? {
        Some(odd) => Ok(odd),
        None => {
            writer.out.push('\n');
            let origin = interp.deep_origin(value);
            Ok(interp.str(writer.out).with_origin(origin))
        }
    }
}

/// Counts how often each object is met: Psych writes the second time as an alias.
fn count(interp: &Interp, value: Value, depth: usize, seen: &mut BTreeMap<ObjId, usize>) {
    let Some(id) = value.obj().filter(|_| interp.text(value).is_none()) else {
        return;
    };
    let times = seen.entry(id).or_default();
    *times += 1;
    if *times > 1 || depth > 100 {
        return;
    }
    if let Some(items) = interp.array_items(value) {
        for item in items {
            count(interp, *item, depth + 1, seen);
        }
    } else if let Some(hash) = interp.hash_data(value) {
        for (_, v) in hash.map.values() {
            count(interp, *v, depth + 1, seen);
        }
    }
}

struct Writer {
    out: String,
    /// Objects met more than once, with their anchors.
    shared: BTreeMap<ObjId, Option<usize>>,
    anchors: usize,
}

/// Where a node stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Root,
    /// After `- `.
    Item,
    /// After `key:`.
    Value,
}

/// Writes a node; an object that has no YAML form here comes back as the unknown it makes of the whole.
fn put(
    interp: &mut Interp,
    w: &mut Writer,
    value: Value,
    place: Place,
    indent: i32,
    depth: usize,
) -> R<Option<Value>> {
    if depth > 100 {
        return Ok(Some(interp.unsupported("YAML nested too deeply")));
    }
    interp.check_len(w.out.len())?;
    if let Some(id) = interp.unknown_of(value) {
        w.out.push(' ');
        w.out.push(hole(id));
        return Ok(None);
    }
    let mut anchored = false;
    if let Some(id) = value.obj()
        && let Some(anchor) = w.shared.get_mut(&id)
    {
        if let Some(n) = anchor {
            w.out.push_str(&format!(" *{n}"));
            return Ok(None);
        }
        w.anchors += 1;
        *anchor = Some(w.anchors);
        w.out.push_str(&format!(" &{}", w.anchors));
        anchored = true;
    }
    if let Some(items) = interp.array_items(value).map(<[Value]>::to_vec) {
        if items.is_empty() {
            w.out.push_str(" []");
            return Ok(None);
        }
        // In a mapping, a sequence is not indented further.
        let own = if place == Place::Value {
            indent.max(0)
        } else {
            indent + 2
        };
        let own = if place == Place::Root { 0 } else { own };
        for (i, item) in items.into_iter().enumerate() {
            start(w, place, own, i == 0 && !anchored);
            w.out.push('-');
            if let Some(odd) = put(interp, w, item, Place::Item, own, depth + 1)? {
                return Ok(Some(odd));
            }
        }
        return Ok(None);
    }
    if interp.hash_data(value).is_some() {
        let pairs = super::super::hash::pairs(interp, value);
        if pairs.is_empty() {
            w.out.push_str(" {}");
            return Ok(None);
        }
        let own = if place == Place::Root { 0 } else { indent + 2 };
        for (i, (key, value)) in pairs.into_iter().enumerate() {
            start(w, place, own, i == 0 && !anchored);
            let before = w.out.len();
            match scalar(interp, key)? {
                Some(shown) => shown.write(&mut w.out, own, true),
                None => return Ok(Some(interp.unsupported("a YAML key of this kind"))),
            }
            // The blank before a scalar belongs to what comes before it.
            if w.out.as_bytes().get(before) == Some(&b' ') {
                w.out.remove(before);
            }
            w.out.push(':');
            if let Some(odd) = put(interp, w, value, Place::Value, own, depth + 1)? {
                return Ok(Some(odd));
            }
        }
        return Ok(None);
    }
    match scalar(interp, value)? {
        Some(shown) => {
            shown.write(&mut w.out, indent, false);
            Ok(None)
        }
        None => {
            let class = interp.class_name(interp.real_class_of(value));
            Ok(Some(interp.unsupported(format!("{class} as YAML"))))
        }
    }
}

/// The start of a line of a collection; the first entry of one in a sequence stands behind its dash.
fn start(w: &mut Writer, place: Place, indent: i32, first: bool) {
    if first && place == Place::Item {
        w.out.push(' ');
    } else {
        w.out.push('\n');
        spaces(&mut w.out, indent);
    }
}

fn spaces(out: &mut String, n: i32) {
    out.extend(std::iter::repeat_n(' ', usize::try_from(n).unwrap_or(0)));
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    Plain,
    Single,
    Double,
    Literal,
}

struct Scalar {
    text: String,
    style: Style,
}

fn scalar(interp: &mut Interp, value: Value) -> R<Option<Scalar>> {
    let plain = |text: String| Scalar {
        text,
        style: Style::Plain,
    };
    Ok(Some(match value.kind {
        Kind::Nil => plain(String::new()),
        Kind::Bool(b) => plain(b.to_string()),
        Kind::Int(n) => plain(n.to_string()),
        Kind::Float(f) if f.is_nan() => plain(".nan".to_owned()),
        Kind::Float(f) if f.is_infinite() => {
            plain(if f > 0.0 { ".inf" } else { "-.inf" }.to_owned())
        }
        Kind::Float(f) => plain(float_text(f)),
        Kind::Sym(name) => {
            let text = format!(":{name}");
            let style = Traits::of(&text).settle(Style::Plain, &text, false);
            Scalar { text, style }
        }
        _ => match interp.text(value).map(str::to_owned) {
            Some(text) => Scalar {
                style: wanted(&text),
                text,
            },
            None if interp.big_of(value).is_some() => plain(interp.to_text(value)?),
            None => return Ok(None),
        },
    }))
}

/// The style that Psych asks for.
fn wanted(text: &str) -> Style {
    let inner_break = text
        .char_indices()
        .any(|(i, c)| c == '\n' && !matches!(text.get(i + 1..), Some("" | "\n")));
    let starts_oddly = odd_start(text);
    if inner_break {
        Style::Literal
    } else if matches!(text, "y" | "Y" | "n" | "N") || starts_oddly {
        Style::Double
    } else if is_other(text) || LEADING_ZERO.is_match(text) {
        Style::Single
    } else {
        Style::Plain
    }
}

/// Ruby's `/^[^[:word:]][^"]*$/`: from the start of some line to the end of some line.
fn odd_start(text: &str) -> bool {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let rest = text.get(at..).unwrap_or("");
        at += line.len();
        let Some(first) = rest.chars().next() else {
            continue;
        };
        if first.is_alphanumeric() || first == '_' || is_hole(first) {
            continue;
        }
        let body = rest.get(first.len_utf8()..).unwrap_or("");
        // To the end of a line before any quote.
        let quote = body.find('"').unwrap_or(body.len());
        let until = body.get(..quote).unwrap_or("");
        if quote == body.len() || until.contains('\n') {
            return true;
        }
    }
    false
}

fn re(pattern: &str) -> Option<Regex> {
    Regex::new(pattern).ok()
}

struct Pattern(Option<Regex>);

impl Pattern {
    fn is_match(&self, text: &str) -> bool {
        self.0
            .as_ref()
            .is_some_and(|r| r.is_match(text).unwrap_or(false))
    }
}

static LEADING_ZERO: LazyLock<Pattern> = LazyLock::new(|| Pattern(re(r"\A0[0-7]*\.[0-9]")));
static WORDS: LazyLock<Pattern> = LazyLock::new(|| {
    Pattern(re(
        r"(?m)^[^\d.:-]?[\p{Alphabetic}_\s!@#$%\^&*(){}<>|/\\~;=]+",
    ))
});
static WORD_VALUES: LazyLock<Pattern> =
    LazyLock::new(|| Pattern(re(r"(?im)^(null|yes|true|on|no|false|off)$")));
static OTHERS: LazyLock<Vec<Pattern>> = LazyLock::new(|| {
    [
        r"(?m)^-?\d{4}-\d{1,2}-\d{1,2}(?:[Tt]|\s+)\d{1,2}:\d\d:\d\d(?:\.\d*)?(?:\s*(?:Z|[-+]\d{1,2}:?(\d\d)?))?$",
        r"(?m)^\d{4}-(?:1[012]|0\d|\d)-(?:[12]\d|3[01]|0\d|\d)$",
        r"(?im)^[-+]?\.inf$",
        r"(?im)^\.nan$",
        r"(?m)^:.",
        r"(?m)^[-+]?[0-9][0-9_]*(:[0-5]?[0-9]){1,2}$",
        r"(?m)^[-+]?[0-9][0-9_]*(:[0-5]?[0-9]){1,2}\.[0-9_]*$",
        r"(?m)^(?:[-+]?([0-9][0-9_,]*)?\.[0-9]*([eE][+-][0-9]+)?)$",
        r"(?m)^(?:[-+]?0b[01_]+|[-+]?0[0-7_]+|[-+]?(0|[1-9](?:[0-9]|,[0-9]|_[0-9])*)|[-+]?0x[0-9a-fA-F_]+)$",
    ]
    .into_iter()
    .map(|p| Pattern(re(p)))
    .collect()
});

/// Whether a plain scalar would be read as something other than a string (`ScalarScanner#tokenize`).
fn is_other(text: &str) -> bool {
    if text.is_empty() {
        return true;
    }
    if WORDS.is_match(text) || text.contains('\n') {
        return text.chars().count() <= 5 && (text == "~" || WORD_VALUES.is_match(text));
    }
    if matches!(text, "." | "-." | "+.") {
        return false;
    }
    OTHERS.iter().any(|p| p.is_match(text))
}

/// What libyaml finds in a text (`yaml_emitter_analyze_scalar`).
struct Traits {
    plain: bool,
    single: bool,
    block: bool,
}

impl Traits {
    fn of(text: &str) -> Self {
        let chars: Vec<char> = text.chars().collect();
        let blank = |i: usize| {
            chars
                .get(i)
                .is_none_or(|c| matches!(c, ' ' | '\t' | '\n' | '\r'))
        };
        let mut indicators = text.starts_with("---") || text.starts_with("...");
        let (mut breaks, mut special, mut tabs) = (false, false, false);
        let (mut space_break, mut break_space) = (false, false);
        for (i, c) in chars.iter().enumerate() {
            let before = i.checked_sub(1).and_then(|i| chars.get(i));
            indicators |= match c {
                '#' => i == 0 || blank(i - 1),
                ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%'
                | '@' | '`' => i == 0,
                ':' => blank(i + 1),
                '?' | '-' => i == 0 && blank(i + 1),
                _ => false,
            };
            match c {
                '\n' => {
                    breaks = true;
                    space_break |= before == Some(&' ');
                }
                ' ' => break_space |= before == Some(&'\n'),
                '\t' => tabs = true,
                c => special |= c.is_control() || *c == '\u{feff}',
            }
        }
        let edge = |c: Option<&char>| c.is_some_and(|c| matches!(c, ' ' | '\n'));
        let edges = edge(chars.first()) || edge(chars.last());
        let quoted = space_break || tabs || special;
        Self {
            plain: !(indicators || edges || breaks || break_space || quoted),
            single: !(break_space || quoted),
            block: !(chars.is_empty() || chars.last() == Some(&' ') || space_break || special),
        }
    }

    fn settle(&self, style: Style, text: &str, key: bool) -> Style {
        let style = match style {
            Style::Plain if !self.plain || (text.is_empty() && key) => Style::Single,
            Style::Literal if !self.block || key => Style::Double,
            other => other,
        };
        if style == Style::Single && !self.single {
            Style::Double
        } else {
            style
        }
    }
}

const WIDTH: usize = 80;

impl Scalar {
    /// Writes with the blank that comes before it.
    fn write(&self, out: &mut String, indent: i32, key: bool) {
        let inner = if indent < 0 { 2 } else { indent + 2 };
        let style = Traits::of(&self.text).settle(self.style, &self.text, key);
        if self.text.is_empty() && style == Style::Plain {
            return;
        }
        out.push(' ');
        match style {
            Style::Plain => fold(out, &self.text, inner, !key),
            Style::Single => {
                out.push('\'');
                fold(out, &self.text.replace('\'', "''"), inner, !key);
                out.push('\'');
            }
            Style::Double => {
                out.push('"');
                double(out, &self.text, inner, !key);
                out.push('"');
            }
            Style::Literal => literal(out, &self.text, inner),
        }
    }
}

fn column(out: &str) -> usize {
    let line = out.rsplit('\n').next().unwrap_or("");
    line.chars().count()
}

/// Text with breaks at single blanks once a line is full; its own breaks are doubled.
fn fold(out: &mut String, text: &str, indent: i32, allow: bool) {
    let chars: Vec<char> = text.chars().collect();
    let mut width = column(out);
    let mut breaks = false;
    for (i, c) in chars.iter().enumerate() {
        let before = i.checked_sub(1).and_then(|i| chars.get(i));
        match c {
            ' ' if allow
                && width > WIDTH
                && before.is_some_and(|c| *c != ' ')
                && chars.get(i + 1).is_some_and(|c| *c != ' ') =>
            {
                out.push('\n');
                spaces(out, indent);
                width = usize::try_from(indent).unwrap_or(0);
            }
            '\n' => {
                if !breaks {
                    out.push('\n');
                }
                out.push('\n');
                breaks = true;
            }
            c => {
                if breaks {
                    spaces(out, indent);
                    width = usize::try_from(indent).unwrap_or(0);
                    breaks = false;
                }
                out.push(*c);
                width += 1;
            }
        }
    }
    if breaks {
        spaces(out, indent);
    }
}

fn double(out: &mut String, text: &str, indent: i32, allow: bool) {
    let chars: Vec<char> = text.chars().collect();
    let mut width = column(out);
    let mut spaced = false;
    for (i, c) in chars.iter().enumerate() {
        let escape = match c {
            '"' => Some("\\\"".to_owned()),
            '\\' => Some("\\\\".to_owned()),
            '\n' => Some("\\n".to_owned()),
            '\t' => Some("\\t".to_owned()),
            '\r' => Some("\\r".to_owned()),
            '\u{1b}' => Some("\\e".to_owned()),
            '\0' => Some("\\0".to_owned()),
            '\u{7}' => Some("\\a".to_owned()),
            '\u{8}' => Some("\\b".to_owned()),
            '\u{b}' => Some("\\v".to_owned()),
            '\u{c}' => Some("\\f".to_owned()),
            c if c.is_control() => Some(format!("\\x{:02X}", u32::from(*c))),
            _ => None,
        };
        if *c == ' ' && allow && !spaced && width > WIDTH && i > 0 && i + 1 < chars.len() {
            out.push('\n');
            spaces(out, indent);
            width = usize::try_from(indent).unwrap_or(0);
            if chars.get(i + 1) == Some(&' ') {
                out.push('\\');
                width += 1;
            }
            spaced = true;
            continue;
        }
        spaced = *c == ' ';
        match escape {
            Some(escape) => {
                width += escape.chars().count();
                out.push_str(&escape);
            }
            None => {
                width += 1;
                out.push(*c);
            }
        }
    }
}

fn literal(out: &mut String, text: &str, indent: i32) {
    out.push('|');
    if text.starts_with([' ', '\n']) {
        out.push('2');
    }
    if !text.ends_with('\n') {
        out.push('-');
    } else if text == "\n" || text.ends_with("\n\n") {
        out.push('+');
    }
    let body = text.strip_suffix('\n').unwrap_or(text);
    for line in body.split('\n') {
        out.push('\n');
        if !line.is_empty() {
            spaces(out, indent);
            out.push_str(line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let mut out = "---".to_owned();
        let scalar = Scalar {
            style: wanted(text),
            text: text.to_owned(),
        };
        scalar.write(&mut out, -1, false);
        out
    }

    #[test]
    fn strings_take_the_style_that_reads_back_as_a_string() {
        insta::assert_snapshot!(shown("web.example.net"), @"--- web.example.net");
        insta::assert_snapshot!(shown("/var/log"), @r#"--- "/var/log""#);
        insta::assert_snapshot!(shown("1.2"), @"--- '1.2'");
        insta::assert_snapshot!(shown("1.2.3"), @"--- 1.2.3");
        insta::assert_snapshot!(shown("10.0.0.1:80"), @"--- 10.0.0.1:80");
        insta::assert_snapshot!(shown("0644"), @"--- '0644'");
        insta::assert_snapshot!(shown("12:30"), @"--- '12:30'");
        insta::assert_snapshot!(shown("off"), @"--- 'off'");
        insta::assert_snapshot!(shown("offer"), @"--- offer");
        insta::assert_snapshot!(shown("2024-05-01"), @"--- '2024-05-01'");
        insta::assert_snapshot!(shown("y"), @r#"--- "y""#);
        insta::assert_snapshot!(shown("a: b"), @"--- 'a: b'");
        insta::assert_snapshot!(shown("a #b"), @"--- 'a #b'");
        insta::assert_snapshot!(shown("a\tb"), @r#"--- "a\tb""#);
        insta::assert_snapshot!(shown("a\nb"), @"
        --- |-
          a
          b
        ");
        insta::assert_snapshot!(shown(&"word ".repeat(20)), @"
        --- 'word word word word word word word word word word word word word word word word
          word word word word '
        ");
    }
}
