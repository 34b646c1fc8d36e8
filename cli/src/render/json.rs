//! A report for machines: `"schema": 1`, paths relative to the repository, lines and columns from 1.

use foretaste_parser::source::Location;
use foretaste_rules::waiver::Refusal;
use foretaste_rules::{Evidence, Finding, Suppressed};
use std::collections::{BTreeMap, BTreeSet};

use foretaste_simulator::convergence::{Convergence, Undetermined, UndeterminedKind};
use foretaste_simulator::impact::{Count, NodeImpact, PoolImpact};
use foretaste_simulator::pool::{Member, Pool};
use serde_json::{Value as Json, json};

use crate::gate::Report;

/// The whole report, ending in a newline.
#[must_use]
pub fn report(report: &Report) -> String {
    format!("{:#}\n", value(report))
}

/// How many places stayed undetermined, by whose limit it was.
fn by_kind(undetermined: &BTreeMap<Undetermined, BTreeSet<String>>) -> Json {
    let count = |kind| undetermined.keys().filter(|what| what.kind == kind).count();
    json!({
        "outside": count(UndeterminedKind::Outside),
        "unsupported": count(UndeterminedKind::Unsupported),
        "budget": count(UndeterminedKind::Budget),
    })
}

/// The report as a value, its secrets hidden.
#[must_use]
pub fn value(report: &Report) -> Json {
    let impact = &report.impact;
    let counts = &impact.counts;
    let judgement = &report.judgement;
    let mut undetermined = Vec::new();
    for (what, nodes) in &impact.undetermined {
        let place = what.location.as_ref();
        let entry = |node: Option<&String>| {
            json!({
                "node": node,
                "path": place.map(|l| &*l.path),
                "line": place.map(|l| l.line),
                "reason": what.reason,
                "kind": super::converge::kind(what.kind),
            })
        };
        if nodes.is_empty() {
            undetermined.push(entry(None));
        }
        undetermined.extend(nodes.iter().map(|node| entry(Some(node))));
    }
    let suppressed: Vec<Json> = judgement.suppressed.iter().map(suppressed).collect();
    let refused: Vec<Json> = judgement
        .refused
        .iter()
        .map(|(waiver, why)| {
            let why = match why {
                Refusal::Expired(_) => "expired",
                Refusal::Exceeded { .. } => "exceeded",
                Refusal::Unowned => "unowned",
            };
            json!({
                "rule": waiver.rule,
                "owner": waiver.owner,
                "expires": waiver.expires.to_string(),
                "why": why,
            })
        })
        .collect();
    let mut out = json!({
        "schema": 1,
        "verdict": report.verdict.as_str(),
        "base": report.base,
        "head": report.head,
        "counts": {
            "files": count(counts.files),
            "nodes": count(counts.nodes),
            "searches": count(counts.searches),
            "configs": count(counts.configs),
        },
        "findings": judgement.findings.iter().map(finding).collect::<Vec<_>>(),
        "suppressed": suppressed,
        "refused_waivers": refused,
        "pools": impact.pools.iter().map(pool).collect::<Vec<_>>(),
        "nodes": impact.nodes.values().map(node).collect::<Vec<_>>(),
        "undetermined": undetermined,
        "undetermined_by_kind": by_kind(&impact.undetermined),
        "notes": report.notes,
    });
    report.secrets.hide_in_json(&mut out);
    out
}

fn count(count: Count) -> Json {
    json!({
        "found": count.found,
        "evaluated": count.evaluated,
        "undetermined": count.undetermined,
    })
}

fn finding(finding: &Finding) -> Json {
    json!({
        "rule": finding.rule,
        "severity": finding.severity.as_str(),
        "message": finding.message,
        "help": finding.help,
        "primary": place(&finding.primary),
        "related": finding.related.iter().map(evidence).collect::<Vec<_>>(),
        "cause": finding
            .cause
            .iter()
            .map(|l| json!({"path": &*l.path, "line": l.line}))
            .collect::<Vec<_>>(),
        "nodes": finding.nodes,
        "pools": finding.pools,
        "evidence": finding.evidence.iter().map(evidence).collect::<Vec<_>>(),
    })
}

fn suppressed((of, by): &(Finding, Suppressed)) -> Json {
    let mut out = finding(of);
    let by = match by {
        Suppressed::Comment(comment) => json!({
            "comment": {
                "reason": comment.reason,
                "path": &*comment.location.path,
                "line": comment.location.line,
            },
        }),
        Suppressed::Waived(waiver) => json!({
            "waiver": {
                "owner": waiver.owner,
                "reason": waiver.reason,
                "expires": waiver.expires.to_string(),
            },
        }),
    };
    if let Some(map) = out.as_object_mut() {
        map.insert("by".to_owned(), by);
    }
    out
}

fn place(location: &Location) -> Json {
    json!({
        "path": &*location.path,
        "line": location.line,
        "column": location.column,
        "end_line": location.end_line,
        "end_column": location.end_column,
    })
}

fn evidence(evidence: &Evidence) -> Json {
    json!({
        "message": evidence.message,
        "path": &*evidence.location.path,
        "line": evidence.location.line,
    })
}

fn pool(pool: &PoolImpact) -> Json {
    json!({
        "node": pool.node,
        "file": pool.file,
        "name": pool.name,
        "before": members(pool.before.as_ref()),
        "first": members(pool.first.as_ref()),
        "worst": members(pool.worst.as_ref()),
        "after": members(pool.after.as_ref()),
        "undetermined": pool.undetermined,
    })
}

fn members(pool: Option<&Pool>) -> Vec<Json> {
    let member = |m: &Member| {
        json!({
            "name": m.name,
            "address": m.address,
            "port": m.port,
            "node": m.node,
            "state": m.state.as_str(),
        })
    };
    pool.map(|p| p.members.iter().map(member).collect())
        .unwrap_or_default()
}

fn node(node: &NodeImpact) -> Json {
    json!({
        "name": node.name,
        "before": node.before.as_deref().map(outcome),
        "after": node.after.as_ref().map(|run| outcome(&run.after)),
        "changed": node.changed,
    })
}

fn outcome(run: &Convergence) -> Json {
    let error = run.failure.as_ref().map(|failure| {
        json!({
            "class": failure.class,
            "message": failure.message,
            "path": failure.location.as_ref().map(|l| &*l.path),
            "line": failure.location.as_ref().map(|l| l.line),
        })
    });
    json!({"ok": run.failure.is_none(), "error": error})
}
