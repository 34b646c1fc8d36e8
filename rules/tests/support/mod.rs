//! A change with balancers that converge in Rust: each renders one backend for each of its searches.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use foretaste_parser::source::{Location, Source};
use foretaste_rules::{Config, Date, Finding, Judgement, Rule, judge_by};
use foretaste_simulator::convergence::{
    Convergence, Failure, RenderedFile, SavedNode, Search, Stage,
};
use foretaste_simulator::impact::{Comparison, FileChange, Impact};
use foretaste_simulator::search::{Profile, SearchIndex};
use foretaste_simulator::simulation::{self, IndexView, Options, Simulation, World};
use serde_json::json;

pub const RECIPE: &str = "cookbooks/lb/recipes/default.rb";
pub const TEMPLATE: &str = "cookbooks/lb/templates/default/haproxy.cfg.erb";

const HEAD: &str = "defaults\n  mode http\n  timeout connect 5s\n  timeout client 30s\n  timeout server 30s\nfrontend public\n  bind :80\n  default_backend web\n";

/// One revision: nodes with their roles, and the query of each backend, a line each in the recipe.
#[derive(Clone, Default)]
pub struct Side {
    pub nodes: BTreeMap<String, Vec<String>>,
    pub queries: Vec<(String, String)>,
    /// Below each backend.
    pub extra: String,
    /// By node.
    pub failures: BTreeMap<String, Failure>,
    /// Where the searches' results go instead of a config.
    pub other_file: Option<String>,
}

impl Side {
    pub fn new(nodes: &[(&str, &str)], queries: &[(&str, &str)]) -> Self {
        Self {
            nodes: nodes
                .iter()
                .map(|(name, roles)| {
                    (
                        (*name).to_owned(),
                        roles.split_whitespace().map(str::to_owned).collect(),
                    )
                })
                .collect(),
            queries: queries
                .iter()
                .map(|(pool, query)| ((*pool).to_owned(), (*query).to_owned()))
                .collect(),
            ..Self::default()
        }
    }

    fn world(&self) -> World {
        World {
            problems: Vec::new(),
            nodes: self
                .nodes
                .iter()
                .map(|(name, roles)| {
                    Arc::new(SavedNode {
                        name: name.clone(),
                        run_list: roles.iter().map(|r| format!("role[{r}]")).collect(),
                        location: Some(Location::line(format!("nodes/{name}.json"), 1)),
                        ..SavedNode::default()
                    })
                })
                .collect(),
            objects: SearchIndex::new(Profile::Server),
        }
    }

    fn converge(&self, node: &SavedNode, index: IndexView<'_>) -> Convergence {
        let roles: Vec<&str> = node
            .run_list
            .iter()
            .filter_map(|r| r.strip_prefix("role[")?.strip_suffix(']'))
            .collect();
        let mut saved = node.clone();
        saved.automatic.insert("roles".into(), json!(roles));
        saved.automatic.insert(
            "ipaddress".into(),
            json!(format!("10.0.0.{}", node.name.len())),
        );
        let mut out = Convergence {
            node: node.name.clone(),
            failure: self.failures.get(&node.name).cloned(),
            saved: Some(Arc::new(saved)),
            inputs: [RECIPE.into(), "cookbooks/lb/".into()].into(),
            ..Convergence::default()
        };
        if node.name.starts_with("lb") {
            self.balance(&mut out, index);
        }
        out
    }

