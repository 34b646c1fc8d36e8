//! Where customers are sent, for `foretaste plan`.

use foretaste_simulator::rollout::Traffic;
use foretaste_simulator::rollout::traffic::Ways;
use serde_json::{Value as Json, json};

use super::paint::{Paint, count, names};
use crate::gate::Report;

/// Names shown before the rest is only counted.
const NAMES: usize = 8;

fn traffic(report: &Report) -> Option<&Traffic> {
    let traffic = report.impact.traffic.as_ref();
    traffic.filter(|_| report.impact.options.rotation.decides())
}

/// For people; nothing where only pools tell.
#[must_use]
pub fn human(report: &Report, paint: Paint) -> String {
    let Some(traffic) = traffic(report) else {
        return String::new();
    };
    let mut out = String::new();
    let title = format!("{}  ", paint.bold("rotation"));
    let after = lead(&traffic.after);
    let text = match traffic.before.as_ref().map(lead) {
        Some(before) if before != after => {
            format!("customers are sent to {before}; after the change to {after}")
        }
        _ => format!("customers are sent to {after}"),
    };
    out += &paint.paragraph(&title, &report.secrets.hide(&text));
    for (reason, _) in traffic.times().flat_map(|ways| &ways.open) {
        let text = format!("{reason}: whoever is in a pool counts as in rotation");
        out += &paint.paragraph("  • ", &report.secrets.hide(&text));
    }
    let rollout = &report.impact.rollout;
    let nodes = report.impact.nodes.keys();
    let spared: Vec<&String> = nodes.filter(|n| !rollout.rotation.contains(*n)).collect();
    let inside = count(rollout.rotation.len(), "node is", "nodes are");
    let text = match spared.len() {
        0 => format!("{inside} in rotation, none out of it"),
        n => format!(
            "{inside} in rotation, {n} out of it: {}",
            names(&spared, NAMES)
        ),
    };
    out + &paint.paragraph("  ", &text) + "\n"
}

/// Sites, nodes, and how they are led to.
fn lead(ways: &Ways) -> String {
    let targets: Vec<String> = if ways.sites.is_empty() {
        ways.nodes.iter().cloned().collect()
    } else {
        ways.sites.iter().cloned().collect()
    };
    let by: Vec<String> = ways
        .leads
        .iter()
        .map(|l| format!("{} → {}", l.from, l.to))
        .collect();
    let targets = match targets.is_empty() {
        true => "nobody who is known".to_owned(),
        false => names(&targets, NAMES),
    };
    match by.is_empty() {
        true => targets,
        false => format!("{targets} ({})", names(&by, NAMES)),
    }
}

/// For machines; null where only pools tell.
#[must_use]
pub fn json(report: &Report) -> Json {
    let ways = |ways: &Ways| {
        let leads: Vec<Json> = ways
            .leads
            .iter()
            .map(|l| json!({"from": l.from, "to": l.to, "reaches": l.reaches}))
            .collect();
        let open: Vec<&String> = ways.open.iter().map(|(reason, _)| reason).collect();
        json!({"sites": ways.sites, "nodes": ways.nodes, "leads": leads, "open": open})
    };
    traffic(report).map_or(
        Json::Null,
        |t| json!({"before": t.before.as_ref().map(ways), "after": ways(&t.after)}),
    )
}
