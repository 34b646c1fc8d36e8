//! Arguments that the keyword table describes.

use super::super::syntax::Line;
use super::super::tables::CHOICES;
use super::super::version::Version;
use super::Check;
use super::value;
use crate::hole::has_hole;
use crate::problem::{Class, Problem};

/// Checks a line's arguments against the table's: `word`, `int`, `num`, `time`, a choice; `?`, `...`, `*`.
pub fn check(line: &Line<'_>, arguments: &[&str]) -> Check {
    for (n, argument) in (1..).zip(arguments) {
        match *argument {
            "*" | "..." => return Ok(()),
            argument => {
                let optional = argument.strip_suffix('?');
                let text = line.arg(n);
                if text.is_empty() {
                    if optional.is_none() {
                        return Err(missing(
                            line,
                            format!("'{}' expects {}", line.keyword(), describe(argument)),
                        ));
                    }
                } else {
                    one(line, n, optional.unwrap_or(argument))?;
                }
            }
        }
    }
    at_most(line, arguments.len())
}

fn one(line: &Line<'_>, n: usize, kind: &str) -> Check {
    match kind {
        "word" | "int" => Ok(()),
        "num" => value::number(line, n),
        range if range.starts_with("int:") => within(line, n, range),
        "time" => value::time(line, n),
        choices => choice(line, n, &choices.split('|').collect::<Vec<_>>()),
    }
}

/// `int:LOW-HIGH`, read as C's `atol` reads it; either end may be left open.
fn within(line: &Line<'_>, n: usize, range: &str) -> Check {
    let text = line.arg(n);
    let (low, high) = range
        .trim_start_matches("int:")
        .split_once('-')
        .unwrap_or(("", ""));
    let number = value::leading(text);
    let fits = low.parse().is_ok_and(|low: i64| low <= number)
        && high.parse().ok().is_none_or(|high: i64| number <= high);
    if fits || has_hole(text) {
        return Ok(());
    }
    let wanted = match high {
        "" => format!("a number from {low} on"),
        high => format!("a number from {low} to {high}"),
    };
    Err(value::wrong(
        line,
        n,
        format!("'{}' expects {wanted} but got '{text}'", line.keyword()),
    ))
}

fn describe(kind: &str) -> String {
    match kind {
        "word" => "an argument".to_owned(),
        "int" | "num" => "an integer argument".to_owned(),
        range if range.starts_with("int:") => "an integer argument".to_owned(),
        "time" => "a time".to_owned(),
        choices => format!("one of {}", choices.replace('|', ", ")),
    }
}

/// Word `n` is one of some words.
pub fn choice(line: &Line<'_>, n: usize, choices: &[&str]) -> Check {
    let text = line.arg(n);
    if choices.contains(&text) {
        return Ok(());
    }
    if let Some(check) = of_versions(line, n) {
        return check;
    }
    // A later version than the one that the choices are from may have more of them, but hardly one that looks like
    // a mistyped old one.
    if line.version > Version::USUAL && !text.is_empty() {
        let near = crate::nearest::nearest(text, choices.iter().copied());
        if near.is_none() {
            return Ok(());
        }
    }
    Err(Problem::error(
        Class::Value,
        format!(
            "'{}' expects one of {} but got '{text}'",
            line.keyword(),
            choices.join(", ")
        ),
        line.span_of(n),
    ))
}

/// What versions say of word `n` of a keyword that takes other words in each of them; `None` where it is no such word.
pub fn of_versions(line: &Line<'_>, n: usize) -> Option<Check> {
    let (keyword, text) = (line.keyword(), line.arg(n));
    match CHOICES.get(&format!("{keyword} {text}"), line.version) {
        Ok(()) => Some(Ok(())),
        Err(why) if why.is_empty() => None,
        Err(why) => Some(Err(value::wrong(
            line,
            n,
            format!("'{keyword}' does not know '{text}'{why}"),
        ))),
    }
}

/// No words after word `n`. Like the daemon's, this counts what lies before the first empty word.
pub fn at_most(line: &Line<'_>, n: usize) -> Check {
    let extra = line.arg(n + 1);
    if extra.is_empty() {
        return Ok(());
    }
    Err(Problem::error(
        Class::Arity,
        format!(
            "'{}' cannot handle unexpected argument '{extra}'",
            line.keyword()
        ),
        line.span_of(n + 1),
    ))
}

/// An argument that is not there: the problem stands at the end of the line.
pub fn missing(line: &Line<'_>, message: String) -> Problem {
    let end = line.span.end;
    Problem::error(
        Class::Arity,
        message,
        crate::source::Span {
            start: end.saturating_sub(1),
            end,
        },
    )
}
