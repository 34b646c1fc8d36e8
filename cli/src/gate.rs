//! A change, simulated and judged: what `check` and `demo` have in common.

mod unread;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::SystemTime;

use foretaste_parser::source::Source;
use foretaste_rules::{Config as RuleConfig, Date, Judgement, Severity, Verdict, judge};
use foretaste_simulator::change::{self, Revision, Settings};
use foretaste_simulator::convergence::{
    Convergence, Failure, SavedNode, Undetermined, UndeterminedKind,
};
use foretaste_simulator::impact::Impact;
use foretaste_simulator::repository::Repository;
use serde_json::Value as Json;

use crate::exit::Exit;
use crate::load::tree::{Unread, is_evaluated};
use crate::progress::Progress;
use crate::secrets::Secrets;

/// One side of a change.
pub struct Side {
    /// For people.
    pub name: String,
    pub revision: Revision,
    pub unread: BTreeMap<Arc<str>, Unread>,
}

/// How a change is judged.
pub struct Terms {
    pub settings: Settings,
    pub rules: RuleConfig,
    pub fail_on: Severity,
    pub strict: bool,
    pub secret_keys: Vec<String>,
    pub today: Date,
}

/// Everything there is to say about a change.
pub struct Report {
    pub base: Option<String>,
    pub head: String,
    pub impact: Impact,
    pub judgement: Judgement,
    pub verdict: Verdict,
    pub exit: Exit,
    pub fail_on: Severity,
    /// What the reader must know to value the answer.
    pub notes: Vec<String>,
    pub secrets: Secrets,
    files: Arc<Repository>,
    files_before: Option<Arc<Repository>>,
}

impl Report {
    /// A text of the change by its path, with secrets hidden: the head's, else the base's.
    #[must_use]
    pub fn source(&self, path: &str) -> Option<Source> {
        let bytes = self
            .files
            .files
            .get(path)
            .or_else(|| self.files_before.as_ref()?.files.get(path))?;
        let text = String::from_utf8_lossy(bytes);
        Some(Source::new(path, self.secrets.hide_in_place(&text)))
    }
}

/// Simulates both sides and judges what differs.
#[must_use]
pub fn weigh(
    base: Option<Side>,
    head: Side,
    terms: &Terms,
    mut notes: Vec<String>,
    progress: &Progress,
) -> Report {
    progress.say(format!(
        "simulating {} nodes on both sides of the change",
        head.revision.inventory.nodes.len()
    ));
    let base_revision = base.as_ref().map(|b| &b.revision);
    let mut impact = change::impact(base_revision, &head.revision, &terms.settings);
    progress.say("judging what differs");
    let files = head.revision.repository.clone();
    let source = |path: &str| {
        let bytes = files.files.get(path)?;
        Some(Arc::new(Source::from_bytes(path, bytes)))
    };
    let mut judgement = judge(&impact, &terms.rules, &source, terms.today);
    let gaps = unread::account(&mut impact, &mut judgement, base.as_ref(), &head);
    let unread = count_problems(&mut impact, &head) || gaps;
    let mut verdict = judgement.verdict(&impact, terms.fail_on);
    if matches!(verdict, Verdict::Safe | Verdict::Undetermined) {
        if impact.nodes.values().all(|node| node.after.is_none()) {
            verdict = Verdict::NothingChecked;
        } else if unread {
            verdict = Verdict::Undetermined;
        }
    }
    let exit = exit(verdict, &impact, terms.strict);
    notes.extend(failing_anyway(&impact));
    let runs = impact.nodes.values().flat_map(|node| {
        let after = node.after.iter().flat_map(|r| r.moments().map(|(_, c)| c));
        node.before.iter().chain(after)
    });
    let runs: Vec<&Convergence> = runs.map(|run| &**run).collect();
    let sides: Vec<&Side> = base.iter().chain([&head]).collect();
    let secrets = secrets(&terms.secret_keys, &runs, &sides);
    Report {
        base: base.as_ref().map(|b| b.name.clone()),
        head: head.name,
        impact,
        judgement,
        verdict,
        exit,
        fail_on: terms.fail_on,
        notes,
        secrets,
        files,
        files_before: base.map(|b| b.revision.repository),
    }
}

/// Nodes that fail with and without the change are no finding, but nothing after their failure is judged.
fn failing_anyway(impact: &Impact) -> Option<String> {
    let failures: Vec<&Failure> = impact
        .nodes
        .values()
        .filter(|node| node.before.as_ref().is_some_and(|b| b.failure.is_some()))
        .filter_map(|node| node.failure().map(|(_, failure)| failure))
        .collect();
    let first = failures.first()?;
    let place = first.location.as_ref().map(|at| format!(" ({at})"));
    let (nodes, fail) = match failures.len() {
        1 => ("1 node".to_owned(), "fails"),
        n => (format!("{n} nodes"), "fail"),
    };
    Some(format!(
        "{nodes} {fail} with and without this change, such as by {}: {}{}; what would come after is not judged. \
         `foretaste converge --all` shows each.",
        first.class,
        first.message.lines().next().unwrap_or_default(),
        place.unwrap_or_default(),
    ))
}

