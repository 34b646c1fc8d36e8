//! `JSON`, as version 2.6 of the gem reads and writes it.

use std::sync::LazyLock;

use super::super::super::Interp;
use super::super::super::class::Table;
use super::super::super::convert::float_text;
use super::super::super::env::Args;
use super::super::super::flow::{Flow, R};
use super::super::super::object::Hash;
use super::super::super::unknown::hole;
use super::super::super::value::{Kind, Value};
use super::super::{Builtin, def, table};

static STATIC: &[Builtin] = &[
    def("dump", 1, 3, generate).takes_unknown(),
    def("generate", 1, 2, generate).takes_unknown(),
    def("load", 1, 3, parse),
    def("parse", 1, 2, parse),
    def("parse!", 1, 2, parse),
    def("pretty_generate", 1, 2, pretty_generate).takes_unknown(),
];
static TABLE: Table = LazyLock::new(|| table(STATIC));

static TO_JSON: &[Builtin] = &[def("to_json", 0, -1, to_json).takes_unknown()];
static TO_JSON_TABLE: Table = LazyLock::new(|| table(TO_JSON));

pub(super) fn install(interp: &mut Interp) {
    let json = interp.define_module("JSON");
    interp.add_static(json, &TABLE);
    let parent = interp.core.standard_error;
    let error = interp.define_class("JSON::JSONError", parent);
    let parser = interp.define_class("JSON::ParserError", error);
    interp.define_class("JSON::NestingError", parser);
    interp.define_class("JSON::GeneratorError", error);
    interp.add_methods(interp.core.kernel, &TO_JSON_TABLE);
}

/// How a text is laid out.
#[derive(Clone, Copy)]
struct Layout {
    pretty: bool,
}

fn generate(interp: &mut Interp, _: Value, args: &Args) -> R {
    write(interp, args.get(0), Layout { pretty: false })
}

fn pretty_generate(interp: &mut Interp, _: Value, args: &Args) -> R {
    write(interp, args.get(0), Layout { pretty: true })
}

fn to_json(interp: &mut Interp, this: Value, _: &Args) -> R {
    write(interp, this, Layout { pretty: false })
}

fn write(interp: &mut Interp, value: Value, layout: Layout) -> R {
    let mut out = String::new();
    put(interp, value, layout, 0, &mut out)?;
    Ok(interp.str(out))
}

fn error(interp: &mut Interp, class: &str, message: String) -> Flow {
    let class = interp.class_named(class);
    interp.error(class, message)
}

fn put(interp: &mut Interp, value: Value, layout: Layout, depth: usize, out: &mut String) -> R<()> {
    if depth > 100 {
        return Err(error(
            interp,
            "JSON::NestingError",
            format!("nesting of {depth} is too deep"),
        ));
    }
    interp.check_len(out.len())?;
    if let Some(id) = interp.unknown_of(value) {
        out.push(hole(id));
        return Ok(());
    }
    match value.kind {
        Kind::Nil => out.push_str("null"),
        Kind::Bool(_) | Kind::Int(_) => out.push_str(&interp.to_text(value)?),
        Kind::Float(f) if !f.is_finite() => {
            let text = float_text(f);
            return Err(error(
                interp,
                "JSON::GeneratorError",
                format!("920: {text} not allowed in JSON"),
            ));
        }
        Kind::Float(f) => out.push_str(&float_text(f)),
        _ => {
            if let Some(items) = interp.array_items(value).map(<[Value]>::to_vec) {
                let parts = items.into_iter().map(|v| (None, v)).collect();
                return put_parts(interp, parts, ('[', ']'), layout, depth, out);
            }
            if interp.hash_data(value).is_some() {
                let mut parts = Vec::new();
                for (key, value) in super::super::hash::pairs(interp, value) {
                    parts.push((Some(interp.to_text(key)?), value));
                }
                return put_parts(interp, parts, ('{', '}'), layout, depth, out);
            }
            if depth > 0 && interp.text_or_sym(value).is_none() {
                let class = interp.class_of(value);
                let name = foretaste_parser::name::Name::new("to_json");
                let own = interp.classes.find(class, name);
                if own.is_some_and(|f| f.owner != interp.core.kernel) {
                    let text = interp.call(value, "to_json", &[])?;
                    out.push_str(&interp.to_text(text)?);
                    return Ok(());
                }
            }
            let text = interp.to_text(value)?;
            quote(&text, out);
        }
    }
    Ok(())
}

