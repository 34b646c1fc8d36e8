//! The evidence chain of an effect on a pool: change → attribute → search → template → rendered lines.

use std::collections::BTreeSet;

use foretaste_parser::source::Location;
use foretaste_simulator::convergence::{Evidence, RenderedFile, Search};
use foretaste_simulator::impact::{Impact, PoolImpact, SearchImpact, Suspects};
use foretaste_simulator::pool::{Member, Pool};
use foretaste_simulator::search::{Moment, Plan};

/// How many names or lines are written out.
const SHOWN: usize = 6;

/// A step that shows a changed line.
pub(crate) fn changed(impact: &Impact, place: &Location) -> Evidence {
    let text = impact
        .file(&place.path)
        .map(|f| match (&f.after, &f.before) {
            (Some(after), _) => after.line_text(place.line).trim().to_owned(),
            (None, _) => String::new(),
        });
    let message = match text {
        Some(text) if !text.is_empty() => format!("the change writes `{}`", clip(&text)),
        Some(_) if impact.file(&place.path).is_some_and(|f| f.after.is_none()) => {
            "the change removes this file".to_owned()
        }
        _ => "the change removes lines here".to_owned(),
    };
    Evidence {
        message,
        location: place.clone(),
    }
}

fn clip(text: &str) -> String {
    if text.chars().count() <= 100 {
        return text.to_owned();
    }
    text.chars().take(99).chain(['…']).collect()
}

/// `a, b and 3 more`
pub(crate) fn names(names: &[String]) -> String {
    let shown: Vec<&str> = names.iter().take(SHOWN).map(String::as_str).collect();
    match names.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

pub(crate) fn count(n: usize, one: &str, many: &str) -> String {
    match n {
        0 => format!("no {one}"),
        1 => format!("1 {one}"),
        n => format!("{n} {many}"),
    }
}

/// The members that serve in `before` and not in `after`.
pub(crate) fn lost<'p>(before: &'p Pool, after: Option<&Pool>) -> Vec<&'p Member> {
    let kept: Vec<&Member> = after.into_iter().flat_map(Pool::serving).collect();
    before
        .serving()
        .filter(|m| {
            !kept.iter().any(|k| match (&m.node, &k.node) {
                (Some(a), Some(b)) => a == b,
                _ => m.name == k.name || (m.address == k.address && m.port == k.port),
            })
        })
        .collect()
}

pub(crate) struct Chain {
    pub cause: Vec<Location>,
    pub evidence: Vec<Evidence>,
    /// Where the finding points without a cause: the search, or the template.
    pub place: Location,
    /// Nodes that no longer serve.
    pub gone: BTreeSet<String>,
    /// What exists instead of what the searches ask for.
    pub nearest: Option<String>,
}

