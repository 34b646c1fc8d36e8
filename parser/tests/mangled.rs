//! Every parser gets texts cut off anywhere and with bytes changed: none may panic, and every error
//! must lie inside its text, on character boundaries.

use std::sync::Arc;

use foretaste_parser::formats::Format;
use foretaste_parser::query::{self, Profile};
use foretaste_parser::source::{Source, SyntaxError};
use foretaste_parser::{check as config_check, conflict, erb, haproxy, json, nginx, ruby};

const RUBY: &str = r#"# Balancer
pools = search(:node, "roles:#{node['web']['role']} AND chef_environment:prod") || []
class Web < Base
  attr_reader :name
  def initialize(name, *rest, port: 80, **, &block) = super(name, *rest, **, &block)
  def forward(...) = call(...)
end
pools.each_with_index do |(host, _, *), i|
  next unless host =~ /\Aweb-(?<id>\d+)é/i
  template "/etc/#{host}" do
    variables({ i:, "k" => %w[a b], **defaults&.to_h })
    notifies :reload, 'service[haproxy]' unless i >= 0x1f
  end rescue nil
end
case { name: "x", tags: [1, [2, 3]] }
in { name: String => n, tags: [Integer, [*, 3]] } if n.size > 1 then n
in [Float | nil, ^pools] then -> { it + ?d }
else begin; x.y ||= 1; rescue A, *B => e; retry; ensure z[1] &&= 2; end
end
text = <<~EOS + 'b' "c"
  #{text} =======
EOS
"#;

const ERB: &str = "<% @pools.sort.each do |name, hosts| -%>\r\nbackend <%= name %>\n  <%# it's %>\n\
    <%- hosts.each do |h| %>  server <%= h['name'] =%>\n <%== h[:ip] || '\\é' -%>\n<% end end %>\n<%% raw %>\n";

const JSON: &str = "{ // role\n \"name\": \"web\", /* é */ \"run_list\": [\"role[a]\", \"recipe[b::c]\"],\n\
    \"default_attributes\": {\"n\": -1.5e+3, \"t\": [true, false, null], \"s\": \"\\u00e9\\ud83d\\ude00\\n\"}}\n";

const HAPROXY: &str = "global\n  maxconn 4096\ndefaults\n  mode http\n  timeout client 5s\nfrontend www\n  bind *:80\n\
    \x20 acl api path_beg /api \"é\"\n  use_backend api if api\n  default_backend web\nbackend api\n  balance roundrobin\n\
    \x20 server a 10.0.0.1:80 check weight 10 # x\n  server b 10.0.0.2:80 backup disabled\nbackend web\n  server c \\ d:80\n";

const NGINX: &str = "user www; # é\nhttp {\n upstream app { server 10.0.0.1:80 weight=2; server unix:/a backup; }\n\
    \x20 server { listen 80; location ~ ^/(a|b)$ { proxy_pass http://app; return 301 \"https://$host{x}\"; } }\n}\n";

const QUERY: &str =
    "roles:web* AND (tags:a\\:b OR NOT name:\"x y\"~2) AND -n:[1 TO *} +é:/a.b/^2 && !x?y";

/// A fixed sequence: the same texts are mangled the same way on every run.
struct Sequence(u64);

impl Sequence {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound.max(1)
    }
}

/// Cut off at each of some hundred places, and with some bytes replaced, removed or repeated.
fn mangled(text: &str) -> Vec<Vec<u8>> {
    const BYTES: &[u8] = b"\0\n\r\t \"'#%&()*+,-./09:;<=>?@[\\]^_`aez{|}~\xc3\xff";
    let bytes = text.as_bytes();
    let mut sequence = Sequence(20_261_122);
    let step = bytes.len() / 150 + 1;
    let mut texts: Vec<Vec<u8>> = (0..bytes.len())
        .step_by(step)
        .flat_map(|at| [bytes[..at].to_vec(), bytes[at..].to_vec()])
        .collect();
    for _ in 0..300 {
        let mut copy = bytes.to_vec();
        for _ in 0..=sequence.below(4) {
            let at = sequence.below(copy.len());
            match sequence.below(3) {
                0 => copy[at] = BYTES[sequence.below(BYTES.len())],
                1 => drop(copy.remove(at)),
                _ => {
                    let end = (at + sequence.below(40)).min(copy.len());
                    let piece = copy[at..end].to_vec();
                    copy.splice(at..at, piece);
                }
            }
        }
        texts.push(copy);
    }
    texts
}

