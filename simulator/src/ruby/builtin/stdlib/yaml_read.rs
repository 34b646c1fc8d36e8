//! Parsing YAML into nodes for the library's own Ruby: `[kind, anchor, tag, content, plain]`.
//!
//! The parser follows YAML 1.2 where libyaml follows 1.1; what differs is mostly what scalars mean, which the
//! library decides.

use saphyr_parser::{Event, Parser, ScalarStyle, Tag};

use super::super::super::Interp;
use super::super::super::env::Args;
use super::super::super::flow::R;
use super::super::super::value::Value;

/// Nodes nested deeper than this are refused.
const MAX_DEPTH: usize = 200;

/// A collection that is being read.
struct Open {
    kind: &'static str,
    anchor: Value,
    tag: Value,
    items: Vec<Value>,
}

/// `Psych.__documents__(text, file)`: the root node of each document.
pub fn documents(interp: &mut Interp, this: Value, args: &Args) -> R {
    let text = interp.str_arg(args.get(0))?;
    interp.known(args.get(0))?;
    interp.spend(text.len() / 8)?;
    let mut documents = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    let mut names: Vec<String> = anchors(&text);
    names.dedup();
    for event in Parser::new_from_str(&text) {
        let event = match event {
            Ok((event, _)) => event,
            Err(error) => {
                let info = error.info();
                if info.contains("anchor") || info.contains("alias") {
                    let name = unknown_alias(&text, error.marker().index());
                    let class = interp.class_named("Psych::BadAlias");
                    return Err(interp.error(class, format!("Unknown alias: {name}")));
                }
                let (line, column) = (error.marker().line(), error.marker().col());
                let class = interp.class_named("Psych::SyntaxError");
                let class = interp.class_value(class);
                let problem = interp.str(info);
                let (line, column) = (Value::count(line), Value::count(column + 1));
                let made = interp.call(class, "new", &[args.get(1), line, column, problem])?;
                return super::super::kernel::raise(interp, this, &Args::of(&[made]));
            }
        };
        interp.spend(1)?;
        let node = match event {
            Event::Scalar(text, style, anchor, tag) => {
                let plain = matches!(style, ScalarStyle::Plain);
                let content = interp.str(text.into_owned());
                let tag = tag_value(interp, tag.as_deref());
                let kind = interp.str("scalar");
                let parts = vec![kind, anchor_value(anchor), tag, content, plain.into()];
                interp.array(parts)
            }
            Event::Alias(anchor) => {
                let name = names
                    .get(anchor.wrapping_sub(1))
                    .cloned()
                    .unwrap_or_default();
                let (kind, name) = (interp.str("alias"), interp.str(name));
                interp.array(vec![kind, anchor_value(anchor), Value::NIL, name])
            }
            Event::SequenceStart(anchor, tag) => {
                let tag = tag_value(interp, tag.as_deref());
                open.push(Open {
                    kind: "seq",
                    anchor: anchor_value(anchor),
                    tag,
                    items: Vec::new(),
                });
                if open.len() > MAX_DEPTH {
                    return Err(interp.halt("YAML nested too deeply"));
                }
                continue;
            }
            Event::MappingStart(anchor, tag) => {
                let tag = tag_value(interp, tag.as_deref());
                open.push(Open {
                    kind: "map",
                    anchor: anchor_value(anchor),
                    tag,
                    items: Vec::new(),
                });
                if open.len() > MAX_DEPTH {
                    return Err(interp.halt("YAML nested too deeply"));
                }
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some(done) => closed(interp, done),
                None => continue,
            },
            _ => continue,
        };
        match open.last_mut() {
            Some(parent) => parent.items.push(node),
            None => documents.push(node),
        }
    }
    Ok(interp.array(documents))
}

fn closed(interp: &mut Interp, done: Open) -> Value {
    let content = if done.kind == "map" {
        let pairs = done
            .items
            .chunks(2)
            .map(|pair| interp.array(pair.to_vec()))
            .collect();
        interp.array(pairs)
    } else {
        interp.array(done.items)
    };
    let kind = interp.str(done.kind);
    interp.array(vec![kind, done.anchor, done.tag, content])
}

fn anchor_value(anchor: usize) -> Value {
    if anchor == 0 {
        Value::NIL
    } else {
        Value::count(anchor)
    }
}

fn tag_value(interp: &mut Interp, tag: Option<&Tag>) -> Value {
    match tag {
        Some(tag) => interp.str(format!("{}{}", tag.handle, tag.suffix)),
        None => Value::NIL,
    }
}

/// The names of the anchors in the order of the text.
fn anchors(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut before = ' ';
    for (i, c) in text.char_indices() {
        if c == '&' && (before.is_whitespace() || matches!(before, '[' | '{' | ',')) {
            let name = text.get(i + 1..).unwrap_or_default();
            let end = name
                .find(|c: char| c.is_whitespace() || matches!(c, ',' | ']' | '}'))
                .unwrap_or(name.len());
            out.push(name.get(..end).unwrap_or_default().to_owned());
        }
        before = c;
    }
    out
}

/// The name of the alias near a place that could not be read.
fn unknown_alias(text: &str, at: usize) -> String {
    let chars: Vec<char> = text.chars().collect();
    let star = chars
        .iter()
        .take(at.saturating_add(1).min(chars.len()))
        .rposition(|c| *c == '*')
        .or_else(|| chars.iter().position(|c| *c == '*'));
    let Some(star) = star else {
        return String::new();
    };
    chars
        .iter()
        .skip(star + 1)
        .take_while(|c| !c.is_whitespace() && !matches!(c, ',' | ']' | '}'))
        .collect()
}
