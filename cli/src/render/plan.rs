//! `foretaste plan` for people and machines: pools, rendered files that differ, the order of converges, waves.

use std::collections::BTreeMap;
use std::fmt::Write;

use foretaste_simulator::convergence::RenderedFile;
use foretaste_simulator::rollout::{Kind, Order, Selection, Wave};
use serde_json::{Value as Json, json};
use similar::TextDiff;

use super::human;
use super::json as check_json;
use super::paint::{Paint, count, names, printable};
use super::rotation;
use crate::gate::Report;

/// Names shown before the rest is only counted.
const NAMES: usize = 8;
/// Lines of one diff that people are shown.
const LINES: usize = 60;

/// A rendered file that the change alters, once for all nodes on which it alters it alike.
struct Diff {
    path: String,
    nodes: Vec<String>,
    /// Unified; says so where the content must not be shown.
    text: String,
}

fn diffs(report: &Report) -> Vec<Diff> {
    let mut out: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for node in report.impact.nodes.values() {
        let Some(after) = &node.after else { continue };
        let empty = BTreeMap::new();
        let old = node.before.as_ref().map_or(&empty, |b| &b.files);
        let new = &after.after.files;
        let failed = after.after.failure.is_some();
        let paths = old
            .keys()
            .chain(new.keys().filter(|p| !old.contains_key(*p)));
        for path in paths {
            let (old, new) = (old.get(path), new.get(path));
            // A converge that fails leaves files as they were.
            let same = match (old, new) {
                (Some(a), Some(b)) => a.text == b.text && a.holes == b.holes,
                _ => false,
            };
            if same || (failed && new.is_none()) {
                continue;
            }
            let text = diff(report, path, old, new);
            out.entry((path.clone(), text))
                .or_default()
                .push(node.name.clone());
        }
    }
    out.into_iter()
        .map(|((path, text), nodes)| Diff { path, nodes, text })
        .collect()
}

fn diff(
    report: &Report,
    path: &str,
    old: Option<&RenderedFile>,
    new: Option<&RenderedFile>,
) -> String {
    if [old, new].iter().flatten().any(|f| f.sensitive) {
        return "content is sensitive and not shown\n".to_owned();
    }
    let shown = |file: Option<&RenderedFile>| {
        file.map(|f| report.secrets.hide(&f.display()))
            .unwrap_or_default()
    };
    let (before, after) = (shown(old), shown(new));
    let name = |file: Option<&RenderedFile>| match file {
        Some(_) => path,
        None => "/dev/null",
    };
    TextDiff::from_lines(&before, &after)
        .unified_diff()
        .context_radius(3)
        .header(name(old), name(new))
        .to_string()
}

/// For people.
#[must_use]
pub fn human(report: &Report, only: Option<usize>, paint: Paint) -> String {
    let rollout = &report.impact.rollout;
    let mut out = String::new();
    if only.is_none() {
        out += &nodes(report, paint);
        out += &files(report, paint);
        out += &selections(report, paint);
        out += &rotation::human(report, paint);
        out += &order(&rollout.order, paint);
        out += &split(report, paint);
        for constraint in &rollout.constraints {
            let text = format!(
                "{} before {} (for {})",
                names(&constraint.first, NAMES),
                names(&constraint.then, NAMES),
                names(&constraint.because, NAMES)
            );
            out += &paint.paragraph("  • ", &report.secrets.hide(&text));
        }
        out.push('\n');
        out += &rounds(report, paint);
    }
    for (i, wave) in rollout.waves.iter().enumerate() {
        if only.is_none_or(|n| n == i + 1) {
            out += &self::wave(report, i + 1, wave, paint);
        }
    }
    if !rollout.failing.is_empty() {
        let text = format!(
            "{} would fail and stay as {} now: what they saved and rendered before stands.",
            names(&rollout.failing, NAMES),
            if rollout.failing.len() == 1 {
                "it is"
            } else {
                "they are"
            },
        );
        out += &paint.paragraph("failing: ", &text);
        out.push('\n');
    }
    out + &human::report(report, paint)
}

