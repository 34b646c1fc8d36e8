//! Crontabs: a bad line, and cron drops the whole file.
//!
//! Source: crontab(5) of Debian's cron and of cronie.

use crate::hole::{has_hole, is_hole};
use crate::lines::{Continue, Line, lines};
use crate::problem::{Class, Problem};
use crate::source::{Source, Span};

const NICKNAMES: [&str; 8] = [
    "reboot", "yearly", "annually", "monthly", "weekly", "daily", "midnight", "hourly",
];
const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];
const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// What keeps no crontab from being taken.
const NO_COMMAND: &str = "no command";

/// A field's name, its range, and the names that its numbers have.
type Field = (&'static str, u32, u32, &'static [&'static str]);

const FIELDS: [Field; 5] = [
    ("minute", 0, 59, &[]),
    ("hour", 0, 23, &[]),
    ("day-of-month", 1, 31, &[]),
    ("month", 1, 12, &MONTHS),
    ("day-of-week", 0, 7, &DAYS),
];

/// What is wrong with a crontab; those of the system name a user before the command.
#[must_use]
pub fn problems(source: &Source) -> Vec<Problem> {
    let path = source.path();
    let has_user = path.contains("cron.d/") || path.ends_with("/crontab") || &**path == "crontab";
    let mut out = Vec::new();
    for line in lines(source.text(), Continue::Never) {
        if line.is_silent(&['#']) || line.starts_with_hole() {
            continue;
        }
        let judged = entry(&line, has_user);
        if judged == Err(NO_COMMAND.to_owned()) {
            let message = "no command: the line does nothing";
            out.push(Problem::warning(Class::Ignored, message, line.span));
        } else if let Err(message) = judged {
            out.push(
                Problem::error(Class::Value, message, line.span)
                    .with_help("cron takes no line of a file that has one bad line"),
            );
        }
    }
    let text = source.text();
    if !text.is_empty() && !text.ends_with('\n') && !text.ends_with(is_hole) {
        let end = text.len();
        let last = text.trim_end().rfind('\n').map_or(0, |i| i + 1);
        if !text.get(last..).unwrap_or("").trim_start().starts_with('#') {
            out.push(
                Problem::warning(
                    Class::Ignored,
                    "the last line has no end: Debian's cron ignores the file",
                    Span::new(last, end),
                )
                .with_help("end the file with a newline"),
            );
        }
    }
    out
}

fn entry(line: &Line<'_>, has_user: bool) -> Result<(), String> {
    let text = line.text.trim();
    if is_assignment(text) {
        return Ok(());
    }
    let mut words = text.split_ascii_whitespace();
    let needed = if has_user { 2 } else { 1 };
    if let Some(name) = text.strip_prefix('@') {
        let name = name.split_ascii_whitespace().next().unwrap_or("");
        if !has_hole(name)
            && !NICKNAMES.iter().any(|n| n.eq_ignore_ascii_case(name))
            && !name.starts_with(|c: char| c.is_ascii_digit())
        {
            return Err("bad time specifier".to_owned());
        }
        words.next();
    } else {
        for known in FIELDS {
            let Some(word) = words.next() else {
                return Err(format!("bad {}", known.0));
            };
            // A hole may be several words.
            if has_hole(word) {
                return Ok(());
            }
            field(word, known).map_err(|()| format!("bad {}", known.0))?;
        }
    }
    let rest: Vec<&str> = words.collect();
    if rest.first().is_some_and(|w| w.starts_with('*')) {
        return Err("bad command: more than five fields of time".to_owned());
    }
    if rest.len() < needed && !rest.iter().any(|w| has_hole(w)) {
        return Err(match (has_user, rest.len()) {
            (true, 0) => "bad username".to_owned(),
            (false, _) => NO_COMMAND.to_owned(),
            _ => "bad command".to_owned(),
        });
    }
    Ok(())
}

/// `NAME = value`, either perhaps in quotes.
fn is_assignment(text: &str) -> bool {
    let Some((name, value)) = text.split_once('=') else {
        return false;
    };
    let name = name.trim().trim_matches(['"', '\'']);
    let value = value.trim();
    let ended = match value.chars().next() {
        Some(quote @ ('"' | '\'')) => value.ends_with(quote) && value.matches(quote).count() == 2,
        _ => true,
    };
    ended
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '_' || is_hole(c))
        && !name.starts_with(|c: char| c.is_ascii_digit())
}

fn field(text: &str, known: Field) -> Result<(), ()> {
    for item in text.split(',') {
        let (range, step) = match item.split_once('/') {
            Some((range, step)) => (range, Some(step)),
            None => (item, None),
        };
        if step.is_some_and(|s| s.parse::<u32>().map_or(true, |n| n == 0)) {
            return Err(());
        }
        if range == "*" || range.starts_with('~') || range.ends_with('~') {
            continue;
        }
        // cronie's `low~high` is a random value between the two.
        let mut ends = range.splitn(2, ['-', '~']);
        let low = number(ends.next().unwrap_or(""), known)?;
        if let Some(high) = ends.next() {
            let high = number(high, known)?;
            // Sunday is 0 and 7, and names go by the first.
            let wraps = known.0 == "day-of-week" && high == 0;
            if low > high && !wraps {
                return Err(());
            }
        }
    }
    Ok(())
}

fn number(text: &str, (_, low, high, names): Field) -> Result<u32, ()> {
    let name = names.iter().position(|n| n.eq_ignore_ascii_case(text));
    if let Some(at) = name {
        return Ok(u32::try_from(at).unwrap_or(0) + low);
    }
    let n: u32 = text.parse().map_err(|_| ())?;
    if (low..=high).contains(&n) {
        Ok(n)
    } else {
        Err(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(path: &str, text: &str) -> String {
        let source = Source::new(path, text);
        problems(&source)
            .iter()
            .map(|p| {
                format!(
                    "{}: {:?} {}\n",
                    source.line(p.span.start),
                    p.kind,
                    p.message
                )
            })
            .collect()
    }

    #[test]
    fn lines_that_cron_refuses_are_told() {
        insta::assert_snapshot!(report("/etc/cron.d/a", "\
SHELL=/bin/sh
MAILTO = \"ops@example.com\"
*/5 0-23/2 1,15 jan-MAR mon-fri root a b=c
@daily root a
0 0 * * sat-sun root a
60 * * * * root a
* 24 * * * root a
* * 0 * * root a
* * * 13 * root a
* * * * 8 root a
*/0 * * * * root a
* * * *
* * * * * root
@dayly root a
* * * * * * root a
A='x' y
5 4 * * * root a"), @"
        6: Error bad minute
        7: Error bad hour
        8: Error bad day-of-month
        9: Error bad month
        10: Error bad day-of-week
        11: Error bad minute
        12: Error bad day-of-week
        13: Error bad command
        14: Error bad time specifier
        15: Error bad command: more than five fields of time
        16: Error bad minute
        17: Warning the last line has no end: Debian's cron ignores the file
        ");
        insta::assert_snapshot!(report("/var/spool/cron/crontabs/a", "* * * * *\n@daily\n* * * * * *\n"), @"
        1: Warning no command: the line does nothing
        2: Warning no command: the line does nothing
        3: Error bad command: more than five fields of time
        ");
        assert_eq!(
            report(
                "/var/spool/cron/crontabs/a",
                "A='x \"y\"'\nB=\"\"\nC=a\"b\" c\n* * * * * a\n0~30 3 * * * b\n"
            ),
            ""
        );
        assert_eq!(
            report(
                "/etc/cron.d/a",
                "\u{100000}\n* * \u{100000} root a\n\u{100000} * * * root a\n# end"
            ),
            ""
        );
    }
}
