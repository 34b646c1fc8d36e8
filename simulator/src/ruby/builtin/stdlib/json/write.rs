//! Writing JSON.

use foretaste_parser::name::Name;

use super::super::super::super::Interp;
use super::super::super::super::call::Form;
use super::super::super::super::convert::float_text;
use super::super::super::super::encoding::stray_byte;
use super::super::super::super::env::Args;
use super::super::super::super::flow::R;
use super::super::super::super::unknown::{hole, is_hole};
use super::super::super::super::value::{Kind, Value};
use super::error;

/// How a text is laid out.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    pub indent: String,
    pub space: String,
    pub space_before: String,
    pub object_nl: String,
    pub array_nl: String,
    pub allow_nan: bool,
    pub ascii_only: bool,
    pub script_safe: bool,
    pub max_nesting: usize,
}

impl Layout {
    pub fn pretty() -> Self {
        Self {
            indent: "  ".into(),
            space: " ".into(),
            object_nl: "\n".into(),
            array_nl: "\n".into(),
            ..Self::default()
        }
    }
}

/// `JSON::State`: a layout, and how deep the text stands.
#[derive(Clone, Debug)]
pub struct State {
    layout: Layout,
    depth: usize,
}

impl State {
    pub fn new(mut layout: Layout) -> Self {
        if layout.max_nesting == 0 {
            layout.max_nesting = 100;
        }
        Self { layout, depth: 0 }
    }
}

/// Deeper than any limit of the gem's that a program lifts.
const MAX_DEPTH: usize = 1_000;

/// Writes a value as a text of its own, by its `to_json` where it has one.
pub fn whole(interp: &mut Interp, value: Value, state: State) -> R {
    let mut out = String::new();
    put(interp, value, &state, &mut out)?;
    Ok(interp.str(out))
}

/// Writes a value as JSON's own classes are written, leaving its `to_json` aside.
pub fn plain(interp: &mut Interp, value: Value, state: &State) -> R {
    let mut out = String::new();
    put_plain(interp, value, state, &mut out)?;
    Ok(interp.str(out))
}

fn put(interp: &mut Interp, value: Value, state: &State, out: &mut String) -> R<()> {
    interp.check_len(out.len())?;
    interp.spend(1)?;
    if value.obj().is_some() && interp.unknown_of(value).is_none() {
        let class = interp.class_of(value);
        let name = Name::new("to_json");
        let own = interp.classes.find(class, name);
        if own.is_some_and(|f| f.owner != interp.core.kernel) {
            let class = interp.class_named("JSON::Ext::Generator::State");
            let state = interp.new_host(class, state.clone());
            let text = interp.send(value, name, Args::of(&[state]), Form::Own)?;
            out.push_str(&interp.to_text(text)?);
            return Ok(());
        }
    }
    put_plain(interp, value, state, out)
}

fn put_plain(interp: &mut Interp, value: Value, state: &State, out: &mut String) -> R<()> {
    if let Some(id) = interp.unknown_of(value) {
        out.push(hole(id));
        return Ok(());
    }
    match value.kind {
        Kind::Nil => out.push_str("null"),
        Kind::Bool(_) | Kind::Int(_) => out.push_str(&interp.to_text(value)?),
        Kind::Float(f) if !f.is_finite() && !state.layout.allow_nan => {
            let line = if f.is_nan() { 1003 } else { 1000 };
            let message = format!("{line}: {} not allowed in JSON", float_text(f));
            return Err(error(interp, "JSON::GeneratorError", message));
        }
        Kind::Float(f) => out.push_str(&float_text(f)),
        _ => {
            if let Some(items) = interp.array_items(value).map(<[Value]>::to_vec) {
                return put_array(interp, items, state, out);
            }
            if interp.hash_data(value).is_some() {
                return put_object(interp, value, state, out);
            }
            let text = interp.to_text(value)?;
            if interp.big_of(value).is_some() {
                out.push_str(&text);
            } else if interp.is_malformed(value) {
                let cut = text
                    .chars()
                    .last()
                    .is_some_and(|c| stray_byte(c).is_some_and(|b| b >= 0xc2));
                let message = match cut {
                    true => "partial character in source, but hit end",
                    false => "source sequence is illegal/malformed utf-8",
                };
                return Err(error(interp, "JSON::GeneratorError", message));
            } else {
                quote(&text, &state.layout, out);
            }
        }
    }
    Ok(())
}

/// One level deeper.
fn inside(interp: &mut Interp, state: &State) -> R<State> {
    let depth = state.depth + 1;
    if depth > state.layout.max_nesting {
        let message = format!("nesting of {} is too deep", state.depth);
        return Err(error(interp, "JSON::NestingError", message));
    }
    if depth > MAX_DEPTH {
        return Err(interp.halt("JSON nested too deeply"));
    }
    Ok(State {
        layout: state.layout.clone(),
        depth,
    })
}

fn put_array(interp: &mut Interp, items: Vec<Value>, state: &State, out: &mut String) -> R<()> {
    let inner = inside(interp, state)?;
    let layout = &state.layout;
    out.push('[');
    out.push_str(&layout.array_nl);
    for (i, item) in items.into_iter().enumerate() {
        if i > 0 {
            out.push(',');
            out.push_str(&layout.array_nl);
        }
        out.push_str(&layout.indent.repeat(inner.depth));
        put(interp, item, &inner, out)?;
    }
    if !layout.array_nl.is_empty() {
        out.push_str(&layout.array_nl);
        out.push_str(&layout.indent.repeat(state.depth));
    }
    out.push(']');
    Ok(())
}

fn put_object(interp: &mut Interp, value: Value, state: &State, out: &mut String) -> R<()> {
    let inner = inside(interp, state)?;
    let layout = &state.layout;
    out.push('{');
    for (i, (key, value)) in super::super::super::hash::pairs(interp, value)
        .into_iter()
        .enumerate()
    {
        if i > 0 {
            out.push(',');
        }
        out.push_str(&layout.object_nl);
        out.push_str(&layout.indent.repeat(inner.depth));
        let key = interp.to_text(key)?;
        quote(&key, layout, out);
        out.push_str(&layout.space_before);
        out.push(':');
        out.push_str(&layout.space);
        put(interp, value, &inner, out)?;
    }
    if !layout.object_nl.is_empty() {
        out.push_str(&layout.object_nl);
        out.push_str(&layout.indent.repeat(state.depth));
    }
    out.push('}');
    Ok(())
}

fn quote(text: &str, layout: &Layout, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '/' if layout.script_safe => out.push_str("\\/"),
            '\u{2028}' if layout.script_safe => out.push_str("\\u2028"),
            '\u{2029}' if layout.script_safe => out.push_str("\\u2029"),
            c if (c as u32) < 0x20 => out.push_str(&format!("\\u{:04x}", c as u32)),
            c if layout.ascii_only && !c.is_ascii() && !is_hole(c) => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
            c => out.push(c),
        }
    }
    out.push('"');
}