fn nodes(report: &Report, paint: Paint) -> String {
    let of = |what: &dyn Fn(&foretaste_simulator::impact::NodeImpact) -> bool| -> Vec<&str> {
        let nodes = report.impact.nodes.values().filter(|n| what(n));
        nodes.map(|n| n.name.as_str()).collect()
    };
    let added = of(&|n| n.before.is_none() && n.after.is_some());
    let removed = of(&|n| n.after.is_none());
    let changed = of(&|n| n.changed && n.before.is_some() && n.after.is_some());
    let mut out = format!("{}\n", paint.bold("nodes"));
    for (word, list) in [("new", added), ("gone", removed), ("changed", changed)] {
        if !list.is_empty() && (word != "new" || report.impact.has_base) {
            let n = count(list.len(), "node", "nodes");
            out += &paint.paragraph("  ", &format!("{word}: {n}: {}", names(&list, NAMES)));
        }
    }
    out.push('\n');
    out
}

fn files(report: &Report, paint: Paint) -> String {
    if !report.impact.has_base {
        return String::new();
    }
    let diffs = diffs(report);
    if diffs.is_empty() {
        return String::new();
    }
    let mut out = format!("{}\n", paint.bold("rendered files"));
    for diff in diffs {
        out += &paint.paragraph(
            "  ",
            &format!("{} on {}", diff.path, names(&diff.nodes, NAMES)),
        );
        let mut lines = diff.text.lines();
        for line in lines.by_ref().take(LINES) {
            let line = printable(line);
            let line = match line.chars().next() {
                Some('+') => paint.green(&line),
                Some('-') => paint.red(&line),
                _ => line,
            };
            let _ = writeln!(out, "    {line}");
        }
        let more = lines.count();
        if more > 0 {
            let _ = writeln!(out, "    and {}", count(more, "more line", "more lines"));
        }
    }
    out.push('\n');
    out
}

fn selections(report: &Report, paint: Paint) -> String {
    let mut lines: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for selection in &report.impact.rollout.selections {
        lines
            .entry(selection_line(selection))
            .or_default()
            .push(&selection.node);
    }
    if lines.is_empty() {
        return String::new();
    }
    let mut out = format!("{}\n", paint.bold("pools and searches"));
    for (line, nodes) in lines {
        let line = format!("{line}, on {}", names(&nodes, NAMES));
        out += &paint.paragraph("  ", &report.secrets.hide(&line));
    }
    out.push('\n');
    out
}

fn selection_line(selection: &Selection) -> String {
    let kind = match selection.kind {
        Kind::Pool => "pool",
        Kind::Search => "search",
        Kind::Need => "needed by the",
    };
    let set = |members: &std::collections::BTreeSet<String>| {
        let list: Vec<&str> = members.iter().map(String::as_str).collect();
        match list.len() {
            0 => "none".to_owned(),
            n => format!("{n} ({})", names(&list, NAMES)),
        }
    };
    let worst = match selection.exactness.reason() {
        None => set(&selection.worst),
        Some(reason) if selection.worst.is_empty() => {
            format!("not known, {} or fewer, as {reason}", set(&selection.seen))
        }
        Some(reason) => format!(
            "between {} and {}, as {reason}",
            set(&selection.worst),
            set(&selection.seen)
        ),
    };
    format!(
        "{kind} {}: before {} → first {} → worst {worst} → settled {}",
        selection.name,
        set(&selection.before),
        set(&selection.first),
        set(&selection.settled),
    )
}

fn order(order: &Order, paint: Paint) -> String {
    let title = paint.bold("order");
    match order {
        Order::Any => format!("{title}  any order of converges is safe\n"),
        Order::Groups(groups) => {
            let mut out = format!("{title}  safe in this order:\n");
            for (i, group) in groups.iter().enumerate() {
                out += &paint.paragraph(&format!("  {}. ", i + 1), &names(group, NAMES));
            }
            out
        }
        Order::None(cycle) => {
            let text = format!(
                "no order is safe: {} each need another of them to have converged first. Split the change in two: \
                 first add what is new beside what is old, let all converge, then take the old away.",
                names(cycle, NAMES)
            );
            paint.paragraph(&format!("{title}  "), &text)
        }
        Order::Unknown(reason) => paint.paragraph(
            &format!("{title}  "),
            &format!("no order is known to be safe: {reason}"),
        ),
    }
}

