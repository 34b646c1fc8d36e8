//! A query that Test Kitchen answers otherwise than the server.

use std::collections::BTreeMap;

use foretaste_parser::query::surprises;
use foretaste_simulator::impact::{Impact, SearchImpact};
use foretaste_simulator::search::{Answer, Hits, Profile, client};

use crate::chain;
use crate::config::Config;
use crate::finding::Finding;
use crate::query;
use crate::rule::declare_rule;
use crate::severity::Severity;

declare_rule! {
    /// ## What it does
    /// Puts each query that the change writes to the other programs that answer Chef searches, over the same nodes:
    /// Chef Infra Server 15 (`server`), Chef Server 12 to 14 (`solr4`) and chef-zero (`zero`), which Test Kitchen and
    /// `chef-client --local-mode` use. It reports a query that one of them answers otherwise than the one in use.
    ///
    /// ## Why it matters
    /// What was green in Kitchen finds other nodes in production, or none. No test that asks chef-zero can show it.
    ///
    /// ## Example
    /// Before:
    /// ```ruby before/cookbooks/edge/recipes/default.rb
    /// web = search(:node, 'roles:web AND tags:live')
    /// file '/etc/edge.hosts' do
    ///   content web.map { |n| n.name }.sort.join(' ')
    /// end
    /// ```
    /// ```ruby before/cookbooks/edge/metadata.rb
    /// name 'edge'
    /// version '1.0.0'
    /// ```
    /// ```ruby before/roles/web.rb
    /// name 'web'
    /// run_list []
    /// ```
    /// ```json before/nodes/lb1.json
    /// {"name": "lb1", "run_list": ["recipe[edge]"], "automatic": {"hostname": "lb1", "ipaddress": "10.0.0.1"}}
    /// ```
    /// ```json before/nodes/web1.json
    /// {"name": "web1", "run_list": ["role[web]"], "normal": {"tags": ["live"]}, "automatic": {"roles": ["web"]}}
    /// ```
    /// ```json before/nodes/web2.json
    /// {"name": "web2", "run_list": ["role[web]"], "normal": {"tags": []}, "automatic": {"roles": ["web"]}}
    /// ```
    /// Bad: chef-zero takes an empty list for a value and finds `web2`, too.
    /// ```ruby bad/cookbooks/edge/recipes/default.rb
    /// web = search(:node, 'roles:web AND tags:*')
    /// file '/etc/edge.hosts' do
    ///   content web.map { |n| n.name }.sort.join(' ')
    /// end
    /// ```
    /// Good: all three agree.
    /// ```ruby good/cookbooks/edge/recipes/default.rb
    /// web = search(:node, 'tags:live AND role:web')
    /// file '/etc/edge.hosts' do
    ///   content web.map { |n| n.name }.sort.join(' ')
    /// end
    /// ```
    ///
    /// ## What to do
    /// `foretaste search node QUERY --explain` shows what each program makes of the query. Write it so that they agree:
    /// whole values in their exact case, one operator, no ranges of numbers, no wildcard where a value will do.
    ///
    /// ## Incident
    /// `green-in-kitchen`: a query in the wrong case that only chef-zero forgives.
    ///
    /// ## How the server behaves
    /// The server indexes whole tokens, case kept, and has Lucene judge lists of required, optional and excluded
    /// clauses. chef-zero looks for the pattern between word boundaries anywhere in a value, without regard to case,
    /// joins the arrays of all levels, takes lists as values, tests the lower limit of ranges the wrong way round, and
    /// lets AND bind tighter than OR.
    PROFILES_DISAGREE = "profiles-disagree", Warning,
    "Test Kitchen or another server answers a query otherwise",
    incident: "green-in-kitchen"
}

fn check(impact: &Impact, _: &Config) -> Vec<Finding> {
    let mut found: BTreeMap<(&str, &str), Option<Finding>> = BTreeMap::new();
    for search in &impact.searches {
        let now = &search.after;
        // What a query does not mean is said elsewhere, with what to write instead.
        if !query::is_written(impact, search)
            || now.refused.is_some()
            || !now.maybe.is_empty()
            || !surprises(&now.query).is_empty()
        {
            continue;
        }
        let finding = found
            .entry((&now.index, &now.query))
            .or_insert_with(|| difference(impact, search));
        if let Some(finding) = finding {
            finding.nodes.push(search.node.clone());
        }
    }
    found.into_values().flatten().collect()
}

fn difference(impact: &Impact, search: &SearchImpact) -> Option<Finding> {
    let now = &search.after;
    let ours = impact.index.profile();
    let asked = client::arrives(&now.query);
    let ask = |profile: Profile| {
        let answer = impact.index.with_profile(profile);
        Results::new(&answer.search(&now.index, &asked))
    };
    let here = ask(ours);
    let others: Vec<(Profile, Results)> = Profile::ALL
        .into_iter()
        .filter(|profile| *profile != ours)
        .map(|profile| (profile, ask(profile)))
        .filter(|(_, results)| results.differ(&here))
        .collect();
    let profiles: Vec<&str> = others.iter().map(|(p, _)| p.as_str()).collect();
    if profiles.is_empty() {
        return None;
    }
    let message = format!(
        "the query `{}` is answered otherwise by {} than by {}",
        now.query,
        profiles.join(" and "),
        ours.as_str()
    );
    let mut finding = query::finding(impact, search, message)
        .help(
            "write it so that all agree; `foretaste search --explain` shows what each makes of it",
        )
        .at_most(Severity::Warning);
    finding.nodes.clear();
    for (profile, results) in std::iter::once((ours, here)).chain(others) {
        finding = finding.evidence(
            format!("{} {}", profile.as_str(), results.said()),
            now.location.clone(),
        );
    }
    Some(finding)
}

/// What one program answers.
#[derive(Clone)]
enum Results {
    Found(Vec<String>, Vec<String>),
    Refused(String),
}

impl Results {
    fn new(answer: &Answer) -> Self {
        let names = |hits: &Hits| hits.iter().map(|d| d.name().to_owned()).collect();
        match answer {
            Answer::Results { certain, maybe } => Self::Found(names(certain), names(maybe)),
            Answer::Refused(error) => Self::Refused(error.message.clone()),
            Answer::NoSuchIndex => Self::Refused("there is no such index".to_owned()),
        }
    }

    /// Whether the two certainly differ.
    fn differ(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Found(a, a_maybe), Self::Found(b, b_maybe)) => {
                let lacks = |names: &[String], certain: &[String], maybe: &[String]| {
                    names
                        .iter()
                        .any(|n| !certain.contains(n) && !maybe.contains(n))
                };
                lacks(a, b, b_maybe) || lacks(b, a, a_maybe)
            }
            (Self::Refused(_), Self::Refused(_)) => false,
            _ => true,
        }
    }

    fn said(&self) -> String {
        match self {
            Self::Found(names, _) if names.is_empty() => "finds nothing".to_owned(),
            Self::Found(names, _) => format!("finds {} ({})", names.len(), chain::names(names)),
            Self::Refused(message) => format!("refuses it: {message}"),
        }
    }
}
