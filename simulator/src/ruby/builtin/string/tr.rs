//! Character sets: `tr`, `delete`, `squeeze`, `count`.

use std::sync::LazyLock;

use super::super::super::Interp;
use super::super::super::class::Table;
use super::super::super::env::Args;
use super::super::super::flow::R;
use super::super::super::value::Value;
use super::super::{Builtin, def, table};
use super::{become_text, like, text};

static METHODS: &[Builtin] = &[
    def("delete", 0, -1, |i, t, a| pure(i, t, a, delete)),
    def("delete!", 0, -1, |i, t, a| in_place(i, t, a, delete)).mutates(),
    def("squeeze", 0, -1, |i, t, a| pure(i, t, a, squeeze)),
    def("squeeze!", 0, -1, |i, t, a| in_place(i, t, a, squeeze)).mutates(),
    def("tr", 2, 2, |i, t, a| pure(i, t, a, tr)),
    def("tr!", 2, 2, |i, t, a| in_place(i, t, a, tr)).mutates(),
    def("tr_s", 2, 2, |i, t, a| pure(i, t, a, tr_s)),
    def("tr_s!", 2, 2, |i, t, a| in_place(i, t, a, tr_s)).mutates(),
];
static TABLE: Table = LazyLock::new(|| table(METHODS));

pub fn install(interp: &mut Interp) {
    interp.add_methods(interp.core.string, &TABLE);
}

type Change = fn(&mut Interp, &str, &Args) -> R<String>;

fn pure(interp: &mut Interp, this: Value, args: &Args, f: Change) -> R {
    let whole = text(interp, this);
    let made = f(interp, &whole, args)?;
    like(interp, this, made)
}

fn in_place(interp: &mut Interp, this: Value, args: &Args, f: Change) -> R {
    let whole = text(interp, this);
    let made = f(interp, &whole, args)?;
    become_text(interp, this, (made != whole).then_some(made))
}

/// A set written as in `tr`: its characters in order, and whether it is negated.
struct Set {
    chars: Vec<char>,
    negated: bool,
}

impl Set {
    fn has(&self, c: char) -> bool {
        self.chars.contains(&c) != self.negated
    }
}

fn parse(interp: &mut Interp, text: &str) -> R<Set> {
    let mut list: Vec<char> = text.chars().collect();
    let negated = list.len() > 1 && list.first() == Some(&'^');
    if negated {
        list.remove(0);
    }
    let mut chars = Vec::new();
    let mut it = list.into_iter().peekable();
    while let Some(c) = it.next() {
        let c = match c {
            '\\' => it.next().unwrap_or('\\'),
            c => c,
        };
        let mut ahead = it.clone();
        if ahead.next() == Some('-')
            && let Some(end) = ahead.next()
        {
            it = ahead;
            let end = if end == '\\' {
                it.next().unwrap_or('\\')
            } else {
                end
            };
            if end < c {
                return Err(interp.argument_error(format!(
                    "invalid range \"{c}-{end}\" in string transliteration"
                )));
            }
            interp.spend(end as usize - c as usize)?;
            chars.extend(c..=end);
        } else {
            chars.push(c);
        }
    }
    Ok(Set { chars, negated })
}

/// All sets of the arguments; a character must be in each.
fn sets(interp: &mut Interp, args: &Args) -> R<Vec<Set>> {
    let mut out = Vec::new();
    for arg in &args.list {
        let text = interp.str_arg(*arg)?;
        out.push(parse(interp, &text)?);
    }
    Ok(out)
}

fn delete(interp: &mut Interp, text: &str, args: &Args) -> R<String> {
    if args.is_empty() {
        return Err(interp.arity_error(0, "1+"));
    }
    let sets = sets(interp, args)?;
    Ok(text
        .chars()
        .filter(|c| !sets.iter().all(|s| s.has(*c)))
        .collect())
}

fn squeeze(interp: &mut Interp, text: &str, args: &Args) -> R<String> {
    let sets = sets(interp, args)?;
    let mut out = String::new();
    let mut last = None;
    for c in text.chars() {
        if last == Some(c) && sets.iter().all(|s| s.has(c)) {
            continue;
        }
        out.push(c);
        last = Some(c);
    }
    Ok(out)
}

pub fn count(interp: &mut Interp, this: Value, args: &Args) -> R {
    let sets = sets(interp, args)?;
    let n = text(interp, this)
        .chars()
        .filter(|c| sets.iter().all(|s| s.has(*c)))
        .count();
    Ok(Value::count(n))
}

fn tr(interp: &mut Interp, text: &str, args: &Args) -> R<String> {
    translate(interp, text, args, false)
}

fn tr_s(interp: &mut Interp, text: &str, args: &Args) -> R<String> {
    translate(interp, text, args, true)
}

fn translate(interp: &mut Interp, text: &str, args: &Args, squeeze: bool) -> R<String> {
    let (from, to) = (interp.str_arg(args.get(0))?, interp.str_arg(args.get(1))?);
    let from = parse(interp, &from)?;
    let to = parse(interp, &to)?.chars;
    let mut out = String::new();
    let mut last = None;
    for c in text.chars() {
        if !from.has(c) {
            out.push(c);
            last = None;
            continue;
        }
        let at = if from.negated {
            usize::MAX
        } else {
            from.chars.iter().position(|x| *x == c).unwrap_or(0)
        };
        let Some(new) = to.get(at).or(to.last()).copied() else {
            continue;
        };
        if !(squeeze && last == Some(new)) {
            out.push(new);
        }
        last = Some(new);
    }
    Ok(out)
}