/// The two changes that a change without a safe order can be made into.
fn split(report: &Report, paint: Paint) -> String {
    let Some(split) = &report.impact.split else {
        return String::new();
    };
    let list = |files: &[std::sync::Arc<str>]| {
        let files: Vec<&str> = files.iter().map(|f| &**f).collect();
        names(&files, NAMES)
    };
    let text = format!(
        "both halves are safe: first {}; when all have converged, {}",
        list(&split.first),
        list(&split.then)
    );
    paint.paragraph("  • ", &text)
}

/// Rounds of converges, where one is not enough or a pool changes in it.
fn rounds(report: &Report, paint: Paint) -> String {
    let rounds = &report.impact.rounds;
    let moving = rounds.iter().any(|r| !r.pools.is_empty());
    if !report.impact.has_base || (rounds.len() < 2 && !moving) {
        return String::new();
    }
    let number = count(rounds.len(), "round of converges", "rounds of converges");
    let mut text = match report.impact.unsettled_after {
        None => format!("{number} until nothing changes"),
        Some(_) => format!("{number}, and results still change"),
    };
    if let Some(minutes) = report.impact.options.round_minutes {
        let all = minutes.saturating_mul(u64::try_from(rounds.len()).unwrap_or(u64::MAX));
        let _ = write!(text, ", up to {all} minutes");
    }
    let mut out = paint.paragraph(&format!("{}  ", paint.bold("rounds")), &text);
    let mut lines: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (i, pool) in rounds
        .first()
        .into_iter()
        .flat_map(|r| r.pools.iter().enumerate())
    {
        let before = report
            .impact
            .pools
            .iter()
            .find(|p| p.node == pool.node && p.file == pool.file && p.name == pool.name);
        let mut sizes = vec![before.map_or(0, |p| p.serving_before()).to_string()];
        sizes.extend(
            rounds
                .iter()
                .filter_map(|r| Some(r.pools.get(i)?.serving.len().to_string())),
        );
        lines
            .entry(format!("pool {}: {}", pool.name, sizes.join(" → ")))
            .or_default()
            .push(&pool.node);
    }
    for (line, nodes) in lines {
        let line = format!("{line}, on {}", names(&nodes, NAMES));
        out += &paint.paragraph("  ", &report.secrets.hide(&line));
    }
    out.push('\n');
    out
}

fn wave(report: &Report, n: usize, wave: &Wave, paint: Paint) -> String {
    let title = paint.bold(&format!("wave {n}"));
    let nodes = count(wave.nodes.len(), "node", "nodes");
    let mut out = paint.paragraph(
        &format!("{title}  "),
        &format!(
            "{}: {nodes}: {}",
            wave.stage.as_str(),
            names(&wave.nodes, NAMES)
        ),
    );
    let _ = writeln!(
        out,
        "  knife ssh '{}' 'sudo chef-client'",
        printable(&wave.query)
    );
    let mut lines: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for pool in &wave.pools {
        let low = if pool.is_low() && pool.converging > 0 {
            format!(
                ", under its floor of {} if those restart at once",
                pool.floor
            )
        } else {
            String::new()
        };
        let line = format!(
            "pool {}: {} of {} converge{low}",
            pool.name, pool.converging, pool.members
        );
        lines.entry(line).or_default().push(&pool.node);
    }
    for (line, nodes) in lines {
        let line = format!("{line}, on {}", names(&nodes, NAMES));
        out += &paint.paragraph("  ", &report.secrets.hide(&line));
    }
    if !wave.failing.is_empty() {
        let text = format!(
            "the rollout ends here, for {} would fail; pools stay as they are then:",
            names(&wave.failing, NAMES)
        );
        out += &paint.paragraph("  ", &text);
        let mut stays: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for pool in &wave.stays {
            let low = if pool.is_low() {
                format!(", under its floor of {}", pool.floor)
            } else {
                String::new()
            };
            let line = format!("pool {}: {}{low}", pool.name, pool.members);
            stays.entry(line).or_default().push(&pool.node);
        }
        for (line, nodes) in stays {
            let line = format!("{line}, on {}", names(&nodes, NAMES));
            out += &paint.paragraph("    ", &report.secrets.hide(&line));
        }
    }
    out.push('\n');
    out
}