fn exit(verdict: Verdict, impact: &Impact, strict: bool) -> Exit {
    let counts = &impact.counts;
    let open = [counts.files, counts.nodes, counts.searches, counts.configs]
        .iter()
        .any(|c| c.undetermined > 0);
    match verdict {
        Verdict::Unsafe => Exit::Findings,
        Verdict::NothingChecked => Exit::NotEvaluated,
        Verdict::Undetermined if strict => Exit::NotEvaluated,
        Verdict::Safe if strict && open => Exit::NotEvaluated,
        Verdict::Safe | Verdict::Undetermined => Exit::Clean,
    }
}

/// Counts what is in the head's inventory without being a node object as nodes that were not evaluated. Says whether
/// there is any.
fn count_problems(impact: &mut Impact, head: &Side) -> bool {
    let problems = &head.revision.inventory.problems;
    for problem in problems {
        impact.counts.nodes.found += 1;
        impact.counts.nodes.undetermined += 1;
        let unread = Undetermined {
            kind: UndeterminedKind::Unsupported,
            reason: format!("the inventory: {}", problem.message),
            location: Some(problem.location.clone()),
        };
        impact.undetermined.entry(unread).or_default();
    }
    !problems.is_empty()
}

/// What no output may show: the values of secret keys in all that was loaded or computed, and what runs decrypted.
pub fn secrets(keys: &[String], runs: &[&Convergence], sides: &[&Side]) -> Secrets {
    let decrypted: Vec<Json> = runs.iter().flat_map(|run| run.secrets.clone()).collect();
    if keys.is_empty() {
        return Secrets::collect(keys, &decrypted, [], []);
    }
    let loaded = sides.iter().map(|side| revision_values(&side.revision));
    let values = run_values(runs).chain(loaded.flatten());
    let sources = sides
        .iter()
        .flat_map(|side| revision_sources(&side.revision));
    Secrets::collect(keys, &decrypted, values, sources)
}

/// What runs computed.
fn run_values(runs: &[&Convergence]) -> impl Iterator<Item = Json> {
    let saved = runs
        .iter()
        .filter_map(|run| run.saved.as_ref().or(run.unsaved.as_ref()));
    values_of(saved.map(|saved| &**saved))
}

/// What node objects and JSON objects of a revision hold.
pub fn revision_values(revision: &Revision) -> impl Iterator<Item = Json> {
    let repository = &revision.repository;
    let items = repository.data_bags.values().flat_map(BTreeMap::values);
    let named = repository
        .roles
        .values()
        .chain(repository.environments.values());
    let objects = items
        .chain(named)
        .filter(|path| path.ends_with(".json"))
        .filter_map(|path| repository.json(path).and_then(Result::ok));
    objects.chain(values_of(revision.inventory.nodes.values()))
}

/// The levels of node objects, unpacked one after the other.
fn values_of<'a>(nodes: impl Iterator<Item = &'a SavedNode>) -> impl Iterator<Item = Json> {
    let levels = nodes.flat_map(|node| {
        [
            &node.default,
            &node.normal,
            &node.r#override,
            &node.automatic,
        ]
    });
    levels.map(|level| Json::Object(level.to_map()))
}

/// The sources of a revision.
pub fn revision_sources(revision: &Revision) -> impl Iterator<Item = &str> {
    let files = revision.repository.files.0.iter();
    files
        .filter(|(path, _)| is_evaluated(path))
        .filter_map(|(_, bytes)| std::str::from_utf8(bytes).ok())
}

/// As many threads as the machine gives.
#[must_use]
pub fn threads() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// The day it is, in UTC.
#[must_use]
pub fn today() -> Date {
    let seconds = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |d| d.as_secs());
    day(seconds / 86_400)
}

/// The day so many days after 1970-01-01, counting years from March so that a leap day comes last.
fn day(days: u64) -> Date {
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    let small = |n: u64| u8::try_from(n).ok();
    u16::try_from(year)
        .ok()
        .and_then(|year| Date::new(year, small(month)?, small(day)?))
        .unwrap_or(LAST_DAY)
}

/// After every waiver has expired.
const LAST_DAY: Date = Date::MAX;

#[cfg(test)]
mod tests {
    use super::day;

    #[test]
    fn days_are_those_of_the_calendar() {
        for (days, date) in [
            (0, "1970-01-01"),
            (59, "1970-03-01"),
            (11_016, "2000-02-29"),
            (20_779, "2026-11-22"),
        ] {
            assert_eq!(day(days).to_string(), date);
        }
    }
}
