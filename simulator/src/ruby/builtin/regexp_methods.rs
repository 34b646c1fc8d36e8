//! Native methods of `Regexp` and `MatchData`.

use std::rc::Rc;
use std::sync::LazyLock;

use foretaste_parser::ruby::ast::RegexFlags;

use super::super::Interp;
use super::super::class::Table;
use super::super::env::Args;
use super::super::flow::R;
use super::super::object::{Hash, Match};
use super::super::value::{Kind, Value};
use super::string::{byte_at, char_at};
use super::{Builtin, def, table};

static REGEXP: &[Builtin] = &[
    def("==", 1, 1, eq),
    def("===", 1, 1, case_eq),
    def("=~", 1, 1, match_op),
    def("casefold?", 0, 0, |i, t, _| {
        Ok(i.regex_of(t).is_some_and(|r| r.flags.ignore_case).into())
    }),
    def("eql?", 1, 1, eq),
    def("hash", 0, 0, |i, t, _| {
        let source = i.regex_of(t).map(|r| r.source.clone()).unwrap_or_default();
        Ok(super::string::hash_text(&source).into())
    }),
    def("inspect", 0, 0, inspect),
    def("match", 1, 2, match_method),
    def("match?", 1, 2, is_match),
    def("named_captures", 0, 0, named_groups),
    def("names", 0, 0, |i, t, _| {
        let names = i.regex_of(t).map(|r| r.names.clone()).unwrap_or_default();
        let list = unique(names).into_iter().map(|n| i.str(n)).collect();
        Ok(i.array(list))
    }),
    def("options", 0, 0, |i, t, _| {
        Ok(i.regex_of(t).map_or(0, |r| options(r.flags)).into())
    }),
    def("source", 0, 0, |i, t, _| {
        let source = i.regex_of(t).map(|r| r.source.clone()).unwrap_or_default();
        Ok(i.str(source))
    }),
    def("to_s", 0, 0, to_s),
];
static REGEXP_TABLE: Table = LazyLock::new(|| table(REGEXP));

static STATIC: &[Builtin] = &[
    def("compile", 1, 3, new),
    def("escape", 1, 1, quote),
    def("last_match", 0, 1, last_match),
    def("new", 1, 3, new),
    def("quote", 1, 1, quote),
    def("union", 0, -1, union),
];
static STATIC_TABLE: Table = LazyLock::new(|| table(STATIC));

static MATCH: &[Builtin] = &[
    def("==", 1, 1, |i, t, a| {
        Ok((i.inspect(t)? == i.inspect(a.get(0))?).into())
    }),
    def("[]", 1, 2, group),
    def("begin", 1, 1, |i, t, a| offset_part(i, t, a, 0)),
    def("captures", 0, 0, captures),
    def("end", 1, 1, |i, t, a| offset_part(i, t, a, 1)),
    def("inspect", 0, 0, inspect_match),
    def("length", 0, 0, |i, t, _| {
        Ok(Value::count(i.match_of(t).map_or(0, |m| m.groups.len())))
    }),
    def("named_captures", 0, -1, named_captures),
    def("names", 0, 0, |i, t, _| {
        let names = i
            .match_of(t)
            .map(|m| m.regex.names.clone())
            .unwrap_or_default();
        let list = unique(names).into_iter().map(|n| i.str(n)).collect();
        Ok(i.array(list))
    }),
    def("offset", 1, 1, offset),
    def("post_match", 0, 0, |i, t, _| around(i, t, false)),
    def("pre_match", 0, 0, |i, t, _| around(i, t, true)),
    def("regexp", 0, 0, |i, t, _| match i.match_of(t) {
        Some(m) => i.regex(m.regex.source.clone(), m.regex.flags),
        None => Ok(Value::NIL),
    }),
    def("size", 0, 0, |i, t, _| {
        Ok(Value::count(i.match_of(t).map_or(0, |m| m.groups.len())))
    }),
    def("string", 0, 0, |i, t, _| {
        let text = i
            .match_of(t)
            .map(|m| m.text.to_string())
            .unwrap_or_default();
        Ok(i.str(text))
    }),
    def("to_a", 0, 0, to_a),
    def("to_s", 0, 0, |i, t, _| match i.match_of(t) {
        Some(m) => Ok(i.group_value(&m, 0)),
        None => Ok(Value::NIL),
    }),
    def("values_at", 0, -1, |i, t, a| {
        let mut out = Vec::new();
        for key in &a.list {
            out.push(group(i, t, &Args::of(&[*key]))?);
        }
        Ok(i.array(out))
    }),
];
static MATCH_TABLE: Table = LazyLock::new(|| table(MATCH));

