//! Which rule a failing converge belongs to: one cause, one finding.

use foretaste_parser::source::Location;
use foretaste_simulator::convergence::{Evidence, Failure};
use foretaste_simulator::impact::{Impact, NodeImpact, Suspects};
use foretaste_simulator::search::Moment;

use crate::finding::Finding;
use crate::severity::Severity;

/// What makes a converge fail, as far as a rule of its own explains it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A role, recipe or cookbook that does not exist.
    RunList,
    /// A template, partial or file that does not exist.
    Template,
    /// A property that the resource does not have.
    Property,
    /// A notification whose target does not exist.
    Notification,
    /// A query that the server refuses.
    Query,
    /// The file it fails in does not parse.
    Syntax,
    Other,
}

/// Classes and messages are those of Chef Infra Client 18.
pub(crate) fn kind(failure: &Failure, impact: &Impact) -> Kind {
    let message = failure.message.as_str();
    if in_broken_file(failure, impact) {
        return Kind::Syntax;
    }
    match failure.class.as_str() {
        "Chef::Exceptions::MissingRole"
        | "Chef::Exceptions::RecipeNotFound"
        | "Chef::Exceptions::CookbookNotFound" => Kind::RunList,
        "Net::HTTPClientException" | "Net::HTTPServerException" if message.contains("412") => {
            Kind::RunList
        }
        "Net::HTTPClientException" | "Net::HTTPServerException" | "Net::HTTPFatalError"
            if refused_search(failure, impact) =>
        {
            Kind::Query
        }
        "Chef::Exceptions::FileNotFound" => Kind::Template,
        "Chef::Mixin::Template::TemplateError"
            if message.contains("does not contain a file at any of") =>
        {
            Kind::Template
        }
        "NoMethodError" | "NameError" if of_resource(message) => Kind::Property,
        "Chef::Exceptions::ResourceNotFound" if message.contains("is configured to notify") => {
            Kind::Notification
        }
        _ => Kind::Other,
    }
}

/// Ruby says on what a method is missing; resources print themselves as one of these.
fn of_resource(message: &str) -> bool {
    message.contains(" for Custom resource ")
        || message.contains(" for Chef::Resource")
        || message.contains(" for #<Chef::Resource")
}

fn refused_search(failure: &Failure, impact: &Impact) -> bool {
    impact.searches.iter().any(|s| {
        s.after.refused.is_some()
            && failure
                .location
                .iter()
                .chain(&failure.trace)
                .any(|l| l.path == s.after.location.path && l.line == s.after.location.line)
    })
}

fn in_broken_file(failure: &Failure, impact: &Impact) -> bool {
    let places = failure.location.iter().chain(&failure.template);
    places
        .chain(failure.trace.first())
        .any(|l| impact.syntax.iter().any(|s| s.location.path == l.path))
        || impact
            .syntax
            .iter()
            .any(|s| failure.message.contains(&*s.location.path))
}

/// Failures of one kind that the change brings: nodes that did not fail before, or that failed otherwise, or that
/// fail in a file that the change touches.
pub(crate) fn news(impact: &Impact, wanted: Kind) -> Vec<(&NodeImpact, Moment, &Failure)> {
    impact
        .nodes
        .values()
        .filter_map(|node| {
            let (moment, failure) = node.failure()?;
            let before = node.failure_before();
            let known = before.is_some_and(|b| {
                let place = |f: &Failure| f.location.as_ref().map(|l| l.path.clone());
                b.class == failure.class && place(b) == place(failure)
            });
            let touched = failure
                .location
                .as_ref()
                .is_some_and(|l| impact.file(&l.path).is_some());
            ((!known || touched) && kind(failure, impact) == wanted)
                .then_some((node, moment, failure))
        })
        .collect()
}