fn put_parts(
    interp: &mut Interp,
    parts: Vec<(Option<String>, Value)>,
    (open, close): (char, char),
    layout: Layout,
    depth: usize,
    out: &mut String,
) -> R<()> {
    out.push(open);
    let empty = parts.is_empty();
    for (i, (key, value)) in parts.into_iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        if layout.pretty {
            out.push('\n');
            out.push_str(&"  ".repeat(depth + 1));
        }
        if let Some(key) = key {
            quote(&key, out);
            out.push_str(if layout.pretty { ": " } else { ":" });
        }
        put(interp, value, layout, depth + 1, out)?;
    }
    // Version 2.6 leaves an empty line in an empty array, and none in an empty hash.
    if layout.pretty && empty && open == '[' {
        out.push('\n');
    }
    if layout.pretty {
        out.push('\n');
        out.push_str(&"  ".repeat(depth));
    }
    out.push(close);
    Ok(())
}

fn quote(text: &str, out: &mut String) {
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
            c if (c as u32) < 0x20 => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
}

fn parse(interp: &mut Interp, _: Value, args: &Args) -> R {
    if args.get(0).is_nil() {
        return Err(interp.type_error("no implicit conversion of nil into String"));
    }
    let text = interp.str_arg(args.get(0))?;
    let symbols = match interp.keyword(args, "symbolize_names") {
        Some(v) => interp.truth(v)?,
        None => false,
    };
    let mut stream = serde_json::Deserializer::from_str(&text).into_iter::<serde_json::Value>();
    let first = stream.next();
    let end = stream.byte_offset();
    let rest = text.get(end..).unwrap_or_default();
    match first {
        Some(Ok(json)) if rest.trim().is_empty() => read(interp, &json, symbols),
        // Comments and NaN are beyond serde_json; the gem takes the former.
        _ if text.contains("/*") || text.contains("//") => {
            Err(interp.not_supported("JSON with comments"))
        }
        Some(Ok(_)) => {
            let rest = rest.trim_start();
            Err(error(
                interp,
                "JSON::ParserError",
                format!("unexpected token at '{rest}'"),
            ))
        }
        Some(Err(_)) => {
            let rest = unexpected(&text);
            Err(error(
                interp,
                "JSON::ParserError",
                format!("unexpected token at '{rest}'"),
            ))
        }
        None => Err(error(
            interp,
            "JSON::ParserError",
            "unexpected token at ''".into(),
        )),
    }
}

/// Where the gem's parser stops: the value that it could not read.
fn unexpected(text: &str) -> &str {
    text.trim_start()
}

fn read(interp: &mut Interp, json: &serde_json::Value, symbols: bool) -> R {
    interp.spend(1)?;
    match json {
        serde_json::Value::Null => Ok(Value::NIL),
        serde_json::Value::Bool(b) => Ok((*b).into()),
        serde_json::Value::Number(n) => match (n.as_i64(), n.as_f64()) {
            (Some(n), _) => Ok(n.into()),
            (None, _) if !n.to_string().contains(['.', 'e', 'E']) => {
                let text = interp.str(n.to_string());
                interp.call(text, "to_i", &[])
            }
            (None, Some(f)) => Ok(f.into()),
            (None, None) => Err(interp.not_supported("a number of JSON")),
        },
        serde_json::Value::String(s) => Ok(interp.str(s.as_str())),
        serde_json::Value::Array(items) => {
            let mut out = Vec::with_capacity(items.len());
            for item in items {
                out.push(read(interp, item, symbols)?);
            }
            Ok(interp.array(out))
        }
        serde_json::Value::Object(pairs) => {
            let mut hash = Hash::default();
            for (key, value) in pairs {
                let value = read(interp, value, symbols)?;
                let key = if symbols {
                    Value::sym(key)
                } else {
                    interp.str(key.as_str())
                };
                super::super::hash::put(interp, &mut hash, key, value)?;
            }
            Ok(interp.hash(hash))
        }
    }
}