pub fn install(interp: &mut Interp) {
    let class = interp.core.regexp;
    interp.add_methods(class, &REGEXP_TABLE);
    interp.add_static(class, &STATIC_TABLE);
    interp.add_methods(interp.core.match_data, &MATCH_TABLE);
    for (name, value) in [("IGNORECASE", 1i64), ("EXTENDED", 2), ("MULTILINE", 4)] {
        let name = foretaste_parser::name::Name::new(name);
        interp
            .classes
            .get_mut(class)
            .constants
            .insert(name, value.into());
    }
}

fn unique(names: Vec<Option<foretaste_parser::name::Name>>) -> Vec<&'static str> {
    let mut out: Vec<&'static str> = Vec::new();
    for name in names.into_iter().flatten() {
        if !out.contains(&name.as_str()) {
            out.push(name.as_str());
        }
    }
    out
}

/// `Regexp.escape`
pub fn escape(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\u{b}' => out.push_str("\\v"),
            '\u{c}' => out.push_str("\\f"),
            '.' | '*' | '?' | '+' | '^' | '$' | '|' | '\\' | '(' | ')' | '[' | ']' | '{' | '}'
            | '-' | ' ' | '#' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

fn options(flags: RegexFlags) -> i64 {
    i64::from(flags.ignore_case) + 2 * i64::from(flags.extended) + 4 * i64::from(flags.multi_line)
}

fn quote(interp: &mut Interp, _: Value, args: &Args) -> R {
    let text = match args.get(0).kind {
        Kind::Sym(name) => name.as_str().to_owned(),
        _ => interp.str_arg(args.get(0))?,
    };
    Ok(interp.str(escape(&text)))
}

fn new(interp: &mut Interp, _: Value, args: &Args) -> R {
    if let Some(regex) = interp.regex_of(args.get(0)) {
        return interp.regex(regex.source.clone(), regex.flags);
    }
    let source = interp.str_arg(args.get(0))?;
    let flags = match args.opt(1).map(|v| v.kind) {
        Some(Kind::Int(n)) => RegexFlags {
            ignore_case: n & 1 != 0,
            extended: n & 2 != 0,
            multi_line: n & 4 != 0,
            once: false,
        },
        None | Some(Kind::Nil | Kind::Bool(false)) => RegexFlags::default(),
        Some(_) => RegexFlags {
            ignore_case: true,
            ..RegexFlags::default()
        },
    };
    interp.regex(source, flags)
}

fn union(interp: &mut Interp, _: Value, args: &Args) -> R {
    let list = match args.list[..] {
        [only] => match interp.array_items(only) {
            Some(items) => items.to_vec(),
            None => args.list.clone(),
        },
        _ => args.list.clone(),
    };
    if list.is_empty() {
        return interp.regex("(?!)".into(), RegexFlags::default());
    }
    let alone = list.len() == 1;
    let mut parts = Vec::new();
    for item in list {
        parts.push(match interp.regex_of(item) {
            Some(_) if alone => return Ok(item),
            Some(_) => interp.to_text(item)?,
            None => match item.kind {
                Kind::Sym(name) => escape(name.as_str()),
                _ => escape(&interp.str_arg(item)?),
            },
        });
    }
    interp.regex(parts.join("|"), RegexFlags::default())
}

fn last_match(interp: &mut Interp, _: Value, args: &Args) -> R {
    match args.opt(0) {
        None => Ok(interp.last_match()),
        Some(_) if interp.last_match().is_nil() => Ok(Value::NIL),
        Some(n) => group(interp, interp.last_match(), &Args::of(&[n])),
    }
}

fn eq(interp: &mut Interp, this: Value, args: &Args) -> R {
    Ok(
        match (interp.regex_of(this), interp.regex_of(args.get(0))) {
            (Some(a), Some(b)) => {
                (a.source == b.source && options(a.flags) == options(b.flags)).into()
            }
            _ => Value::FALSE,
        },
    )
}

/// The text to match; `None` for nil.
fn subject(interp: &mut Interp, value: Value) -> R<Option<Rc<str>>> {
    if value.is_nil() {
        return Ok(None);
    }
    if let Kind::Sym(name) = value.kind {
        return Ok(Some(name.as_str().into()));
    }
    interp.known(value)?;
    Ok(Some(interp.str_arg(value)?.into()))
}

fn search(interp: &mut Interp, this: Value, text: Value, from: usize) -> R<Option<Rc<Match>>> {
    let (Some(regex), Some(text)) = (interp.regex_of(this), subject(interp, text)?) else {
        interp.set_last_match(Value::NIL);
        return Ok(None);
    };
    let from = byte_at(&text, from);
    interp.match_at(&regex, &text, from)
}

fn case_eq(interp: &mut Interp, this: Value, args: &Args) -> R {
    let value = args.get(0);
    if interp.text_or_sym(value).is_none() {
        return Ok(Value::FALSE);
    }
    Ok(search(interp, this, value, 0)?.is_some().into())
}

fn match_op(interp: &mut Interp, this: Value, args: &Args) -> R {
    let found = search(interp, this, args.get(0), 0)?;
    Ok(found
        .and_then(|m| {
            m.groups
                .first()
                .copied()
                .flatten()
                .map(|g| char_at(&m.text, g.0))
        })
        .map_or(Value::NIL, Value::count))
}

fn from(interp: &mut Interp, args: &Args) -> R<usize> {
    match args.opt(1) {
        Some(n) => Ok(usize::try_from(interp.int_arg(n)?).unwrap_or(0)),
        None => Ok(0),
    }
}

fn match_method(interp: &mut Interp, this: Value, args: &Args) -> R {
    let at = from(interp, args)?;
    match search(interp, this, args.get(0), at)? {
        Some(_) if args.block.is_some() => {
            let found = interp.last_match();
            interp.yield_to(args, &[found])
        }
        Some(_) => Ok(interp.last_match()),
        None => Ok(Value::NIL),
    }
}

fn is_match(interp: &mut Interp, this: Value, args: &Args) -> R {
    let at = from(interp, args)?;
    let kept = interp.last_match();
    let found = search(interp, this, args.get(0), at);
    interp.set_last_match(kept);
    Ok(found?.is_some().into())
}

fn flag_text(flags: RegexFlags) -> String {
    let mut out = String::new();
    for (on, c) in [
        (flags.multi_line, 'm'),
        (flags.ignore_case, 'i'),
        (flags.extended, 'x'),
    ] {
        if on {
            out.push(c);
        }
    }
    out
}

fn inspect(interp: &mut Interp, this: Value, _: &Args) -> R {
    let Some(regex) = interp.regex_of(this) else {
        return Ok(Value::NIL);
    };
    let mut source = String::new();
    let mut escaped = false;
    for c in regex.source.chars() {
        if c == '/' && !escaped {
            source.push('\\');
        }
        escaped = c == '\\' && !escaped;
        source.push(c);
    }
    Ok(interp.str(format!("/{source}/{}", flag_text(regex.flags))))
}

fn to_s(interp: &mut Interp, this: Value, _: &Args) -> R {
    let Some(regex) = interp.regex_of(this) else {
        return Ok(Value::NIL);
    };
    let on = flag_text(regex.flags);
    let off: String = "mix".chars().filter(|c| !on.contains(*c)).collect();
    let dash = if off.is_empty() { "" } else { "-" };
    Ok(interp.str(format!("(?{on}{dash}{off}:{})", regex.source)))
}

fn named_groups(interp: &mut Interp, this: Value, _: &Args) -> R {
    let names = interp
        .regex_of(this)
        .map(|r| r.names.clone())
        .unwrap_or_default();
    let mut hash = Hash::default();
    for name in unique(names.clone()) {
        let places = names
            .iter()
            .enumerate()
            .filter(|(_, n)| n.is_some_and(|n| n.as_str() == name))
            .map(|(i, _)| Value::count(i + 1))
            .collect();
        let key = interp.str(name);
        let places = interp.array(places);
        super::hash::put(interp, &mut hash, key, places)?;
    }
    Ok(interp.hash(hash))
}

/// The number of a named group.
pub fn group_index(interp: &mut Interp, found: &Match, name: &str) -> R<usize> {
    let at = |n: &Option<foretaste_parser::name::Name>| n.is_some_and(|n| n.as_str() == name);
    match found.regex.names.iter().rposition(at) {
        Some(i) => Ok(i + 1),
        None => Err(interp.error(
            interp.core.index_error,
            format!("undefined group name reference: {name}"),
        )),
    }
}

fn place(interp: &mut Interp, found: &Match, key: Value) -> R<Option<usize>> {
    if interp.text_or_sym(key).is_some() {
        let name = interp.name_arg(key)?;
        return group_index(interp, found, &name).map(Some);
    }
    let n = interp.int_arg(key)?;
    Ok(interp.at_index(n, found.groups.len()))
}

fn group(interp: &mut Interp, this: Value, args: &Args) -> R {
    let Some(found) = interp.match_of(this) else {
        return Ok(Value::NIL);
    };
    if args.len() == 2 || interp.range_of(args.get(0)).is_some() {
        let all = to_a(interp, this, args)?;
        return interp.call_with(all, "[]", args);
    }
    match place(interp, &found, args.get(0))? {
        Some(i) => Ok(interp.group_value(&found, i)),
        None => Ok(Value::NIL),
    }
}

fn to_a(interp: &mut Interp, this: Value, _: &Args) -> R {
    let Some(found) = interp.match_of(this) else {
        return Ok(Value::NIL);
    };
    let all = (0..found.groups.len())
        .map(|i| interp.group_value(&found, i))
        .collect();
    Ok(interp.array(all))
}

fn captures(interp: &mut Interp, this: Value, _: &Args) -> R {
    let Some(found) = interp.match_of(this) else {
        return Ok(Value::NIL);
    };
    let all = (1..found.groups.len())
        .map(|i| interp.group_value(&found, i))
        .collect();
    Ok(interp.array(all))
}

fn named_captures(interp: &mut Interp, this: Value, _: &Args) -> R {
    let Some(found) = interp.match_of(this) else {
        return Ok(Value::NIL);
    };
    let mut hash = Hash::default();
    for name in unique(found.regex.names.clone()) {
        let at = group_index(interp, &found, name)?;
        let value = interp.group_value(&found, at);
        let key = interp.str(name);
        super::hash::put(interp, &mut hash, key, value)?;
    }
    Ok(interp.hash(hash))
}

fn around(interp: &mut Interp, this: Value, before: bool) -> R {
    let Some(found) = interp.match_of(this) else {
        return Ok(Value::NIL);
    };
    let (start, end) = found.groups.first().copied().flatten().unwrap_or_default();
    let part = if before {
        found.text.get(..start)
    } else {
        found.text.get(end..)
    };
    Ok(interp.str(part.unwrap_or_default()))
}

fn offset(interp: &mut Interp, this: Value, args: &Args) -> R {
    let ends = [
        offset_part(interp, this, args, 0)?,
        offset_part(interp, this, args, 1)?,
    ];
    Ok(interp.array(ends.to_vec()))
}

fn offset_part(interp: &mut Interp, this: Value, args: &Args, end: usize) -> R {
    let Some(found) = interp.match_of(this) else {
        return Ok(Value::NIL);
    };
    let Some(i) = place(interp, &found, args.get(0))? else {
        let text = interp.inspect(args.get(0))?;
        return Err(interp.error(
            interp.core.index_error,
            format!("index {text} out of matches"),
        ));
    };
    Ok(match found.groups.get(i).copied().flatten() {
        Some((a, b)) => Value::count(char_at(&found.text, if end == 0 { a } else { b })),
        None => Value::NIL,
    })
}

fn inspect_match(interp: &mut Interp, this: Value, _: &Args) -> R {
    let Some(found) = interp.match_of(this) else {
        return Ok(Value::NIL);
    };
    let mut out = String::from("#<MatchData ");
    for i in 0..found.groups.len() {
        let value = interp.group_value(&found, i);
        let text = interp.inspect(value)?;
        match found.regex.names.get(i.wrapping_sub(1)).copied().flatten() {
            _ if i == 0 => out.push_str(&text),
            Some(name) => out.push_str(&format!(" {name}:{text}")),
            None => out.push_str(&format!(" {i}:{text}")),
        }
    }
    out.push('>');
    Ok(interp.str(out))
}
