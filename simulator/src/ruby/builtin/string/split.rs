//! Taking strings apart: `split`, `lines`, `chars`, `scan`, `partition`.

use std::rc::Rc;
use std::sync::LazyLock;

use super::super::super::Interp;
use super::super::super::class::Table;
use super::super::super::env::Args;
use super::super::super::flow::R;
use super::super::super::object::Regex;
use super::super::super::value::Value;
use super::super::{Builtin, def, table};
use super::{Pattern, like, pattern, text};

static METHODS: &[Builtin] = &[
    def("chars", 0, 0, chars),
    def("codepoints", 0, 0, |i, t, _| {
        let list = text(i, t)
            .chars()
            .map(|c| i64::from(c as u32).into())
            .collect();
        Ok(i.array(list))
    }),
    def("each_char", 0, 0, each_char).enumerates(),
    def("each_line", 0, -1, each_line).enumerates(),
    def("each_grapheme_cluster", 0, 0, each_char).enumerates(),
    def("grapheme_clusters", 0, 0, chars),
    def("lines", 0, -1, lines),
    def("partition", 1, 1, partition),
    def("rpartition", 1, 1, rpartition),
    def("split", 0, 2, split),
];
static TABLE: Table = LazyLock::new(|| table(METHODS));

pub fn install(interp: &mut Interp) {
    interp.add_methods(interp.core.string, &TABLE);
}

fn list(interp: &mut Interp, this: Value, parts: Vec<String>) -> R {
    interp.spend(parts.len())?;
    let mut out = Vec::with_capacity(parts.len());
    for part in parts {
        out.push(like(interp, this, part)?);
    }
    Ok(interp.array(out))
}

fn chars(interp: &mut Interp, this: Value, _: &Args) -> R {
    let parts = text(interp, this).chars().map(String::from).collect();
    list(interp, this, parts)
}

fn each_char(interp: &mut Interp, this: Value, args: &Args) -> R {
    for c in text(interp, this).chars() {
        let c = like(interp, this, c)?;
        interp.yield_to(args, &[c])?;
    }
    Ok(this)
}

fn line_parts(interp: &mut Interp, this: Value, args: &Args) -> R<Vec<String>> {
    let chomp = match interp.keyword(args, "chomp") {
        Some(v) => interp.truth(v)?,
        None => false,
    };
    let separator = match args.opt(0).filter(|_| !args.keywords || args.len() > 1) {
        Some(s) if s.is_nil() => return Ok(vec![text(interp, this)]),
        Some(s) => interp.str_arg(s)?,
        None => "\n".into(),
    };
    let whole = text(interp, this);
    if separator.is_empty() {
        return Ok(paragraphs(&whole));
    }
    let mut out = Vec::new();
    let mut rest = whole.as_str();
    while !rest.is_empty() {
        let end = rest
            .find(&separator)
            .map_or(rest.len(), |i| i + separator.len());
        let (line, more) = rest.split_at(end);
        let kept = if chomp {
            let cut = line.strip_suffix(separator.as_str()).unwrap_or(line);
            if separator == "\n" {
                cut.strip_suffix('\r').unwrap_or(cut)
            } else {
                cut
            }
        } else {
            line
        };
        out.push(kept.to_owned());
        rest = more;
    }
    Ok(out)
}

/// Lines by paragraph: blank lines end one and belong to it.
fn paragraphs(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = match rest.find("\n\n") {
            Some(i) => {
                let blank = rest.get(i..).unwrap_or_default();
                i + blank.len() - blank.trim_start_matches('\n').len()
            }
            None => rest.len(),
        };
        let (part, more) = rest.split_at(end);
        out.push(part.to_owned());
        rest = more;
    }
    out
}

fn lines(interp: &mut Interp, this: Value, args: &Args) -> R {
    let parts = line_parts(interp, this, args)?;
    list(interp, this, parts)
}

fn each_line(interp: &mut Interp, this: Value, args: &Args) -> R {
    for line in line_parts(interp, this, args)? {
        let line = like(interp, this, line)?;
        interp.yield_to(args, &[line])?;
    }
    Ok(this)
}

fn partition(interp: &mut Interp, this: Value, args: &Args) -> R {
    let whole = text(interp, this);
    let span = match pattern(interp, args.get(0))? {
        Pattern::Text(t) => whole.find(&t).map(|i| (i, i + t.len())),
        Pattern::Regex(regex) => {
            let shared: Rc<str> = whole.as_str().into();
            let found = interp.match_at(&regex, &shared, 0)?;
            found.and_then(|m| m.groups.first().copied().flatten())
        }
    };
    let (a, b) = span.unwrap_or((whole.len(), whole.len()));
    let parts = [whole.get(..a), whole.get(a..b), whole.get(b..)];
    list(
        interp,
        this,
        parts
            .iter()
            .map(|p| p.unwrap_or_default().to_owned())
            .collect(),
    )
}

fn rpartition(interp: &mut Interp, this: Value, args: &Args) -> R {
    let whole = text(interp, this);
    let span = match pattern(interp, args.get(0))? {
        Pattern::Text(t) => whole.rfind(&t).map(|i| (i, i + t.len())),
        Pattern::Regex(regex) => {
            let shared: Rc<str> = whole.as_str().into();
            let mut last = None;
            for (i, _) in whole.char_indices().rev() {
                let found = interp.find_at(&regex, &shared, i)?;
                last = found
                    .and_then(|m| m.groups.first().copied().flatten())
                    .filter(|g| g.0 == i);
                if last.is_some() {
                    break;
                }
            }
            last
        }
    };
    let (a, b) = span.unwrap_or((0, 0));
    let parts = [whole.get(..a), whole.get(a..b), whole.get(b..)];
    list(
        interp,
        this,
        parts
            .iter()
            .map(|p| p.unwrap_or_default().to_owned())
            .collect(),
    )
}