    fn balance(&self, out: &mut Convergence, index: IndexView<'_>) {
        let mut text = HEAD.to_owned();
        for (i, (pool, query)) in self.queries.iter().enumerate() {
            let (results, refused) = match index.search("node", query) {
                foretaste_simulator::search::Answer::Refused(e) => (Vec::new(), Some(e.message)),
                answer => (
                    answer.names().iter().map(|n| (*n).to_owned()).collect(),
                    None,
                ),
            };
            if let Some(message) = &refused {
                out.failure.get_or_insert_with(|| Failure {
                    stage: Stage::Compile,
                    class: "Net::HTTPClientException".into(),
                    message: format!("400 \"Bad Request\" {message}"),
                    location: Some(Location::line(RECIPE, u32::try_from(i).unwrap() + 1)),
                    trace: vec![],
                    resource: None,
                    template: None,
                });
            }
            let _ = writeln!(text, "backend {pool}");
            for name in &results {
                let _ = writeln!(text, "  server {name} {name}.example.net:80");
            }
            text += &self.extra;
            out.searches.push(Search {
                index: "node".into(),
                query: query.clone(),
                location: Location::line(RECIPE, u32::try_from(i).unwrap() + 1),
                results,
                maybe: vec![],
                undetermined: None,
                refused,
                origins: vec![],
                conditional: false,
                rows: None,
                cut: None,
                guarded: false,
            });
        }
        let path = self
            .other_file
            .clone()
            .unwrap_or_else(|| "/etc/haproxy/haproxy.cfg".into());
        out.files.insert(
            path.clone(),
            RenderedFile {
                template_lines: (1..=u32::try_from(text.lines().count()).unwrap())
                    .map(|l| l.min(10))
                    .collect(),
                text: text.into(),
                holes: vec![],
                resource: format!("template[{path}]"),
                location: Location::line(RECIPE, 9),
                template: Some(Arc::new(Source::new(TEMPLATE, HEAD))),
                searches: (0..self.queries.len()).collect(),
                together: vec![],
                origins: vec![],
                conditional: None,
                sensitive: false,
            },
        );
    }

    fn recipe(&self) -> Arc<Source> {
        let text: String = self
            .queries
            .iter()
            .map(|(_, q)| format!("search(:node, {q:?})\n"))
            .collect();
        Arc::new(Source::new(RECIPE, text))
    }
}

pub fn impact(before: &Side, after: &Side) -> Impact {
    let options = Options {
        stack_bytes: 1 << 20,
        ..Options::default()
    };
    let old = |n: &SavedNode, i: IndexView<'_>| before.converge(n, i);
    let new = |n: &SavedNode, i: IndexView<'_>| after.converge(n, i);
    let base: Simulation = simulation::simulate(&before.world(), &old, options);
    let mut changes = vec![FileChange::new(
        RECIPE.into(),
        Some(before.recipe()),
        Some(after.recipe()),
    )];
    for (name, roles) in &after.nodes {
        let source = |roles: &[String]| {
            Some(Arc::new(Source::new(
                format!("nodes/{name}.json"),
                format!("{roles:?}\n"),
            )))
        };
        changes.push(FileChange::new(
            format!("nodes/{name}.json").into(),
            before.nodes.get(name).and_then(|r| source(r)),
            source(roles),
        ));
    }
    changes.retain(|c| !c.hunks.is_empty());
    let paths = changes.iter().map(|c| c.path.clone()).collect();
    let head = simulation::simulate_change(&base, &after.world(), &paths, &new, options);
    Impact::new(&Comparison {
        base: Some(&base),
        head: &head,
        changes: &changes,
        file: &|_| None,
        readers: &foretaste_simulator::readers::Readers::default(),
        roles: &[],
        parts: &BTreeMap::new(),
        policy_groups: [&BTreeMap::new(), &BTreeMap::new()],
        trials: &[],
        base_trials: &[],
        rollout: &foretaste_simulator::rollout::Options::default(),
    })
}

pub fn judged(rules: &[&Rule], impact: &Impact) -> Judgement {
    judge_by(
        rules,
        impact,
        &Config::default(),
        &|_| None,
        Date::new(2026, 11, 1).unwrap(),
    )
}

/// Findings as text, one after the other.
pub fn show(findings: &[Finding]) -> String {
    let mut out = String::new();
    for f in findings {
        let _ = writeln!(
            out,
            "{} {} {}: {}",
            f.severity, f.rule, f.primary, f.message
        );
        let _ = writeln!(out, "  help: {}", f.help);
        let _ = writeln!(out, "  on {}", f.nodes.join(", "));
        for e in &f.evidence {
            let _ = writeln!(
                out,
                "  {}: {}",
                e.location,
                e.message.replace('\n', "\n    ")
            );
        }
        for e in &f.related {
            let _ = writeln!(out, "  also {}: {}", e.location, e.message);
        }
    }
    out
}
