//! Letters' case, trimming and padding.

use std::sync::LazyLock;

use super::super::super::Interp;
use super::super::super::class::Table;
use super::super::super::env::Args;
use super::super::super::flow::R;
use super::super::super::value::{Kind, Value};
use super::super::{Builtin, def, table};
use super::{become_text, known_ends, like, text};

static METHODS: &[Builtin] = &[
    def("capitalize", 0, -1, |i, t, a| cased(i, t, a, CAPITALIZE)),
    def("capitalize!", 0, -1, |i, t, a| {
        cased_in_place(i, t, a, CAPITALIZE)
    })
    .mutates(),
    def("center", 1, 2, |i, t, a| pad(i, t, a, true, true)),
    def("chomp", 0, 1, chomp).takes_unknown(),
    def("chomp!", 0, 1, chomp_in_place).mutates(),
    def("chop", 0, 0, |i, t, _| pure(i, t, chop)),
    def("chop!", 0, 0, |i, t, _| in_place(i, t, chop)).mutates(),
    def("delete_prefix", 1, 1, delete_prefix),
    def("delete_prefix!", 1, 1, delete_prefix_in_place).mutates(),
    def("delete_suffix", 1, 1, delete_suffix),
    def("delete_suffix!", 1, 1, delete_suffix_in_place).mutates(),
    def("downcase", 0, -1, |i, t, a| cased(i, t, a, DOWNCASE)),
    def("downcase!", 0, -1, |i, t, a| {
        cased_in_place(i, t, a, DOWNCASE)
    })
    .mutates(),
    def("ljust", 1, 2, |i, t, a| pad(i, t, a, false, true)),
    def("lstrip", 0, 0, |i, t, _| trim(i, t, true, false)).takes_unknown(),
    def("lstrip!", 0, 0, |i, t, _| {
        in_place(i, t, |s| strip(s, true, false).into())
    })
    .mutates(),
    def("reverse", 0, 0, |i, t, _| {
        pure(i, t, |s| s.chars().rev().collect())
    }),
    def("reverse!", 0, 0, reverse_in_place).mutates(),
    def("rjust", 1, 2, |i, t, a| pad(i, t, a, true, false)),
    def("rstrip", 0, 0, |i, t, _| trim(i, t, false, true)).takes_unknown(),
    def("rstrip!", 0, 0, |i, t, _| {
        in_place(i, t, |s| strip(s, false, true).into())
    })
    .mutates(),
    def("strip", 0, 0, |i, t, _| trim(i, t, true, true)).takes_unknown(),
    def("strip!", 0, 0, |i, t, _| {
        in_place(i, t, |s| strip(s, true, true).into())
    })
    .mutates(),
    def("swapcase", 0, -1, |i, t, a| cased(i, t, a, SWAPCASE)),
    def("swapcase!", 0, -1, |i, t, a| {
        cased_in_place(i, t, a, SWAPCASE)
    })
    .mutates(),
    def("upcase", 0, -1, |i, t, a| cased(i, t, a, UPCASE)),
    def("upcase!", 0, -1, |i, t, a| cased_in_place(i, t, a, UPCASE)).mutates(),
];
static TABLE: Table = LazyLock::new(|| table(METHODS));

pub fn install(interp: &mut Interp) {
    interp.add_methods(interp.core.string, &TABLE);
}

type Change = fn(&str) -> String;

