//! What the analysis of a rollout costs on top of simulating both sides: `cargo bench -p foretaste-tests --bench rollout`.
//!
//! Changes of a made-up fleet of 1,000 nodes: ten balancers that search for web servers, which are of two roles. Each row
//! is the processor's time for both simulations alone and for the whole analysis, and the ratio of the two.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Instant;

use foretaste_simulator::change::{self, Revision, Settings};
use foretaste_simulator::inventory::Inventory;
use foretaste_simulator::repository::{Files, Layout, ParseCache, Repository};

/// That of the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const NODES: usize = 1_000;
const BALANCERS: usize = 10;
/// The last so many nodes list one another.
const PEERS: usize = 6;
const ROUNDS: usize = 3;

/// Nodes that list one another by a role.
#[derive(Clone, Copy)]
struct Peers {
    count: usize,
    roles: &'static str,
    find: &'static str,
    treat: &'static str,
}

/// They count one another by the role that they get from the other one.
const COUNTING: Peers = Peers {
    count: PEERS,
    roles: "old",
    find: "new",
    treat: "found = found.first(2) if found.size > 3\nnode.default['seen'] = found.size\n",
};

fn revision(few: usize, query: &str, attributes: &str, roles: &'static str) -> Revision {
    let peers = Peers { roles, ..COUNTING };
    with_peers(few, query, attributes, peers)
}

/// A role gets another name, and the search for it, too.
fn renamed(count: usize, roles: &'static str, find: &'static str) -> Revision {
    let peers = Peers {
        count,
        roles,
        find,
        treat: "",
    };
    with_peers(0, "roles:web", "default['web']['state'] = 'old'\n", peers)
}

fn with_peers(few: usize, query: &str, attributes: &str, peers: Peers) -> Revision {
    let lb = format!(
        "found = search(:node, '{query}').sort_by(&:name)\n\
         template '/etc/haproxy/haproxy.cfg' do\n  source 'haproxy.cfg.erb'\n  variables servers: found\nend\n"
    );
    let mut files = Files::default();
    let mut put = |path: &str, text: &str| {
        files.0.insert(path.into(), text.as_bytes().into());
    };
    put("cookbooks/lb/metadata.rb", "name 'lb'\nversion '1.0.0'\n");
    put("cookbooks/lb/recipes/default.rb", &lb);
    put(
        "cookbooks/lb/templates/haproxy.cfg.erb",
        "defaults\n  mode http\n  timeout connect 1s\n  timeout client 1s\n  timeout server 1s\nbackend web\n\
         <% @servers.each do |s| -%>\n  server <%= s.name %> <%= s['ipaddress'] %>:80\n<% end -%>\n",
    );
    put("cookbooks/web/metadata.rb", "name 'web'\nversion '1.0.0'\n");
    put("cookbooks/web/attributes/default.rb", attributes);
    put(
        "cookbooks/web/recipes/default.rb",
        "file('/srv/web') { content node['web'].to_s }\n",
    );
    for role in ["web", "front"] {
        let text = format!("name '{role}'\nrun_list 'recipe[web]'\n");
        put(&format!("roles/{role}.rb"), &text);
    }
    let recipe = format!(
        "found = search(:node, 'roles:{}').sort_by(&:name)\n{}\
         template '/etc/haproxy/haproxy.cfg' do\n  source 'haproxy.cfg.erb'\n  variables servers: found\nend\n",
        peers.find, peers.treat
    );
    put("cookbooks/lb/recipes/peers.rb", &recipe);
    for role in ["old", "new"] {
        let text = format!("name '{role}'\nrun_list 'recipe[lb::peers]'\n");
        put(&format!("roles/{role}.rb"), &text);
    }
    let roles: Vec<String> = peers
        .roles
        .split(' ')
        .map(|r| format!("role[{r}]"))
        .collect();
    put(
        "roles/peer.rb",
        &format!("name 'peer'\nrun_list '{}'\n", roles.join("', '")),
    );
    put("roles/lb.rb", "name 'lb'\nrun_list 'recipe[lb]'\n");
    let mut inventory = Inventory::default();
    for n in 0..NODES {
        let role = match n {
            n if n < BALANCERS => "lb",
            n if n >= NODES - peers.count => "peer",
            n if n < BALANCERS + few => "front",
            _ => "web",
        };
        let json = format!(
            r#"{{"name": "n{n}", "run_list": ["role[{role}]"], "automatic":
                {{"roles": ["{role}"], "platform": "ubuntu", "ipaddress": "10.0.{}.{}"}},
                "default": {{"web": {{"state": "old"}}}}}}"#,
            n / 250,
            n % 250
        );
        inventory.add_json(&format!("nodes/n{n}.json"), json.as_bytes());
    }
    let layout = Layout::detect(&files);
    let repository = Repository::new(files, layout, Arc::new(ParseCache::default()));
    Revision {
        repository: Arc::new(repository),
        inventory,
    }
}

/// Seconds; the least of some rounds.
fn time(mut work: impl FnMut()) -> f64 {
    let mut best = f64::INFINITY;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        work();
        best = best.min(start.elapsed().as_secs_f64());
    }
    best
}

fn main() {
    let old = "default['web']['state'] = 'old'\n";
    let new = "default['web']['state'] = 'new'\n";
    let settings = Settings {
        threads: NonZeroUsize::MIN,
        ..Settings::default()
    };
    for (name, before, after) in [
        (
            "a search that finds other nodes",
            revision(400, "roles:web", old, "old"),
            revision(400, "roles:front", old, "old"),
        ),
        (
            "an attribute that all web servers save anew and balancers ask for",
            revision(400, "web_state:old", old, "old"),
            revision(400, "web_state:new", new, "old"),
        ),
        (
            "five nodes of another role",
            revision(0, "roles:web OR roles:front", old, "old"),
            revision(5, "roles:web OR roles:front", old, "old"),
        ),
        (
            "six nodes that count one another, every state visited",
            revision(0, "roles:web", old, "old"),
            revision(0, "roles:web", old, "new"),
        ),
        (
            "six peers that need one another first, split",
            renamed(PEERS, "old", "old"),
            renamed(PEERS, "old new", "new"),
        ),
        (
            "ninety peers that need one another first, split",
            renamed(90, "old", "old"),
            renamed(90, "old new", "new"),
        ),
    ] {
        let impact = change::impact(Some(&before), &after, &settings);
        let (walked, split) = (impact.walked, impact.split);
        let plain = time(|| {
            std::hint::black_box(change::simulate(&before, &settings));
            std::hint::black_box(change::simulate(&after, &settings));
        });
        let whole = time(|| {
            std::hint::black_box(change::impact(Some(&before), &after, &settings));
        });
        println!(
            "{name}: both simulations {plain:.2} s, whole analysis {whole:.2} s, ratio {:.2}{}",
            whole / plain,
            match (walked, split) {
                (_, Some(_)) => ", split",
                (Some(_), None) => ", walked",
                (None, None) => "",
            }
        );
    }
}
