//! A report for people: each finding with its place, its way, whom it hits and what to do; then the verdict with what
//! it rests on.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::ops::Range;

use foretaste_parser::source::{Location, Source};
use foretaste_rules::waiver::{Refusal, Waiver};
use foretaste_rules::{Evidence, Finding, Severity, Suppressed, Verdict};
use foretaste_simulator::convergence::UndeterminedKind;
use foretaste_simulator::impact::PoolImpact;
use foretaste_simulator::pool::Pool;

use super::converge::accounting;
use super::paint::{Paint, count, names, printable};
use super::place::{Snippet, snippet};
use super::summary::{self, Gap};
use crate::exit::Exit;
use crate::gate::Report;
use crate::load::revision::Revision;

/// Names of nodes, pools or members shown before the rest is only counted.
const NAMES: usize = 6;
/// Reasons shown in the table of what was not evaluated.
const REASONS: usize = 10;

/// The whole report.
#[must_use]
pub fn report(report: &Report, paint: Paint) -> String {
    let mut out = String::new();
    for of in &report.judgement.findings {
        out += &finding(report, of, paint);
        out.push('\n');
    }
    for (of, by) in &report.judgement.suppressed {
        out += &paint.paragraph("let pass: ", &suppressed(of, by));
    }
    for (waiver, why) in &report.judgement.refused {
        out += &paint.paragraph("waiver refused: ", &refused(waiver, why));
    }
    for note in &report.notes {
        out += &paint.paragraph("note: ", &report.secrets.hide(note));
    }
    if !out.is_empty() && !out.ends_with("\n\n") {
        out.push('\n');
    }
    out += &verdict(report, paint);
    out
}

fn finding(report: &Report, finding: &Finding, paint: Paint) -> String {
    let hide = |text: &str| report.secrets.hide(text);
    let source = report.source(&finding.primary.path);
    let message = hide(&finding.message);
    let mut labels = Vec::new();
    if let Some(source) = &source {
        let is_cause = finding.cause.contains(&finding.primary);
        let word = if is_cause { "this changed" } else { "here" };
        labels.push((range(source, &finding.primary), word.to_owned()));
        for cause in finding.cause.iter().skip(usize::from(is_cause)).take(2) {
            let place = range(source, cause);
            let overlaps = labels
                .iter()
                .any(|(known, _)| known.start < place.end && place.start < known.end);
            if cause.path == finding.primary.path && !overlaps {
                labels.push((place, "this changed".to_owned()));
            }
        }
    }
    let has_source = source.is_some();
    let mut out = snippet(
        &Snippet {
            code: finding.rule,
            level: match finding.severity {
                Severity::Error => miette::Severity::Error,
                Severity::Warning => miette::Severity::Warning,
                Severity::Note => miette::Severity::Advice,
            },
            message: &message,
            help: None,
            path: &finding.primary.path,
            text: source.as_ref().map_or("", |s| s.text()),
            labels,
        },
        &paint.handler(),
    );
    if !has_source {
        let _ = writeln!(out, "  at {}", finding.primary);
    }
    out += &way(report, &finding.primary, &finding.evidence, "why", paint);
    out += &way(
        report,
        &finding.primary,
        &finding.related,
        "see also",
        paint,
    );
    out += &pools(report, finding, paint);
    if !finding.nodes.is_empty() {
        let on = nodes(report, finding);
        out += &paint.paragraph("  on ", &on);
    }
    if !finding.help.is_empty() {
        out += &paint.paragraph("  help: ", &hide(&finding.help));
    }
    out
}

fn nodes(report: &Report, finding: &Finding) -> String {
    let n = finding.nodes.len();
    let balances = |node: &String| {
        let mut pools = report.impact.pools.iter();
        pools.any(|p| p.node == *node && finding.pools.contains(&p.name))
    };
    let what = if finding.nodes.iter().all(balances) {
        count(n, "load balancer", "load balancers")
    } else {
        count(n, "node", "nodes")
    };
    format!("{what}: {}", names(&finding.nodes, NAMES))
}

