//! `sub` and `gsub`.

use std::rc::Rc;
use std::sync::LazyLock;

use super::super::super::Interp;
use super::super::super::class::Table;
use super::super::super::env::Args;
use super::super::super::flow::R;
use super::super::super::object::Match;
use super::super::super::value::Value;
use super::super::{Builtin, def, table};
use super::{Pattern, become_text, like, pattern, text};

static METHODS: &[Builtin] = &[
    def("gsub", 1, 2, |i, t, a| replaced(i, t, a, true)),
    def("gsub!", 1, 2, |i, t, a| in_place(i, t, a, true)).mutates(),
    def("sub", 1, 2, |i, t, a| replaced(i, t, a, false)),
    def("sub!", 1, 2, |i, t, a| in_place(i, t, a, false)).mutates(),
];
static TABLE: Table = LazyLock::new(|| table(METHODS));

pub fn install(interp: &mut Interp) {
    interp.add_methods(interp.core.string, &TABLE);
}

fn replaced(interp: &mut Interp, this: Value, args: &Args, all: bool) -> R {
    if args.len() == 1 && args.block.is_none() {
        let name = if all { "gsub" } else { "sub" };
        if all {
            return Ok(super::super::enumerable::enumerator(
                interp, this, name, args,
            ));
        }
        return Err(interp.arity_error(1, "2"));
    }
    let made = substitute(interp, this, args, all)?;
    let made = made.unwrap_or_else(|| text(interp, this));
    like(interp, this, made)
}

fn in_place(interp: &mut Interp, this: Value, args: &Args, all: bool) -> R {
    let made = substitute(interp, this, args, all)?;
    become_text(interp, this, made)
}

/// The text with matches replaced; `None` where nothing matched.
fn substitute(interp: &mut Interp, this: Value, args: &Args, all: bool) -> R<Option<String>> {
    let regex = match pattern(interp, args.get(0))? {
        Pattern::Regex(regex) => regex,
        Pattern::Text(t) => {
            let escaped = super::super::regexp::escape(&t);
            let value = interp.regex(escaped, Default::default())?;
            match interp.regex_of(value) {
                Some(regex) => regex,
                None => return Ok(None),
            }
        }
    };
    let whole: Rc<str> = text(interp, this).into();
    let by_hash = args.opt(1).filter(|v| interp.hash_data(*v).is_some());
    let template = match args.opt(1) {
        Some(v) if by_hash.is_none() => Some(interp.str_arg(v)?),
        _ => None,
    };
    let mut out = String::new();
    let (mut from, mut copied) = (0, 0);
    let mut last = None;
    while from <= whole.len() {
        interp.spend(1)?;
        let Some(found) = interp.find_at(&regex, &whole, from)? else {
            break;
        };
        let Some((start, end)) = found.groups.first().copied().flatten() else {
            break;
        };
        let found = Rc::new(found);
        out.push_str(whole.get(copied..start).unwrap_or_default());
        match (&template, by_hash) {
            (Some(template), _) => expand(&found, template, &mut out),
            (None, map) => {
                let text = interp.str(whole.get(start..end).unwrap_or_default());
                let value = interp.match_value(found.clone());
                interp.set_last_match(value);
                let value = match map {
                    Some(map) => interp.call(map, "[]", &[text])?,
                    None => interp.yield_to(args, &[text])?,
                };
                out.push_str(&interp.to_text(value)?);
            }
        }
        interp.check_len(out.len())?;
        last = Some(found);
        copied = end;
        from = if end == start {
            match whole.get(end..).and_then(|t| t.chars().next()) {
                Some(c) => end + c.len_utf8(),
                None => whole.len() + 1,
            }
        } else {
            end
        };
        if !all {
            break;
        }
    }
    let value = match &last {
        Some(found) => interp.match_value(found.clone()),
        None => Value::NIL,
    };
    interp.set_last_match(value);
    if last.is_none() {
        return Ok(None);
    }
    out.push_str(whole.get(copied..).unwrap_or_default());
    Ok(Some(out))
}

/// Puts a match into a replacement text: `\1`, `\k<name>`, `\0`, `\&`, `` \` ``, `\'`, `\\`.
fn expand(found: &Match, template: &str, out: &mut String) {
    let group = |n: usize| {
        found
            .groups
            .get(n)
            .copied()
            .flatten()
            .and_then(|(a, b)| found.text.get(a..b))
            .unwrap_or_default()
    };
    let (start, end) = found.groups.first().copied().flatten().unwrap_or_default();
    let mut chars = template.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some(d @ '0'..='9') => out.push_str(group(d as usize - '0' as usize)),
            Some('&') => out.push_str(group(0)),
            Some('`') => out.push_str(found.text.get(..start).unwrap_or_default()),
            Some('\'') => out.push_str(found.text.get(end..).unwrap_or_default()),
            Some('\\') => out.push('\\'),
            Some('k') if chars.as_str().starts_with('<') => {
                let rest = chars.as_str();
                let Some(close) = rest.find('>') else {
                    out.push_str("\\k");
                    continue;
                };
                let name = rest.get(1..close).unwrap_or_default();
                let at = found
                    .regex
                    .names
                    .iter()
                    .rposition(|n| n.is_some_and(|n| n.as_str() == name));
                if let Some(at) = at {
                    out.push_str(group(at + 1));
                }
                chars = rest.get(close + 1..).unwrap_or_default().chars();
            }
            Some(c) => {
                out.push('\\');
                out.push(c);
            }
            None => out.push('\\'),
        }
    }
}