/// The finding of a failing node: points at its cause, shows how the run got there.
pub(crate) fn finding(
    impact: &Impact,
    node: &NodeImpact,
    moment: Moment,
    failure: &Failure,
    message: String,
) -> Finding {
    let place = place(impact, node, failure);
    let mut suspects = Suspects {
        places: failure
            .location
            .iter()
            .chain(&failure.trace)
            .chain(&failure.template)
            .cloned()
            .collect(),
        ..Suspects::default()
    };
    suspects.nodes.insert(node.name.clone());
    suspects.speak_of(&failure.message);
    if let Some(text) = failure.location.as_ref().and_then(|l| line(impact, l)) {
        suspects.speak_of(&text);
    }
    let mut finding = Finding::new(message, place.clone()).node(node.name.as_str());
    finding.cause = impact.blame(&suspects);
    if let Some(cause) = finding.cause.iter().find(|c| is_there(impact, c)) {
        finding.primary = cause.clone();
    }
    for cause in &finding.cause {
        if *cause != place {
            finding.evidence.push(crate::chain::changed(impact, cause));
        }
    }
    let mut step = format!("{}: {}", failure.class, failure.message);
    if let Some(resource) = &failure.resource {
        step = format!("{resource} fails with {step}");
    }
    finding = finding.evidence(step, place);
    for frame in failure.trace.iter().skip(1).take(4) {
        finding = finding.evidence("called from here", frame.clone());
    }
    if moment == Moment::Settled {
        finding
    } else {
        finding = finding.at_most(Severity::Warning);
        finding.message += ", as long as other nodes have not converged";
        finding
    }
}

/// Whether a place can be looked at: the change does not remove its file.
fn is_there(impact: &Impact, place: &Location) -> bool {
    impact.file(&place.path).is_none_or(|f| f.after.is_some())
}

/// The failure of something missing: the cause is where the change takes it away or starts to name it, and the finding
/// points at the line that names it.
pub(crate) fn of_missing(
    impact: &Impact,
    mut finding: Finding,
    names: &[Evidence],
    removed: &dyn Fn(&str) -> bool,
) -> Finding {
    let named: Vec<Location> = names
        .iter()
        .map(|n| n.location.clone())
        .filter(|l| impact.has_base && impact.touches(l))
        .collect();
    let gone = impact
        .files
        .iter()
        .filter(|f| f.before.is_some() && f.after.is_none() && removed(&f.path))
        .map(|f| Location::line(f.path.clone(), 1));
    let cause: Vec<Location> = named.into_iter().chain(gone).collect();
    if !cause.is_empty() {
        finding
            .evidence
            .retain(|e| !finding.cause.contains(&e.location));
        let steps = cause.iter().map(|c| crate::chain::changed(impact, c));
        finding.evidence.splice(0..0, steps);
        finding.cause = cause;
    }
    if let Some(first) = names.first() {
        finding.primary = first.location.clone();
    }
    let at = finding.evidence.len().saturating_sub(1);
    finding.evidence.splice(at..at, names.iter().cloned());
    finding
}

/// The names of files that the change adds to a folder, if there is but one: what was meant, most likely.
pub(crate) fn added_beside(impact: &Impact, folder: &str) -> Option<String> {
    let mut added = impact
        .files
        .iter()
        .filter(|f| impact.has_base && f.before.is_none())
        .filter_map(|f| f.path.rsplit_once('/'))
        .filter(|(path, _)| *path == folder || path.ends_with(&format!("/{folder}")))
        .map(|(_, name)| name.to_owned());
    let first = added.next()?;
    added.next().is_none().then_some(first)
}

/// Where a failure shows: its own place, or the node's object, which names what is missing.
fn place(impact: &Impact, node: &NodeImpact, failure: &Failure) -> Location {
    let object = || {
        impact
            .index
            .document("node", &node.name)
            .and_then(|d| d.saved())
            .and_then(|s| s.location.clone())
    };
    failure
        .location
        .clone()
        .or_else(|| failure.trace.first().cloned())
        .or_else(object)
        .unwrap_or_else(|| Location::line(format!("nodes/{}.json", node.name), 1))
}

fn line(impact: &Impact, location: &Location) -> Option<String> {
    let source = impact.file(&location.path)?.after.as_ref()?;
    Some(source.line_text(location.line).to_owned())
}

/// The first line of a message, which is enough for a title, without the addresses of objects: they differ from node
/// to node.
pub(crate) fn first_line(message: &str) -> String {
    let line = message.lines().next().unwrap_or("").trim_end();
    let mut parts = line.split(":0x");
    let mut out = parts.next().unwrap_or("").to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|c: char| c.is_ascii_hexdigit());
        if rest.len() == part.len() {
            out += ":0x";
        }
        out += rest;
    }
    out
}
