//! `Gem::Version` and `Gem::Requirement`, as RubyGems compares them.

use std::cmp::Ordering;
use std::sync::LazyLock;

use super::super::super::Interp;
use super::super::super::class::Table;
use super::super::super::env::Args;
use super::super::super::flow::R;
use super::super::super::value::Value;
use super::super::{Builtin, def, table};

#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    Number(u64),
    Text(String),
}

#[derive(Clone, Debug)]
struct Version {
    text: String,
    segments: Vec<Segment>,
}

#[derive(Clone, Debug)]
struct Requirement(Vec<(&'static str, Version)>);

static VERSION: &[Builtin] = &[
    def("<=>", 1, 1, |i, t, a| {
        match (version(i, t), given(i, a.get(0))?) {
            (Some(x), Some(y)) => Ok((order(&x, &y) as i64).into()),
            _ => Ok(Value::NIL),
        }
    }),
    def("approximate_recommendation", 0, 0, |i, t, _| {
        with(i, t, |i, v| {
            let kept: Vec<Segment> = release(&v)
                .into_iter()
                .chain([Segment::Number(0)])
                .take(2)
                .collect();
            let suffix = if is_prerelease(&v) { ".a" } else { "" };
            Ok(i.str(format!("~> {}{suffix}", join(&kept))))
        })
    }),
    def("bump", 0, 0, |i, t, _| {
        with(i, t, |i, v| {
            let bumped = bump(&v);
            Ok(new_version(i, bumped))
        })
    }),
    def("eql?", 1, 1, |i, t, a| {
        Ok(match (version(i, t), version(i, a.get(0))) {
            (Some(x), Some(y)) => (x.segments == y.segments).into(),
            _ => Value::FALSE,
        })
    }),
    def("hash", 0, 0, |i, t, _| {
        with(i, t, |_, v| {
            Ok(super::super::string::hash_text(&join(&canonical(&v))).into())
        })
    }),
    def("inspect", 0, 0, |i, t, _| {
        with(i, t, |i, v| {
            Ok(i.str(format!("#<Gem::Version {:?}>", v.text)))
        })
    }),
    def("prerelease?", 0, 0, |i, t, _| {
        with(i, t, |_, v| Ok(is_prerelease(&v).into()))
    }),
    def("release", 0, 0, |i, t, _| {
        with(i, t, |i, v| {
            let made = if is_prerelease(&v) {
                from_segments(release(&v))
            } else {
                v
            };
            Ok(new_version(i, made))
        })
    }),
    def("segments", 0, 0, |i, t, _| {
        with(i, t, |i, v| {
            let list = v
                .segments
                .iter()
                .map(|s| match s {
                    Segment::Number(n) => Value::count(*n as usize),
                    Segment::Text(t) => i.str(t.as_str()),
                })
                .collect();
            Ok(i.array(list))
        })
    }),
    def("to_s", 0, 0, |i, t, _| with(i, t, |i, v| Ok(i.str(v.text)))),
    def("version", 0, 0, |i, t, _| {
        with(i, t, |i, v| Ok(i.str(v.text)))
    }),
];
static VERSION_TABLE: Table = LazyLock::new(|| table(VERSION));

static VERSION_STATIC: &[Builtin] = &[
    def("correct?", 1, 1, |i, _, a| {
        let text = i.to_text(a.get(0))?;
        Ok(read(&text).is_some().into())
    }),
    def("create", 1, 1, create),
    def("new", 1, 1, |i, _, a| {
        let made = parse(i, a.get(0))?;
        Ok(new_version(i, made))
    }),
];
static VERSION_STATIC_TABLE: Table = LazyLock::new(|| table(VERSION_STATIC));

static REQUIREMENT: &[Builtin] = &[
    def("===", 1, 1, satisfied),
    def("=~", 1, 1, satisfied),
    def("satisfied_by?", 1, 1, satisfied),
    def("to_s", 0, 0, |i, t, _| {
        let list = i.host_data::<Requirement>(t).cloned();
        let parts: Vec<String> = list
            .map(|r| {
                r.0.iter()
                    .map(|(op, v)| format!("{op} {}", v.text))
                    .collect()
            })
            .unwrap_or_default();
        Ok(i.str(parts.join(", ")))
    }),
];
static REQUIREMENT_TABLE: Table = LazyLock::new(|| table(REQUIREMENT));

static REQUIREMENT_STATIC: &[Builtin] = &[
    def("new", 0, -1, requirement),
    def("create", 0, -1, requirement),
];
static REQUIREMENT_STATIC_TABLE: Table = LazyLock::new(|| table(REQUIREMENT_STATIC));

pub(super) fn install(interp: &mut Interp) {
    interp.define_module("Gem");
    let object = interp.core.object;
    let class = interp.define_class("Gem::Version", object);
    interp.include(class, interp.core.comparable);
    interp.add_methods(class, &VERSION_TABLE);
    interp.add_static(class, &VERSION_STATIC_TABLE);
    let class = interp.define_class("Gem::Requirement", object);
    interp.add_methods(class, &REQUIREMENT_TABLE);
    interp.add_static(class, &REQUIREMENT_STATIC_TABLE);
    let parent = interp.core.argument_error;
    interp.define_class("Gem::Requirement::BadRequirementError", parent);
}

fn version(interp: &Interp, value: Value) -> Option<Version> {
    interp.host_data::<Version>(value).cloned()
}

fn with(interp: &mut Interp, this: Value, f: impl FnOnce(&mut Interp, Version) -> R) -> R {
    match version(interp, this) {
        Some(v) => f(interp, v),
        None => Ok(Value::NIL),
    }
}

fn new_version(interp: &mut Interp, version: Version) -> Value {
    let class = interp.class_named("Gem::Version");
    interp.new_host(class, version)
}

fn create(interp: &mut Interp, _: Value, args: &Args) -> R {
    let value = args.get(0);
    if value.is_nil() || version(interp, value).is_some() {
        return Ok(value);
    }
    let made = parse(interp, value)?;
    Ok(new_version(interp, made))
}

/// A version, or a text that is one.
fn given(interp: &mut Interp, value: Value) -> R<Option<Version>> {
    match (version(interp, value), interp.text(value).is_some()) {
        (Some(v), _) => Ok(Some(v)),
        (None, true) => parse(interp, value).map(Some),
        (None, false) => Ok(None),
    }
}

fn parse(interp: &mut Interp, value: Value) -> R<Version> {
    if let Some(v) = version(interp, value) {
        return Ok(v);
    }
    let text = interp.to_text(value)?;
    match read(&text) {
        Some(v) => Ok(v),
        None => Err(interp.argument_error(format!("Malformed version number string {text}"))),
    }
}

fn read(text: &str) -> Option<Version> {
    let text = text.trim();
    let text = if text.is_empty() { "0" } else { text };
    let (main, pre) = match text.split_once('-') {
        Some((main, pre)) => (main, Some(pre)),
        None => (text, None),
    };
    let mut parts = main.split('.');
    let first = parts.next()?;
    let word = |p: &str, dash: bool| {
        !p.is_empty()
            && p.chars()
                .all(|c| c.is_ascii_alphanumeric() || (dash && c == '-'))
    };
    let ok = !first.is_empty()
        && first.chars().all(|c| c.is_ascii_digit())
        && parts.all(|p| word(p, false))
        && pre.is_none_or(|p| p.split('.').all(|p| word(p, true)));
    if !ok {
        return None;
    }
    let text = text.replace('-', ".pre.");
    let mut segments = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let digit = c.is_ascii_digit();
        if !c.is_ascii_alphanumeric() {
            continue;
        }
        let mut run = String::from(c);
        while let Some(c) =
            chars.next_if(|c| c.is_ascii_alphanumeric() && c.is_ascii_digit() == digit)
        {
            run.push(c);
        }
        segments.push(match run.parse() {
            Ok(n) if digit => Segment::Number(n),
            _ => Segment::Text(run),
        });
    }
    Some(Version { text, segments })
}

fn join(segments: &[Segment]) -> String {
    let parts: Vec<String> = segments
        .iter()
        .map(|s| match s {
            Segment::Number(n) => n.to_string(),
            Segment::Text(t) => t.clone(),
        })
        .collect();
    parts.join(".")
}

fn from_segments(segments: Vec<Segment>) -> Version {
    Version {
        text: join(&segments),
        segments,
    }
}

fn is_prerelease(v: &Version) -> bool {
    v.segments.iter().any(|s| matches!(s, Segment::Text(_)))
}

/// The numbers before the first letters.
fn release(v: &Version) -> Vec<Segment> {
    v.segments
        .iter()
        .take_while(|s| matches!(s, Segment::Number(_)))
        .cloned()
        .collect()
}

fn bump(v: &Version) -> Version {
    let mut segments = release(v);
    if segments.len() > 1 {
        segments.pop();
    }
    if let Some(Segment::Number(n)) = segments.last_mut() {
        *n = n.saturating_add(1);
    }
    from_segments(segments)
}

/// Without zeros at the end of the numbers and of the whole.
fn canonical(v: &Version) -> Vec<Segment> {
    let zero = |s: Option<&Segment>| s == Some(&Segment::Number(0));
    let mut numbers = release(v);
    let mut rest: Vec<Segment> = v.segments.iter().skip(numbers.len()).cloned().collect();
    for part in [&mut numbers, &mut rest] {
        while zero(part.last()) {
            part.pop();
        }
    }
    numbers.extend(rest);
    numbers
}

fn order(a: &Version, b: &Version) -> Ordering {
    let (a, b) = (canonical(a), canonical(b));
    for i in 0..a.len().max(b.len()) {
        let zero = Segment::Number(0);
        let (x, y) = (a.get(i).unwrap_or(&zero), b.get(i).unwrap_or(&zero));
        let order = match (x, y) {
            (Segment::Number(x), Segment::Number(y)) => x.cmp(y),
            (Segment::Text(x), Segment::Text(y)) => x.cmp(y),
            (Segment::Text(_), Segment::Number(_)) => Ordering::Less,
            (Segment::Number(_), Segment::Text(_)) => Ordering::Greater,
        };
        if order != Ordering::Equal {
            return order;
        }
    }
    Ordering::Equal
}

fn requirement(interp: &mut Interp, _: Value, args: &Args) -> R {
    let mut list = Vec::new();
    let mut todo: Vec<Value> = args.list.iter().rev().copied().collect();
    while let Some(item) = todo.pop() {
        if let Some(items) = interp.array_items(item) {
            todo.extend(items.iter().rev());
            continue;
        }
        if let Some(Requirement(parts)) = interp.host_data::<Requirement>(item).cloned() {
            list.extend(parts);
            continue;
        }
        if item.is_nil() {
            continue;
        }
        if let Some(v) = version(interp, item) {
            list.push(("=", v));
            continue;
        }
        let text = interp.str_arg(item)?;
        let trimmed = text.trim();
        let op = ["!=", ">=", "<=", "~>", "=", ">", "<"]
            .into_iter()
            .find(|op| trimmed.starts_with(op));
        let number = trimmed
            .strip_prefix(op.unwrap_or(""))
            .unwrap_or(trimmed)
            .trim();
        match read(number).filter(|_| !number.is_empty()) {
            Some(v) => list.push((op.unwrap_or("="), v)),
            None => {
                let class = interp.class_named("Gem::Requirement::BadRequirementError");
                let shown = interp.inspect(item)?;
                return Err(interp.error(class, format!("Illformed requirement [{shown}]")));
            }
        }
    }
    if list.is_empty() {
        list.extend(read("0").map(|v| (">=", v)));
    }
    let class = interp.class_named("Gem::Requirement");
    Ok(interp.new_host(class, Requirement(list)))
}

fn satisfied(interp: &mut Interp, this: Value, args: &Args) -> R {
    let Some(v) = given(interp, args.get(0))? else {
        let shown = interp.inspect(args.get(0))?;
        return Err(interp.argument_error(format!("Need a Gem::Version: {shown}")));
    };
    let list = interp.host_data::<Requirement>(this).cloned();
    let all = list.is_none_or(|r| {
        r.0.iter().all(|(op, want)| {
            let o = order(&v, want);
            match *op {
                "=" => o.is_eq(),
                "!=" => o.is_ne(),
                ">" => o.is_gt(),
                "<" => o.is_lt(),
                ">=" => o.is_ge(),
                "<=" => o.is_le(),
                // At least this, and below the next of one level up.
                _ => o.is_ge() && order(&from_segments(release(&v)), &bump(want)).is_lt(),
            }
        })
    });
    Ok(all.into())
}
