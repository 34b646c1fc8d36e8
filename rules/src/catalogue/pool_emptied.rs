//! A pool has nobody left.

use foretaste_simulator::impact::{Impact, PoolImpact};
use foretaste_simulator::rollout::Order;
use foretaste_simulator::search::Moment;

use crate::chain;
use crate::config::Config;
use crate::finding::Finding;
use crate::rule::declare_rule;

declare_rule! {
    /// ## What it does
    /// Compares the servers of each HAProxy backend and nginx upstream before the change with those that the change's
    /// own simulated converges render, and reports a pool in which nobody serves any more. Servers that are backup,
    /// disabled, drained or without an address do not serve.
    ///
    /// A pool is also reported when it is empty only for a while: when a balancer converges before the nodes that its
    /// search looks for have saved what the search now asks.
    ///
    /// ## Why it matters
    /// Both daemons take an empty backend for a valid configuration, or answer it with their last resort. Customers get
    /// 503 from a converge that every validator and every test called good.
    ///
    /// ## Example
    /// Before:
    /// ```ruby before/cookbooks/edge/recipes/default.rb
    /// web = search(:node, 'roles:web')
    /// template '/etc/haproxy/haproxy.cfg' do
    ///   variables(web: web)
    /// end
    /// ```
    /// ```erb before/cookbooks/edge/templates/default/haproxy.cfg.erb
    /// defaults
    ///   mode http
    ///   timeout connect 5s
    ///   timeout client 30s
    ///   timeout server 30s
    /// frontend public
    ///   bind :80
    ///   default_backend web
    /// backend web
    /// <% @web.each do |n| -%>
    ///   server <%= n['hostname'] %> <%= n['ipaddress'] %>:80
    /// <% end -%>
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
    /// {"name": "web1", "run_list": ["role[web]"], "automatic": {"hostname": "web1", "ipaddress": "10.0.0.2", "roles": ["web"]}}
    /// ```
    /// Bad: the web servers get another role, the balancer still looks for the old one.
    /// ```ruby bad/roles/shop.rb
    /// name 'shop'
    /// run_list []
    /// ```
    /// ```json bad/nodes/web1.json
    /// {"name": "web1", "run_list": ["role[shop]"], "automatic": {"hostname": "web1", "ipaddress": "10.0.0.2", "roles": ["web"]}}
    /// ```
    /// Good: the new role includes the old one, and `roles:` sees every role of the expanded run list.
    /// ```ruby good/roles/shop.rb
    /// name 'shop'
    /// run_list ['role[web]']
    /// ```
    /// ```json good/nodes/web1.json
    /// {"name": "web1", "run_list": ["role[shop]"], "automatic": {"hostname": "web1", "ipaddress": "10.0.0.2", "roles": ["web"]}}
    /// ```
    ///
    /// ## What to do
    /// Follow the evidence from the changed line to the search and ask for what the servers really are. Where the pool is
    /// empty only on the way, split the change: first make the servers save the new name too, let them converge, then
    /// move the search, then take the old name away.
    ///
    /// ## Incident
    /// `search-empties-the-balancer`: a search for a role that nobody has.
    ///
    /// ## How the server behaves
    /// A search sees what nodes saved at the end of their last successful run, not what the run list of the moment says;
    /// `role:` sees the run list itself and `roles:` the expanded one. HAProxy accepts a backend without servers and
    /// answers 503; nginx refuses an upstream without servers ("no servers are inside upstream").
    POOL_EMPTIED = "pool-emptied", Error,
    "a load balancer's pool has nobody left who serves",
    incident: "search-empties-the-balancer"
}

fn check(impact: &Impact, _: &Config) -> Vec<Finding> {
    impact
        .pools
        .iter()
        .filter(|pool| pool.serving_before() > 0)
        .filter_map(|pool| {
            let moment = [Moment::Settled, Moment::First, Moment::Worst]
                .into_iter()
                .find(|m| is_empty(impact, pool, *m))?;
            Some(finding(impact, pool, moment))
        })
        .collect()
}

/// Whether nobody serves for certain.
fn is_empty(impact: &Impact, pool: &PoolImpact, moment: Moment) -> bool {
    match pool.at(moment) {
        Some(now) => now.undetermined.is_none() && now.serving().next().is_none(),
        // Nobody renders the file any more: the balancer keeps the one it has.
        None if impact.rendered(&pool.node, &pool.file, moment).is_none() => false,
        None => !is_deliberate(impact, pool, moment),
    }
}