/// Steps across files, each with its place and the line that stands there.
fn way(
    report: &Report,
    primary: &Location,
    steps: &[Evidence],
    title: &str,
    paint: Paint,
) -> String {
    if steps.is_empty() {
        return String::new();
    }
    let mut out = format!("  {}\n", paint.bold(&format!("{title}:")));
    let mut shown = vec![primary.clone()];
    for step in steps {
        let message = report.secrets.hide(&step.message);
        out += &paint.paragraph("  • ", &message);
        let place = format!("    {}", step.location);
        let line = report
            .source(&step.location.path)
            .map(|s| s.line_text(step.location.line).trim().to_owned())
            .filter(|line| !line.is_empty() && !message.contains(line.as_str()));
        let is_new = !shown
            .iter()
            .any(|l| l.path == step.location.path && l.line == step.location.line);
        let room = paint.width.saturating_sub(place.chars().count() + 3);
        let _ = match line.filter(|_| is_new && room >= 20) {
            None => writeln!(out, "{}", paint.dim(&place)),
            Some(line) => writeln!(
                out,
                "{}  {}",
                paint.dim(&place),
                printable(&cut(&line, room))
            ),
        };
        shown.push(step.location.clone());
    }
    out
}

/// What each pool of a finding had and has, once for all balancers that say the same.
fn pools(report: &Report, finding: &Finding, paint: Paint) -> String {
    let mut lines: BTreeMap<String, usize> = BTreeMap::new();
    for pool in &report.impact.pools {
        if finding.pools.contains(&pool.name) && finding.nodes.contains(&pool.node) {
            *lines.entry(pool_line(pool)).or_default() += 1;
        }
    }
    let mut out = String::new();
    for line in lines.keys() {
        out += &paint.paragraph("  pool ", &report.secrets.hide(line));
    }
    out
}

fn pool_line(pool: &PoolImpact) -> String {
    let at = |pool: Option<&Pool>| {
        let serving: Vec<&str> = pool
            .into_iter()
            .flat_map(Pool::serving)
            .map(|m| m.node.as_deref().unwrap_or(&m.name))
            .collect();
        match serving.len() {
            0 => "none".to_owned(),
            n => format!("{n} ({})", names(&serving, NAMES)),
        }
    };
    let [before, first, worst, after] =
        [&pool.before, &pool.first, &pool.worst, &pool.after].map(|pool| at(pool.as_ref()));
    let mut line = format!("{} in {}: serving before {before}", pool.name, pool.file);
    if first == after && worst == after {
        let _ = write!(line, " → after {after}");
    } else {
        let _ = write!(
            line,
            " → at the balancer's first converge {first} → in the unluckiest order {worst} → when all have \
             converged {after}"
        );
    }
    line
}

fn suppressed(finding: &Finding, by: &Suppressed) -> String {
    let what = format!("{} at {}", finding.rule, finding.primary);
    match by {
        Suppressed::Comment(comment) => {
            format!("{what}, as {} says: {}", comment.location, comment.reason)
        }
        Suppressed::Waived(waiver) => format!(
            "{what}, which {} answers for until {}: {}",
            waiver.owner, waiver.expires, waiver.reason
        ),
    }
}

fn refused(waiver: &Waiver, why: &Refusal) -> String {
    let why = match why {
        Refusal::Expired(day) => format!("it held until {day}"),
        Refusal::Exceeded { bound, nodes } => {
            format!("it is for at most {bound} nodes, and {nodes} are hit")
        }
        Refusal::Unowned => "it has no owner or no reason".to_owned(),
    };
    format!("{} of {}: {why}", waiver.rule, waiver.owner)
}

fn verdict(report: &Report, paint: Paint) -> String {
    let impact = &report.impact;
    let word = report.verdict.as_str();
    let painted = match report.verdict {
        Verdict::Safe => paint.green(word),
        Verdict::Unsafe => paint.red(word),
        Verdict::Undetermined | Verdict::NothingChecked => paint.yellow(word),
    };
    let headline = summary::headline(word, &report.judgement.findings);
    let found = headline.strip_prefix(word).unwrap_or(&headline);
    let mut out = format!("{painted}{found}\n");
    out += &paint.paragraph("  change   ", &summary::change(report));
    out += &paint.paragraph("  checked  ", &summary::checked(report));
    out += &undetermined(report, paint);
    if let Some(rounds) = impact.unsettled_after {
        out += &paint.paragraph(
            "  ",
            &format!("The nodes had not settled after {rounds} rounds of converges: their searches keep changing."),
        );
    }
    if let Some(advice) = advice(report) {
        out += &paint.paragraph("  help: ", advice);
    }
    out
}