/// Traces what a pool loses at a moment back to the change.
pub(crate) fn of_pool(impact: &Impact, pool: &PoolImpact, moment: Moment) -> Chain {
    let gone_members: Vec<&Member> = pool
        .before
        .as_ref()
        .map(|b| lost(b, pool.at(moment)))
        .unwrap_or_default();
    let gone: BTreeSet<String> = gone_members.iter().filter_map(|m| m.node.clone()).collect();
    let file = impact.rendered(&pool.node, &pool.file, moment);
    let searches = blamed_searches(impact, pool, moment, &gone);

    let mut suspects = Suspects::default();
    suspects.nodes.insert(pool.node.clone());
    suspects.words.insert(pool.name.clone());
    for (search, now) in &searches {
        suspects.places.push(now.location.clone());
        suspects
            .places
            .extend(now.origins.iter().map(|o| o.location.clone()));
        suspects.speak_of(&now.query);
        // The same question with fewer answers: what the lost nodes now save is the reason.
        if search.before.as_ref().is_some_and(|b| b.query == now.query) {
            suspects.nodes.extend(gone.iter().cloned());
        }
    }
    let line = pool.at(moment).map_or(1, |p| p.line);
    let place = file.map(|f| template_place(f, line));
    let parts = pool.at(moment).into_iter().flat_map(|p| &p.parts);
    let parts = parts.filter_map(|p| Some((p, impact.rendered(&pool.node, p, moment)?)));
    for file in file.into_iter().chain(parts.clone().map(|(_, f)| f)) {
        let origins = file.origins.iter().map(|o| o.location.clone());
        suspects.places.extend(origins);
        suspects.places.push(file.location.clone());
    }
    if let (Some(file), Some(at)) = (file, pool.at(moment)) {
        let lines = at.line..=at.end_line;
        suspects
            .places
            .extend(lines.map(|l| template_place(file, l)));
    }
    let cause = impact.blame(&suspects);

    let mut evidence: Vec<Evidence> = cause.iter().map(|c| changed(impact, c)).collect();
    evidence.extend(saved_differently(impact, &gone, &searches));
    for (search, now) in &searches {
        evidence.extend(now.origins.iter().take(SHOWN).cloned());
        evidence.push(searched(search, now));
    }
    if let (Some(file), Some(place)) = (file, &place) {
        evidence.push(rendered(file, place, pool, moment));
    }
    for (path, file) in parts.take(SHOWN) {
        let lines = match file.display().trim_end() {
            _ if file.sensitive => "its lines are not shown: the resource is sensitive".to_owned(),
            "" => "nothing".to_owned(),
            text => text.lines().take(12).collect::<Vec<_>>().join("\n"),
        };
        evidence.push(Evidence {
            message: format!("{path}, which it includes, then has:\n{lines}"),
            location: template_place(file, 1),
        });
    }
    let nearest = searches
        .iter()
        .filter(|(_, now)| now.results.is_empty())
        .find_map(|(_, now)| nearest(impact, now));
    let place = searches
        .first()
        .map(|(_, s)| s.location.clone())
        .or(place)
        .unwrap_or_else(|| Location::line(pool.file.as_str(), 1));
    Chain {
        cause,
        evidence,
        place,
        gone,
        nearest,
    }
}

/// The searches behind a pool's file that no longer find what the pool lost; else those whose results differ.
fn blamed_searches<'i>(
    impact: &'i Impact,
    pool: &PoolImpact,
    moment: Moment,
    gone: &BTreeSet<String>,
) -> Vec<(&'i SearchImpact, &'i Search)> {
    let reaches = |s: &SearchImpact| s.files.iter().any(|f| pool.stands_in(&s.node, f));
    let all: Vec<(&SearchImpact, &Search)> = impact
        .searches
        .iter()
        .filter(|s| s.node == pool.node && (s.files.is_empty() || reaches(s)))
        .filter_map(|s| Some((s, search_at(s, moment)?)))
        .collect();
    let reaching = all.iter().filter(|(s, _)| reaches(s)).count();
    let all = all
        .into_iter()
        .filter(|(s, _)| reaching == 0 || !s.files.is_empty());
    let differing: Vec<_> = all
        .filter(|(s, now)| s.before.as_ref().is_none_or(|b| b.results != now.results))
        .collect();
    let losing: Vec<_> = differing
        .iter()
        .filter(|(s, now)| {
            s.before.as_ref().is_some_and(|b| {
                b.results
                    .iter()
                    .any(|r| gone.contains(r) && !now.results.contains(r))
            })
        })
        .copied()
        .collect();
    if losing.is_empty() { differing } else { losing }
}

pub(crate) fn search_at(search: &SearchImpact, moment: Moment) -> Option<&Search> {
    match moment {
        Moment::First => search.first.as_ref(),
        Moment::Worst => search.worst.as_ref(),
        Moment::Settled => Some(&search.after),
    }
}

/// What a search returned before and returns now.
pub(crate) fn searched(search: &SearchImpact, now: &Search) -> Evidence {
    let listed = |search: &Search| match (search.results.len(), search.cut) {
        (0, _) => "nothing".to_owned(),
        (n, None) => format!("{n} ({})", names(&search.results)),
        (n, Some(all)) => format!("{all}, of which it gets {n} ({})", names(&search.results)),
    };
    let found = format!("matches {}", listed(now));
    let message = match &search.before {
        None => format!("the search `{}` {found}", now.query),
        Some(b) if b.query == now.query => format!(
            "the search `{}` matched {}; now it {found}",
            now.query,
            listed(b)
        ),
        Some(b) => format!(
            "the search was `{}` and matched {}; now it is `{}` and {found}",
            b.query,
            listed(b),
            now.query
        ),
    };
    Evidence {
        message,
        location: now.location.clone(),
    }
}