/// Whether the pool went because the change takes its name out of the code, or gives its servers another pool.
fn is_deliberate(impact: &Impact, pool: &PoolImpact, moment: Moment) -> bool {
    // A search that is still made and now finds nobody deletes nothing on purpose.
    let searched = impact.searches.iter().any(|s| {
        s.node == pool.node
            && s.before.as_ref().is_some_and(|b| !b.results.is_empty())
            && chain::search_at(s, moment)
                .is_some_and(|now| now.results.is_empty() && now.undetermined.is_none())
    });
    if searched {
        return false;
    }
    let removed = impact.files.iter().any(|file| {
        file.before.as_ref().is_some_and(|before| {
            file.hunks.iter().any(|h| {
                (h.old_line..h.old_line.saturating_add(h.old_count))
                    .any(|line| names_word(before.line_text(line), &pool.name))
            })
        })
    });
    let Some(before) = &pool.before else {
        return true;
    };
    removed
        || impact.pools.iter().any(|other| {
            other.node == pool.node
                && other.file == pool.file
                && other.before.is_none()
                && chain::lost(before, other.at(moment)).is_empty()
        })
}

fn names_word(text: &str, word: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    text.match_indices(word).any(|(at, _)| {
        let before = text.get(..at).and_then(|t| t.chars().next_back());
        let after = text.get(at + word.len()..).and_then(|t| t.chars().next());
        !before.is_some_and(inside) && !after.is_some_and(inside)
    })
}

fn finding(impact: &Impact, pool: &PoolImpact, moment: Moment) -> Finding {
    let chain = chain::of_pool(impact, pool, moment);
    let before = pool.serving_before();
    let lost = chain::count(before, "its one server", "servers");
    let lost = if before == 1 {
        "its one server".to_owned()
    } else {
        format!("all {lost}")
    };
    let (message, help) = if moment == Moment::Settled {
        (
            format!(
                "pool `{}` loses {lost}: nobody serves it any more",
                pool.name
            ),
            chain.nearest.clone().unwrap_or_else(|| {
                "ask for what the servers are, or let them become what is asked for; `foretaste search --explain` compares"
                    .to_owned()
            }),
        )
    } else {
        let after = chain::count(pool.serving_at(Moment::Settled), "server", "servers");
        (
            format!(
                "pool `{}` is empty while the change goes out: {before} → 0 → {after}",
                pool.name
            ),
            on_the_way(impact, pool),
        )
    };
    let mut finding = Finding::new(message, chain.place)
        .help(help)
        .caused_by(chain.cause);
    if let Some(now) = pool.at(moment)
        && let Some(hiding) = now.members.first()
    {
        finding = finding.evidence(
            format!(
                "what is left does not serve in ordinary operation: `{}` is {}",
                hiding.name,
                hiding.state.as_str()
            ),
            finding_place(
                impact,
                pool,
                moment,
                hiding.part.as_ref().map_or(hiding.line, |_| now.line),
            ),
        );
    }
    finding.evidence.splice(0..0, chain.evidence);
    finding.nodes.push(pool.node.clone());
    finding.pools.push(pool.name.clone());
    if !chain.gone.is_empty() {
        let gone: Vec<String> = chain.gone.into_iter().collect();
        let place = finding.primary.clone();
        finding
            .related
            .push(foretaste_simulator::convergence::Evidence {
                message: format!("no longer served by {}", chain::names(&gone)),
                location: place,
            });
    }
    finding
}

/// Who must converge first, where that is enough, and what to do else.
fn on_the_way(impact: &Impact, pool: &PoolImpact) -> String {
    let split = "split the change: let the servers save the new name beside the old one and converge, then move the \
                 search, then take the old name away";
    let Order::Groups(_) = impact.rollout.order else {
        return split.to_owned();
    };
    let waits = impact
        .rollout
        .constraints
        .iter()
        .find(|c| c.then.contains(&pool.node) && c.because.contains(&pool.name));
    match waits {
        Some(c) => format!(
            "let {} converge before {} (`foretaste plan` has the waves), or {split}",
            chain::names(&c.first),
            chain::names(&c.then)
        ),
        None => split.to_owned(),
    }
}

fn finding_place(
    impact: &Impact,
    pool: &PoolImpact,
    moment: Moment,
    line: u32,
) -> foretaste_parser::source::Location {
    impact.rendered(&pool.node, &pool.file, moment).map_or_else(
        || foretaste_parser::source::Location::line(pool.file.as_str(), line),
        |file| chain::template_place(file, line),
    )
}