/// For machines: what `check` gives, with `rollout` and `diffs`.
#[must_use]
pub fn json(report: &Report, only: Option<usize>) -> String {
    let mut out = check_json::value(report);
    let rollout = &report.impact.rollout;
    let order = match &rollout.order {
        Order::Any => json!({"safe": true, "groups": []}),
        Order::Groups(groups) => json!({"safe": true, "groups": groups}),
        Order::None(cycle) => json!({"safe": false, "cycle": cycle}),
        Order::Unknown(reason) => json!({"safe": null, "reason": reason}),
    };
    let split = report.impact.split.as_ref();
    let split = split.map(|s| {
        let list = |files: &[std::sync::Arc<str>]| files.iter().map(|f| Json::from(&**f)).collect();
        let (first, then): (Vec<Json>, Vec<Json>) = (list(&s.first), list(&s.then));
        json!({"first": first, "then": then})
    });
    let constraints: Vec<Json> = rollout
        .constraints
        .iter()
        .map(|c| json!({"first": c.first, "then": c.then, "because": c.because}))
        .collect();
    let waves: Vec<Json> = rollout
        .waves
        .iter()
        .enumerate()
        .filter(|(i, _)| only.is_none_or(|n| n == i + 1))
        .map(|(i, w)| {
            let pools: Vec<Json> = w
                .pools
                .iter()
                .map(|p| {
                    json!({"node": p.node, "file": p.file, "name": p.name, "members": p.members,
                           "converging": p.converging, "floor": p.floor})
                })
                .collect();
            let stays: Vec<Json> = w
                .stays
                .iter()
                .map(|p| {
                    json!({"node": p.node, "file": p.file, "name": p.name, "members": p.members, "floor": p.floor})
                })
                .collect();
            json!({"wave": i + 1, "stage": w.stage.as_str(), "nodes": w.nodes, "query": w.query, "pools": pools,
                   "failing": w.failing, "stays": stays})
        })
        .collect();
    let diffs: Vec<Json> = diffs(report)
        .iter()
        .map(|d| json!({"path": d.path, "nodes": d.nodes, "diff": d.text}))
        .collect();
    if let Some(map) = out.as_object_mut() {
        map.insert(
            "rollout".to_owned(),
            json!({
                "order": order,
                "constraints": constraints,
                "split": split,
                "selections": rollout.selections.iter().map(selection).collect::<Vec<_>>(),
                "rotation": rollout.rotation,
                "arriving": rollout.arriving,
                "traffic": rotation::json(report),
                "waves": waves,
                "failing": rollout.failing,
                "rounds": report.impact.rounds.iter().map(|r| json!({
                    "converged": r.converged,
                    "pools": r.pools.iter().map(|p| json!({
                        "node": p.node, "file": p.file, "name": p.name, "serving": p.serving,
                    })).collect::<Vec<_>>(),
                })).collect::<Vec<_>>(),
                "settles": report.impact.unsettled_after.is_none(),
                "minutes_per_round": report.impact.options.round_minutes,
            }),
        );
        map.insert("diffs".to_owned(), diffs.into());
    }
    report.secrets.hide_in_json(&mut out);
    format!("{out:#}\n")
}

fn selection(selection: &Selection) -> Json {
    json!({
        "node": selection.node,
        "file": selection.file,
        "name": selection.name,
        "kind": match selection.kind {
            Kind::Pool => "pool",
            Kind::Search => "search",
            Kind::Need => "need",
        },
        "before": selection.before,
        "first": selection.first,
        "worst": selection.worst,
        "seen": selection.seen,
        "settled": selection.settled,
        "floor": selection.floor,
        "worst_is": if selection.exactness.reason().is_none() { "exact" } else { "bound" },
        "reason": selection.exactness.reason(),
    })
}