/// What lost nodes save otherwise than before, for nodes that a search finds no more although it asks the same.
fn saved_differently(
    impact: &Impact,
    gone: &BTreeSet<String>,
    searches: &[(&SearchImpact, &Search)],
) -> Vec<Evidence> {
    let asks_the_same = searches
        .iter()
        .any(|(s, now)| s.before.as_ref().is_some_and(|b| b.query == now.query));
    let Some(before) = impact.index_before.as_ref().filter(|_| asks_the_same) else {
        return Vec::new();
    };
    let saved = |index: &foretaste_simulator::search::SearchIndex, name: &str| {
        index
            .document("node", name)
            .and_then(|d| d.saved())
            .cloned()
    };
    let mut out = Vec::new();
    for name in gone {
        let (Some(old), Some(new)) = (saved(before, name), saved(&impact.index, name)) else {
            continue;
        };
        let mut changes = Vec::new();
        if old.run_list != new.run_list {
            changes.push(format!(
                "run_list {} → {}",
                list(&old.run_list),
                list(&new.run_list)
            ));
        }
        if old.chef_environment != new.chef_environment {
            changes.push(format!(
                "environment {} → {}",
                old.chef_environment, new.chef_environment
            ));
        }
        for key in ["roles", "recipes"] {
            if old.automatic.get(key) != new.automatic.get(key) {
                changes.push(format!("another list of {key}"));
            }
        }
        if old.normal != new.normal {
            changes.push("other normal attributes".to_owned());
        }
        if let (false, Some(location)) = (changes.is_empty(), &new.location) {
            out.push(Evidence {
                message: format!("{name} now saves {}", changes.join(", ")),
                location: location.clone(),
            });
        }
        if out.len() == 2 {
            break;
        }
    }
    out
}

fn list(items: &[String]) -> String {
    format!("[{}]", names(items))
}

/// Where in the repository a line of a rendered file comes from.
pub(crate) fn template_place(file: &RenderedFile, line: u32) -> Location {
    let index = (line as usize).saturating_sub(1);
    match (&file.template, file.template_lines.get(index)) {
        (Some(template), Some(&line)) if line > 0 => Location::line(template.path().clone(), line),
        (Some(template), None) if file.template_lines.is_empty() => {
            Location::line(template.path().clone(), line.max(1))
        }
        _ => file.location.clone(),
    }
}

fn rendered(file: &RenderedFile, place: &Location, pool: &PoolImpact, moment: Moment) -> Evidence {
    let lines = match pool.at(moment) {
        None => "no such pool is rendered any more".to_owned(),
        Some(_) if file.sensitive => {
            "its lines are not shown: the resource is sensitive".to_owned()
        }
        Some(now) => {
            let text = file.display();
            let end = now.end_line.min(now.line.saturating_add(11));
            text.lines()
                .skip((now.line as usize).saturating_sub(1))
                .take((end + 1).saturating_sub(now.line) as usize)
                .map(str::trim_end)
                .collect::<Vec<_>>()
                .join("\n")
        }
    };
    Evidence {
        message: format!("{} then has:\n{lines}", pool.file),
        location: place.clone(),
    }
}

/// What exists instead of what the query asks for.
pub(crate) fn nearest(impact: &Impact, search: &Search) -> Option<String> {
    let unmatched = Plan::new(&search.query, impact.index.profile())
        .map(|plan| impact.index.unmatched(&search.index, &plan))
        .unwrap_or_default();
    let hints: Vec<String> = unmatched
        .iter()
        .take(3)
        .map(|u| {
            let (what, near) = if u.nearest.holders == 0 {
                (
                    format!("no {} has `{}`", thing(search, true), u.field),
                    u.nearest.fields.first(),
                )
            } else {
                (
                    format!("{} `{}` does not exist", u.field, u.value),
                    u.nearest.values.first(),
                )
            };
            match near {
                Some((name, held)) => format!(
                    "{what}; did you mean `{name}` ({})?",
                    count(*held, thing(search, true), thing(search, false))
                ),
                None => what,
            }
        })
        .collect();
    (!hints.is_empty()).then(|| hints.join("; "))
}

/// What an index holds, in words.
pub(crate) fn thing(search: &Search, one: bool) -> &'static str {
    match (search.index.as_str(), one) {
        ("node", true) => "node",
        ("node", false) => "nodes",
        (_, true) => "object",
        (_, false) => "objects",
    }
}
