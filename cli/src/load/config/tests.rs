use foretaste_rules::Severity as RuleSeverity;

use super::*;

fn parse(text: &str) -> Result<Config, Failure> {
    Config::parse(FILE, text)
}

/// What is said about a text that is refused, and the part of it that the caret is under.
fn refused(text: &str) -> String {
    let failure = parse(text).expect_err(text);
    let place = failure.place.map(|p| text[p.span].to_owned());
    let help = failure.help.map(|h| format!("\n  help: {h}"));
    format!(
        "{}\n  at {:?}{}",
        failure.message,
        place.unwrap_or_default(),
        help.unwrap_or_default()
    )
}

#[test]
fn what_has_no_effect_is_refused_where_it_stands() {
    let texts = [
        "[inventory]\nsynthesise = 'roles'\n",
        "[serach]\n",
        "[inventory]\nsynthesize = 'role'\n",
        "fail_on = 'eror'\n",
        "[rules.pool-shrink]\nseverity = 'off'\n",
        "[rules.pool-shrunk]\nseverity = 'of'\n",
        "[rules.pool-shrunk]\n",
        "[pools.'web*']\nfloors = 3\n",
        "[pools.'web*']\npercent = 130\n",
        "[pools.web]\n",
        "[formats]\n'/a' = 'apache'\n",
        "[[format]]\npath = '/a'\nformat = 'ngin'\n",
        "[[format]]\npath = 'a.conf'\nformat = 'nginx'\n",
        "[[format]]\npath = '/a'\nformt = 'nginx'\n",
        "[format]\n'/a' = 'nginx'\n",
        "[[haproxy]]\nnodes = '*'\nversion = '2.10'\n",
        "[[haproxy]]\nnodes = '*'\nversion = 'latest'\n",
        "[[haproxy]]\nnodes = ''\nversion = '2.8'\n",
        "[[haproxy]]\nversion = '2.8'\n",
        "[[haproxy]]\npath = '/etc/haproxy/*'\nversion = '2.8'\n",
        "[repository]\nroles = '../roles'\n",
        "[repository]\ncookbook_paths = ['a', '/b']\n",
        "[inventory]\nplatform = 'ubuntu'\n",
        "[[inventory.node]]\nname = 'a'\nrun_list = ['role[web']\n",
        "[[inventory.node]]\nname = 'a'\naddresses = ['10.0.0']\n",
        "[[inventory.node]]\nname = 'a'\n[[inventory.node]]\nname = 'a'\n",
        "[[inventory.node]]\nrun_list = []\n",
        "[[waiver]]\nrule = 'pool-shrunk'\nowner = 'a'\nreason = 'b'\nexpires = '2026-02-30'\n",
        "[[waiver]]\nrule = 'pool-shrunk'\nreason = 'b'\nexpires = '2026-02-03'\n",
        "[secrets]\nkeys = ['']\n",
        "strict = 'yes'\n",
        "[rotation]\nactive = ['york']\n",
        "[rotation.addresses]\nyork = ['192.0.2.1']\n",
        "[rotation]\nsite = 'a..b'\n",
        "[rotation]\nsite = 'a'\naddresses = { york = ['york'] }\n",
        "[[rotation.record]]\nzone = 'dns/a.zone'\n",
        "[[rotation.record]]\nzone = '../a.zone'\nnames = ['www']\n",
        "[[rotation.record]]\nzone = 'a.zone'\nnames = ['www']\nkey = 'a'\n",
        "[[rotation.record]]\nitem = 'dns'\n",
        "[[rotation.record]]\nitem = 'dns/www'\nnames = ['www']\n",
        "[[rotation.record]]\nitem = 'dns/www'\nzone = 'a'\n",
        "[[rotation.record]]\n",
        "fail_on = \n",
    ];
    let all: Vec<String> = texts.iter().map(|t| refused(t)).collect();
    insta::assert_snapshot!(all.join("\n"), @r#"
    foretaste.toml: unknown field `synthesise`, expected one of `paths`, `synthesize`, `platform`, `node`
      at "synthesise"
      help: did you mean `synthesize`?
    foretaste.toml: unknown field `serach`, expected one of `fail_on`, `strict`, `repository`, `inventory`, `search`, `format`, `formats`, `haproxy`, `pools`, `rules`, `waiver`, `secrets`, `model`, `client`, `rotation`
      at "serach"
      help: did you mean `search`?
    foretaste.toml: unknown variant `role`, expected `roles` or `never`
      at "'role'"
      help: did you mean `roles`?
    foretaste.toml: unknown variant `eror`, expected one of `note`, `warning`, `error`
      at "'eror'"
      help: did you mean `error`?
    foretaste.toml: there is no rule `pool-shrink`
      at "pool-shrink"
      help: did you mean `pool-shrunk`?
    foretaste.toml: unknown variant `of`, expected one of `off`, `note`, `warning`, `error`
      at "'of'"
    foretaste.toml: this decides nothing about the rule
      at "pool-shrunk"
      help: give it a severity: "off", "note", "warning" or "error"
    foretaste.toml: unknown field `floors`, expected one of `floor`, `percent`, `from`
      at "floors"
      help: did you mean `floor`?
    foretaste.toml: more than 100 percent cannot go
      at "130"
    foretaste.toml: this decides nothing about the pool
      at "web"
      help: give it a floor, a percent or a from
    foretaste.toml: `apache` is no format
      at "'apache'"
      help: docs/formats.md lists the formats
    foretaste.toml: `ngin` is no format
      at "'ngin'"
      help: did you mean `nginx`?
    foretaste.toml: no file on a node has this path
      at "'a.conf'"
      help: write the whole path: "/srv/lb/**.conf"
    foretaste.toml: unknown field `formt`, expected `path` or `format`
      at "formt"
      help: did you mean `format`?
    foretaste.toml: invalid type: map, expected a sequence
      at "[format]"
      help: write the name in two pairs of brackets, as `[[format]]`
    foretaste.toml: `2.10` is no version that is known
      at "'2.10'"
      help: write a branch from 2.4 to 3.4, as "2.8"
    foretaste.toml: `latest` is no version that is known
      at "'latest'"
      help: write a branch from 2.4 to 3.4, as "2.8"
    foretaste.toml: no node has this name
      at "''"
      help: write a name with `*` for any text, or "role[NAME]"
    foretaste.toml: a version of nothing
      at "'2.8'"
      help: add `nodes`, or `path` for files of the repository
    foretaste.toml: no file of the repository has this path
      at "'/etc/haproxy/*'"
      help: write it from the root of the repository: "cookbooks/edge/**"
    foretaste.toml: this path is not in the repository
      at "'../roles'"
      help: write it as seen from the root of the repository: "chef/roles"
    foretaste.toml: this path is not in the repository
      at "'/b'"
      help: write it as seen from the root of the repository: "chef/roles"
    foretaste.toml: `ubuntu` is no platform and version
      at "'ubuntu'"
      help: write it as "ubuntu 22.04"
    foretaste.toml: `role[web` is no item of a run list
      at "'role[web'"
      help: write it as "role[web]" or "recipe[nginx::default]"
    foretaste.toml: `10.0.0` is no IP address
      at "'10.0.0'"
    foretaste.toml: a node of this name is described above
      at "'a'"
    foretaste.toml: missing field `name`
      at "[[inventory.node]]"
    foretaste.toml: `2026-02-30` is not a day: write YYYY-MM-DD
      at "'2026-02-30'"
    foretaste.toml: missing field `owner`
      at "[[waiver]]"
    foretaste.toml: a key without a name hides nothing
      at "''"
    foretaste.toml: invalid type: string "yes", expected a boolean
      at "'yes'"
    foretaste.toml: nothing says which nodes a site has
      at "'york'"
      help: name the attribute that does: `site = "datacenter"` in [rotation]
    foretaste.toml: nothing says which nodes a site has
      at "'192.0.2.1'"
      help: name the attribute that does: `site = "datacenter"` in [rotation]
    foretaste.toml: `a..b` is no path of keys
      at "'a..b'"
      help: write it as "a.b"
    foretaste.toml: `york` is no IP address
      at "'york'"
    foretaste.toml: nothing says which of its names customers ask for
      at "'dns/a.zone'"
      help: write them beside it: `names = ["www"]`
    foretaste.toml: this path is not in the repository
      at "'../a.zone'"
    foretaste.toml: a zone has no keys
      at "'a'"
    foretaste.toml: `dns` is no data bag item
      at "'dns'"
      help: write it as "BAG/ITEM"
    foretaste.toml: names are a zone's
      at "'www'"
    foretaste.toml: a record is of a zone or of an item, not of both
      at "'a'"
    foretaste.toml: [[rotation.record]] names neither a zone nor an item
      at ""
      help: write `zone = "PATH"` with `names`, or `item = "BAG/ITEM"`
    foretaste.toml: string values must be quoted, expected literal string
      at ""
    "#);
}

#[test]
fn every_key_is_read() {
    let template = crate::commands::init::TEMPLATE;
    assert!(parse(template).unwrap().nodes.is_empty());
    // What the template shows in comments can be set.
    let set: String = template
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(key) if key.starts_with('[') || key.contains(" = ") => key,
            _ => line,
        })
        .fold(String::new(), |text, line| text + line + "\n");
    let config = parse(&set).unwrap();
    assert_eq!((config.nodes.len(), config.rules.waivers.len()), (1, 1));
    let config = parse(
        "fail_on = 'warning'\nstrict = true\n[repository]\ncookbook_paths = ['site/']\nroles = './r'\n\
         [inventory]\npaths = ['n']\nsynthesize = 'roles'\nplatform = 'debian 12'\n\
         [[inventory.node]]\nname = 'web1'\nrun_list = ['role[web]']\naddresses = ['10.0.0.1']\n\
         [search]\nprofile = 'zero'\n[pools.'web*']\nfloor = 3\npercent = 20\n\
         [rules.pool-shrunk]\nseverity = 'note'\n[secrets]\nkeys = ['password']\n",
    )
    .unwrap();
    let layout = config.layout(Layout::detect(&Default::default()));
    assert_eq!(layout.cookbooks, ["site"]);
    assert_eq!(layout.roles, "r");
    let (node, place) = &config.nodes[0];
    assert_eq!((node.name.as_str(), place.line), ("web1", 11));
    assert_eq!(config.keys.fail_on, Some(Severity::Warning));
}