fn split(interp: &mut Interp, this: Value, args: &Args) -> R {
    let whole = text(interp, this);
    let limit = match args.opt(1) {
        Some(n) => interp.int_arg(n)?,
        None => 0,
    };
    let most = if limit > 0 {
        limit as usize
    } else {
        usize::MAX
    };
    let separator = match args.opt(0).filter(|s| !s.is_nil()) {
        Some(s) => pattern(interp, s)?,
        None => Pattern::Text(" ".into()),
    };
    let mut parts = match separator {
        _ if whole.is_empty() => Vec::new(),
        _ if most == 1 => vec![whole],
        Pattern::Text(s) if s == " " => by_blank(&whole, most),
        Pattern::Text(s) if s.is_empty() => {
            let mut parts: Vec<String> = whole.chars().take(most - 1).map(String::from).collect();
            parts.push(whole.chars().skip(most - 1).collect());
            parts
        }
        Pattern::Text(s) => whole.splitn(most, &s).map(str::to_owned).collect(),
        Pattern::Regex(regex) => by_regex(interp, &regex, &whole, most)?,
    };
    if limit == 0 {
        while parts.last().is_some_and(String::is_empty) {
            parts.pop();
        }
    }
    if args.block.is_some() {
        for part in parts {
            let part = like(interp, this, part)?;
            interp.yield_to(args, &[part])?;
        }
        return Ok(this);
    }
    list(interp, this, parts)
}

/// Splits at runs of blanks; leading ones are dropped.
fn by_blank(text: &str, most: usize) -> Vec<String> {
    let blank = |c: char| matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{b}' | '\u{c}' | '\0');
    let mut out = Vec::new();
    let mut rest = text.trim_start_matches(blank);
    while !rest.is_empty() {
        if out.len() + 1 == most {
            out.push(rest.to_owned());
            return out;
        }
        match rest.find(blank) {
            Some(i) => {
                out.push(rest.get(..i).unwrap_or_default().to_owned());
                rest = rest.get(i..).unwrap_or_default().trim_start_matches(blank);
                if rest.is_empty() {
                    out.push(String::new());
                }
            }
            None => {
                out.push(rest.to_owned());
                rest = "";
            }
        }
    }
    out
}

/// Splits at matches; groups of the pattern become parts too.
fn by_regex(interp: &mut Interp, regex: &Rc<Regex>, text: &str, most: usize) -> R<Vec<String>> {
    let shared: Rc<str> = text.into();
    let mut out: Vec<String> = Vec::new();
    let (mut begin, mut from) = (0, 0);
    while from <= text.len() && out.len() + 1 < most {
        interp.spend(1)?;
        let Some(found) = interp.find_at(regex, &shared, from)? else {
            break;
        };
        let Some((start, end)) = found.groups.first().copied().flatten() else {
            break;
        };
        if start == end {
            if start >= text.len() {
                break;
            }
            let step = text
                .get(start..)
                .and_then(|t| t.chars().next())
                .map_or(1, char::len_utf8);
            if start == begin {
                // An empty match at the beginning of a part takes one character into it.
                if begin + step >= text.len() {
                    break;
                }
                let next = interp.find_at(regex, &shared, begin + step)?;
                let at_next = next.and_then(|m| m.groups.first().copied().flatten());
                match at_next {
                    Some((s, e)) if s == e && s == begin + step => {
                        out.push(text.get(begin..s).unwrap_or_default().to_owned());
                        begin = s;
                        from = s;
                    }
                    _ => from = begin + step,
                }
                continue;
            }
        }
        out.push(text.get(begin..start).unwrap_or_default().to_owned());
        for group in found.groups.iter().skip(1).flatten() {
            out.push(text.get(group.0..group.1).unwrap_or_default().to_owned());
        }
        begin = end;
        from = end;
    }
    out.push(text.get(begin..).unwrap_or_default().to_owned());
    Ok(out)
}

/// `scan`: whole matches, or the groups of each.
pub fn scan(interp: &mut Interp, this: Value, args: &Args) -> R {
    let regex = match pattern(interp, args.get(0))? {
        Pattern::Regex(regex) => regex,
        Pattern::Text(t) => {
            let value = interp.regex(super::super::regexp::escape(&t), Default::default())?;
            match interp.regex_of(value) {
                Some(regex) => regex,
                None => return Ok(value),
            }
        }
    };
    let whole: Rc<str> = text(interp, this).into();
    let mut out = Vec::new();
    let mut from = 0;
    let mut last = Value::NIL;
    while from <= whole.len() {
        interp.spend(1)?;
        let Some(found) = interp.find_at(&regex, &whole, from)? else {
            break;
        };
        let Some((start, end)) = found.groups.first().copied().flatten() else {
            break;
        };
        let found = Rc::new(found);
        let value = if found.groups.len() > 1 {
            let groups = (1..found.groups.len())
                .map(|i| interp.group_value(&found, i))
                .collect();
            interp.array(groups)
        } else {
            like(interp, this, whole.get(start..end).unwrap_or_default())?
        };
        last = interp.match_value(found);
        interp.set_last_match(last);
        match args.block {
            Some(_) => {
                interp.yield_to(args, &[value])?;
            }
            None => out.push(value),
        }
        from = if start == end {
            end + whole
                .get(end..)
                .and_then(|t| t.chars().next())
                .map_or(1, char::len_utf8)
        } else {
            end
        };
    }
    interp.set_last_match(last);
    Ok(match args.block {
        Some(_) => this,
        None => interp.array(out),
    })
}