/// A change of letters' case, in all of Unicode and in ASCII alone.
#[derive(Clone, Copy)]
struct Case {
    full: Change,
    ascii: Change,
    /// Whether it can fold letters for comparison.
    folds: bool,
}
const CAPITALIZE: Case = Case {
    full: capitalize,
    ascii: |s| {
        let mut chars = s.chars();
        let first = chars.next().map(|c| c.to_ascii_uppercase());
        first.into_iter().collect::<String>() + &chars.as_str().to_ascii_lowercase()
    },
    folds: false,
};
const DOWNCASE: Case = Case {
    full: downcase,
    ascii: |s| s.to_ascii_lowercase(),
    folds: true,
};
const SWAPCASE: Case = Case {
    full: swapcase,
    ascii: |s| {
        let swapped = |c: char| match c {
            _ if c.is_ascii_uppercase() => c.to_ascii_lowercase(),
            _ => c.to_ascii_uppercase(),
        };
        s.chars().map(swapped).collect()
    },
    folds: false,
};
const UPCASE: Case = Case {
    full: upcase,
    ascii: |s| s.to_ascii_uppercase(),
    folds: false,
};

/// What `upcase(:ascii)` and its like do; `None` for languages whose letters are not modelled.
fn chosen(interp: &mut Interp, args: &Args, case: Case) -> R<Option<Change>> {
    if args.len() > 2 {
        return Err(interp.argument_error("too many options"));
    }
    let mut chosen = Some(case.full);
    for option in &args.list {
        let Kind::Sym(name) = option.kind else {
            return Err(interp.argument_error("invalid option"));
        };
        match name.as_str() {
            "ascii" if args.len() == 1 => chosen = Some(case.ascii),
            "ascii" => return Err(interp.argument_error("too many options")),
            "turkic" | "lithuanian" => chosen = None,
            "fold" if case.folds => chosen = None,
            "fold" => {
                let message = "option :fold only allowed for downcasing";
                return Err(interp.argument_error(message));
            }
            _ => return Err(interp.argument_error("invalid option")),
        }
    }
    Ok(chosen)
}

fn cased(interp: &mut Interp, this: Value, args: &Args, case: Case) -> R {
    match chosen(interp, args, case)? {
        Some(f) => pure(interp, this, f),
        None => Ok(interp.unsupported("letters' case in a language of its own")),
    }
}

fn cased_in_place(interp: &mut Interp, this: Value, args: &Args, case: Case) -> R {
    match chosen(interp, args, case)? {
        Some(f) => in_place(interp, this, f),
        None => Ok(interp.unsupported("letters' case in a language of its own")),
    }
}

fn pure(interp: &mut Interp, this: Value, f: Change) -> R {
    let made = f(interp.text(this).unwrap_or_default());
    like(interp, this, made)
}

fn in_place(interp: &mut Interp, this: Value, f: Change) -> R {
    let old = text(interp, this);
    let made = f(&old);
    become_text(interp, this, (made != old).then_some(made))
}

pub fn upcase(s: &str) -> String {
    s.to_uppercase()
}

pub fn downcase(s: &str) -> String {
    s.to_lowercase()
}

pub fn capitalize(s: &str) -> String {
    let mut chars = s.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().collect::<String>() + &chars.as_str().to_lowercase(),
        None => String::new(),
    }
}

pub fn swapcase(s: &str) -> String {
    s.chars()
        .flat_map(|c| -> Vec<char> {
            if c.is_uppercase() {
                c.to_lowercase().collect()
            } else {
                c.to_uppercase().collect()
            }
        })
        .collect()
}

/// What Ruby counts as blank at the start of a text; at its end NUL counts too.
fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{b}' | '\u{c}' | '\0')
}

fn strip(s: &str, start: bool, end: bool) -> &str {
    let s = if start {
        s.trim_start_matches(is_blank)
    } else {
        s
    };
    if end { s.trim_end_matches(is_blank) } else { s }
}

fn trim(interp: &mut Interp, this: Value, start: bool, end: bool) -> R {
    known_ends(interp, this, start, end)?;
    let made = strip(interp.text(this).unwrap_or_default(), start, end).to_owned();
    like(interp, this, made)
}

fn chop(s: &str) -> String {
    if let Some(rest) = s.strip_suffix("\r\n") {
        return rest.to_owned();
    }
    let mut chars = s.chars();
    chars.next_back();
    chars.as_str().to_owned()
}