#[test]
fn what_is_decided_about_rules_and_pools_reaches_them() {
    let config = parse(
        "[rules.pool-shrunk]\nseverity = 'warning'\n[rules.ruby-syntax]\nseverity = 'off'\n\
         [pools.'web*']\nfloor = 5\n[pools.'*']\npercent = 10\n\
         [[waiver]]\nrule = 'pool-emptied'\nowner = 'ops'\nreason = 'move'\nexpires = '2026-12-31'\n",
    )
    .unwrap()
    .rules;
    assert_eq!(
        config.severity.get("pool-shrunk"),
        Some(&Some(RuleSeverity::Warning))
    );
    assert_eq!(config.severity.get("ruby-syntax"), Some(&None));
    assert_eq!(
        (config.limits("web_1").floor, config.limits("web_1").percent),
        (5, 30)
    );
    assert_eq!(config.limits("api").percent, 10);
    assert_eq!(config.waivers.len(), 1);
}

#[test]
fn answers_about_the_machines_are_read() {
    let config = parse(
        "[model.commands]\n'uname -r' = '5.15'\n'/^rpm/' = { status = 1 }\n\
         [model.files]\n'/etc/a' = 'text'\n'/etc/b' = false\n'/srv/c/' = true\n\
         [model.environment]\nCI = false\nTIER = 'gold'\n\
         [model.attributes]\nvirtualization = { role = 'guest' }\n",
    );
    let model = config.expect("a config").model;
    let commands: Vec<String> = model
        .commands
        .iter()
        .map(|c| format!("{} {:?} {}", c.command, c.stdout, c.status))
        .collect();
    insta::assert_snapshot!(commands.join("\n"), @r#"
    uname -r "5.15" 0
    /^rpm/ "" 1
    "#);
    insta::assert_snapshot!(format!("{:?}", model.files), @r#"{"/etc/a": Text("text"), "/etc/b": Absent, "/srv/c": Folder}"#);
    insta::assert_snapshot!(format!("{:?} {:?}", model.environment, model.facts), @r#"{"CI": None, "TIER": Some("gold")} {"virtualization": Object {"role": String("guest")}}"#);
}

#[test]
fn answers_that_mean_nothing_are_refused() {
    let texts = [
        "[model.commands]\n'' = 'x'\n",
        "[model.commands]\n'/(/' = 'x'\n",
        "[model.commands]\n'ls' = { statu = 1 }\n",
        "[model.files]\n'etc/a' = true\n",
        "[model.files]\n'/etc/' = 'x'\n",
        "[model.files]\n'/etc/a' = 1\n",
        "[model.environment]\nCI = true\n",
    ];
    let all: Vec<String> = texts.iter().map(|t| refused(t)).collect();
    insta::assert_snapshot!(all.join("\n"), @r#"
    foretaste.toml: a command without a text is never run
      at "''"
    foretaste.toml: this pattern cannot be read: Parsing error at position 1: Opening parenthesis without closing parenthesis
      at "'/(/'"
    foretaste.toml: a text that is printed, or { stdout, stderr, status }
      at "{ statu = 1 }"
    foretaste.toml: this is no path of a node
      at "'etc/a'"
      help: write it from the root: "/etc/hosts"
    foretaste.toml: a folder has no text
      at "'/etc/'"
    foretaste.toml: a file's text, the names in a folder, true where it is there, or false where it is not
      at "1"
    foretaste.toml: model.environment.CI: `true` is no value of a variable
      at ""
      help: write the text that it has, or false where it is not set
    "#);
}

#[test]
fn formats_and_versions_are_said_of_paths_and_nodes() {
    let text = "[[format]]\npath = '/srv/**.conf'\nformat = 'nginx'\n[[format]]\npath = '/srv/lb/*'\nformat = 'haproxy'\n\
                [[haproxy]]\nnodes = 'role[lb]'\nversion = '2.8'\n";
    let readers = Config::parse(FILE, text).expect("a configuration").readers;
    let format = |path| readers.format(path, "").map(|f| f.to_string());
    assert_eq!(format("/srv/a/b.conf").as_deref(), Some("nginx"));
    assert_eq!(format("/srv/lb/b.conf").as_deref(), Some("haproxy"));
    let said: Vec<String> = readers
        .haproxy
        .iter()
        .map(|h| format!("{} {}", h.nodes, h.version))
        .collect();
    assert_eq!(said, ["role[lb] 2.8"]);
}

#[test]
fn a_file_that_no_node_has_is_for_the_version_of_its_path() {
    let text = "[[haproxy]]\nnodes = 'role[lb]'\npath = 'cookbooks/lb/**'\nversion = '2.8'\n\
                [[haproxy]]\npath = 'cookbooks/**'\nversion = '2.4'\n";
    let version = |text: &str, path: &str| {
        let readers = Config::parse(FILE, text).expect("a configuration").readers;
        readers.haproxy_of_file(path).to_string()
    };
    assert_eq!(version(text, "cookbooks/lb/files/haproxy.cfg"), "2.8");
    assert_eq!(version(text, "cookbooks/edge/files/haproxy.cfg"), "2.4");
    assert_eq!(version(text, "haproxy.cfg"), "2.6");
    let every =
        "[[haproxy]]\nnodes = 'lb*'\nversion = '2.8'\n[[haproxy]]\nnodes = '*'\nversion = '3.0'\n";
    assert_eq!(version(every, "haproxy.cfg"), "3.0");
}