fn check(path: &str, text: &str, errors: impl Fn(&Arc<Source>) -> Vec<SyntaxError>) {
    let whole = Arc::new(Source::new(path, text));
    assert_eq!(errors(&whole), [], "the text as it is must parse");
    let mut failing = 0;
    for bytes in mangled(text) {
        let source = Arc::new(Source::from_bytes(path, &bytes));
        let found = errors(&source);
        failing += usize::from(!found.is_empty());
        for error in found {
            let (start, end) = (error.span.start as usize, error.span.end as usize);
            let inside = start <= end && source.text().get(start..end).is_some();
            assert!(inside, "{error:?} in {:?}", source.text());
        }
    }
    assert!(failing > 50, "only {failing} mangled texts have errors");
}

#[test]
fn ruby_bears_it() {
    check("recipe.rb", RUBY, |s| ruby::parse(s.clone()).errors);
}

#[test]
fn templates_bear_it() {
    check("a.cfg.erb", ERB, |s| erb::parse(s.clone()).errors);
}

#[test]
fn json_bears_it() {
    check("role.json", JSON, |s| {
        let (node, errors) = json::parse(s);
        if let Some(node) = node {
            let _ = (node.to_json(), node.duplicates());
        }
        errors
    });
}

#[test]
fn haproxy_configs_bear_it() {
    for bytes in mangled(HAPROXY) {
        let source = Source::from_bytes("haproxy.cfg", &bytes);
        let _ = (
            haproxy::parse(&source),
            haproxy::problems(&source, haproxy::Version::USUAL),
        );
    }
}

#[test]
fn nginx_configs_bear_it() {
    for bytes in mangled(NGINX) {
        let source = Source::from_bytes("nginx.conf", &bytes);
        let _ = (nginx::parse(&source), nginx::problems(&source));
    }
}

/// A little of everything that the other formats have.
const MIXED: &str = "[Unit]\n*filter\n:INPUT DROP [0:0]\n-A INPUT -j X\nCOMMIT\n<VirtualHost *:80>\n  <Proxy \"balancer://a\">\n\
    \x20   BalancerMember http://é:80 status=+D\n  </Proxy>\n</VirtualHost>\nvcl 4.1;\nbackend a { .host = \"é\"; }\n\
    sub vcl_init { new d = directors.x(); d.add_backend(a); C{ x }C {\"y\"} }\nroot ALL=(ALL) NOPASSWD: /bin/é, !X\n\
    %a\\ b ALL = \\\n ALL\n*/5 1-2,3 * jan mon root x\nvirtual_server 10.0.0.1 80 {\n  real_server  80 { weight 0 }\n}\n\
    acl a src 10.0.0.0/8\nhttp_access deny !a\nPort 22\nMatch User é\nlisten_addresses = 'é''\\'' # x\n\
    host all all 10.0.0.0 255.0.0.0 md5\nzone \"a\" { /* é */ type master; };\na: &x [1, {b: *x, \"é\": 2}]\n\
    <?xml version=\"1.0\"?><a b='é'>&amp;<!-- - --></a>\n{\"a\": [1, 2]}\nk = \"\\u00e9\"\n/a {\n postrotate\n x\n endscript\n}\n";

#[test]
fn configs_of_every_format_bear_it() {
    let deep: Vec<String> = ["[", "{", "(", "<a>", "a {\n", "- ", "{\"a\":", "<If a>\n"]
        .iter()
        .map(|piece| piece.repeat(5000))
        .collect();
    let texts = mangled(MIXED)
        .into_iter()
        .chain(deep.into_iter().map(String::into_bytes));
    for bytes in texts {
        for format in Format::ALL {
            let source = Source::from_bytes("/etc/x/a.service", &bytes);
            for problem in config_check::problems(*format, &source) {
                let (start, end) = (problem.span.start as usize, problem.span.end as usize);
                let inside = source.text().get(start..end).is_some();
                assert!(inside, "{format}: {problem:?} in {:?}", source.text());
            }
            for include in config_check::includes(*format, &source) {
                assert!(!source.slice(include.span).is_empty(), "{include:?}");
            }
        }
    }
}

#[test]
fn queries_bear_it() {
    for bytes in mangled(QUERY) {
        let text = String::from_utf8_lossy(&bytes);
        for profile in [Profile::Server, Profile::Solr4, Profile::Zero] {
            if let Err(error) = query::parse(&text, profile) {
                assert!(error.offset <= text.len(), "{error:?} in {text:?}");
            }
        }
        let _ = query::surprises(&text);
    }
}

#[test]
fn conflicts_bear_it() {
    let text = "a\n<<<<<<< HEAD\né\n=======\nb\n>>>>>>> topic\n".repeat(3);
    for bytes in mangled(&text) {
        let source = Source::from_bytes("a", &bytes);
        for error in conflict::markers(&source) {
            assert!(!source.slice(error.span).is_empty(), "{error:?}");
        }
    }
}