fn chomped(interp: &mut Interp, this: Value, args: &Args) -> R<String> {
    let whole = text(interp, this);
    Ok(match args.opt(0) {
        None => whole
            .strip_suffix("\r\n")
            .or_else(|| whole.strip_suffix('\n'))
            .or_else(|| whole.strip_suffix('\r'))
            .unwrap_or(&whole)
            .to_owned(),
        Some(nil) if nil.is_nil() => whole,
        Some(suffix) => {
            let suffix = interp.str_arg(suffix)?;
            if suffix.is_empty() {
                let mut rest = whole.as_str();
                while let Some(shorter) = rest
                    .strip_suffix("\r\n")
                    .or_else(|| rest.strip_suffix('\n'))
                {
                    rest = shorter;
                }
                return Ok(rest.to_owned());
            }
            if suffix == "\n" {
                return chomped(interp, this, &Args::default());
            }
            whole
                .strip_suffix(suffix.as_str())
                .unwrap_or(&whole)
                .to_owned()
        }
    })
}

fn chomp(interp: &mut Interp, this: Value, args: &Args) -> R {
    known_ends(interp, this, false, true)?;
    let made = chomped(interp, this, args)?;
    like(interp, this, made)
}

fn chomp_in_place(interp: &mut Interp, this: Value, args: &Args) -> R {
    let made = chomped(interp, this, args)?;
    let changed = Some(made.as_str()) != interp.text(this);
    become_text(interp, this, changed.then_some(made))
}

fn without(interp: &mut Interp, this: Value, args: &Args, prefix: bool) -> R<Option<String>> {
    let part = interp.str_arg(args.get(0))?;
    let whole = interp.text(this).unwrap_or_default();
    let rest = if prefix {
        whole.strip_prefix(part.as_str())
    } else {
        whole.strip_suffix(part.as_str())
    };
    Ok(rest.filter(|_| !part.is_empty()).map(str::to_owned))
}

fn delete_prefix(interp: &mut Interp, this: Value, args: &Args) -> R {
    let made = without(interp, this, args, true)?.unwrap_or_else(|| text(interp, this));
    like(interp, this, made)
}

fn delete_suffix(interp: &mut Interp, this: Value, args: &Args) -> R {
    let made = without(interp, this, args, false)?.unwrap_or_else(|| text(interp, this));
    like(interp, this, made)
}

fn delete_prefix_in_place(interp: &mut Interp, this: Value, args: &Args) -> R {
    let made = without(interp, this, args, true)?;
    become_text(interp, this, made)
}

fn delete_suffix_in_place(interp: &mut Interp, this: Value, args: &Args) -> R {
    let made = without(interp, this, args, false)?;
    become_text(interp, this, made)
}

fn reverse_in_place(interp: &mut Interp, this: Value, _: &Args) -> R {
    let made = text(interp, this).chars().rev().collect();
    become_text(interp, this, Some(made))
}

/// Pads on the left, on the right, or both.
fn pad(interp: &mut Interp, this: Value, args: &Args, left: bool, right: bool) -> R {
    let width = interp.int_arg(args.get(0))?;
    let fill = match args.opt(1) {
        Some(f) => interp.str_arg(f)?,
        None => " ".into(),
    };
    if fill.is_empty() {
        return Err(interp.argument_error("zero width padding"));
    }
    let whole = text(interp, this);
    let missing = usize::try_from(width)
        .unwrap_or(0)
        .saturating_sub(whole.chars().count());
    interp.check_len(missing)?;
    let (before, after) = match (left, right) {
        (true, true) => (missing / 2, missing - missing / 2),
        (true, false) => (missing, 0),
        _ => (0, missing),
    };
    let run = |n: usize| fill.chars().cycle().take(n).collect::<String>();
    like(
        interp,
        this,
        format!("{}{whole}{}", run(before), run(after)),
    )
}