/// What a verdict that is no answer asks for.
fn advice(report: &Report) -> Option<&'static str> {
    match (report.verdict, report.exit) {
        (Verdict::NothingChecked, _) => Some(
            "There is no node to simulate, and no role, policy or cookbook to make one of. Export nodes (`knife search \
             node \"*:*\" -F json -l > nodes.json`) and give --inventory nodes.json, keep them in nodes/ (`knife download \
             nodes`), or describe some in foretaste.toml (`foretaste init` writes one that explains how). `foretaste lint` \
             needs no nodes.",
        ),
        (Verdict::Safe, _)
            if report.impact.files.is_empty() && report.head == Revision::WorkTree.to_string() =>
        {
            Some("Nothing differs. To judge the last commit: `foretaste check --base HEAD~1`.")
        }
        (Verdict::Undetermined, _) => Some(
            "Nothing was found in what was evaluated; what was not evaluated may still be wrong. --strict makes that \
             fail.",
        ),
        (Verdict::Safe, Exit::NotEvaluated) => {
            Some("Something was not evaluated, and --strict does not let that pass.")
        }
        _ => None,
    }
}

/// Why things were not evaluated, the most frequent first.
fn undetermined(report: &Report, paint: Paint) -> String {
    let gaps = summary::gaps(report);
    let mut out = String::new();
    for (outside, title, shown) in [
        (false, "not evaluated", REASONS),
        (true, "known only to the machines themselves", REASONS / 2),
    ] {
        let rows: Vec<&Gap> = gaps.iter().filter(|g| g.is_outside == outside).collect();
        if rows.is_empty() {
            continue;
        }
        let all = report.impact.undetermined.keys().map(|what| what.kind);
        let counts = accounting(all.filter(|k| (*k == UndeterminedKind::Outside) == outside));
        let title = paint.bold(title);
        let _ = writeln!(out, "  {title} ({counts}):");
        for gap in rows.iter().take(shown) {
            let mut text = cut(&gap.reason, 160);
            if let Some(place) = &gap.place {
                let _ = write!(text, " ({place}");
                if gap.places > 1 {
                    let more = count(gap.places - 1, "more place", "more places");
                    let _ = write!(text, " and {more}");
                }
                text.push(')');
            }
            let first = match gap.nodes.len() {
                0 => "            ".to_owned(),
                1 => "    1 node  ".to_owned(),
                n => format!("{n:5} nodes "),
            };
            out += &paint.paragraph(&first, &text);
        }
        if let Some(more) = rows.len().checked_sub(shown).filter(|n| *n > 0) {
            let more = count(more, "more reason", "more reasons");
            let _ = writeln!(out, "      and {more}: --format json has all");
        }
    }
    out
}

/// The bytes of a place; the whole line without its indent where it names no columns.
fn range(source: &Source, place: &Location) -> Range<usize> {
    let text = source.text();
    let start_of = |line: u32| {
        let skip = (line as usize).saturating_sub(1);
        let ends = text.bytes().enumerate().filter(|(_, b)| *b == b'\n');
        match skip {
            0 => 0,
            n => ends.map(|(i, _)| i + 1).nth(n - 1).unwrap_or(text.len()),
        }
    };
    let offset = |line: u32, column: u32| {
        let content = source.line_text(line);
        let skip = (column as usize).saturating_sub(1);
        let inside = content
            .char_indices()
            .nth(skip)
            .map_or(content.len(), |(i, _)| i);
        start_of(line) + inside
    };
    if place.line == place.end_line && place.column == place.end_column && place.column <= 1 {
        let content = source.line_text(place.line);
        let start = start_of(place.line) + (content.len() - content.trim_start().len());
        return start..start + content.trim().len();
    }
    let start = offset(place.line, place.column);
    // A place over many lines is shown by its first.
    let end = if place.end_line > place.line {
        start_of(place.line) + source.line_text(place.line).trim_end().len()
    } else {
        offset(place.end_line, place.end_column)
    };
    start..end.max(start)
}

fn cut(text: &str, at_most: usize) -> String {
    if text.chars().count() <= at_most {
        return text.to_owned();
    }
    let mut out: String = text.chars().take(at_most).collect();
    out.push('…');
    out
}
