//! Pools of a VCL file: each director, and each backend that requests are sent to by name.

use std::collections::{BTreeMap, BTreeSet};

use foretaste_parser::hole::has_hole;
use foretaste_parser::source::Source;
use foretaste_parser::vcl::{Kind, Statement, parse};

use super::{Member, MemberState, Pool};

/// Directors of Varnish 4 and later (`new d = directors.…()`), of Varnish 3 (`director d round-robin { … }`), and,
/// in a file without any, the backend that requests go to by themselves: `default`, or the first.
#[must_use]
pub fn pools(source: &Source) -> Vec<Pool> {
    let (statements, _) = parse(source);
    let mut file = File {
        source,
        backends: BTreeMap::new(),
        pools: BTreeMap::new(),
    };
    for statement in &statements {
        file.declare(statement);
    }
    let mut hinted = BTreeSet::new();
    for statement in &statements {
        file.read(statement, &mut hinted);
    }
    let lone = file.lone(&statements, &hinted);
    let mut pools: Vec<Pool> = file.pools.into_values().chain(lone).collect();
    if statements.iter().any(|s| has_hole(s.word(0))) || loses_holes(source, &statements) {
        for pool in &mut pools {
            pool.undetermined
                .get_or_insert_with(|| "an unknown part of the text may hold backends".to_owned());
        }
    }
    pools.sort_by_key(|p| p.line);
    pools
}

/// The parser leaves out unknown text that may hold whole statements.
fn loses_holes(source: &Source, statements: &[Statement<'_>]) -> bool {
    fn held(s: &Statement<'_>) -> usize {
        let own: usize = s.tokens.iter().map(|t| holes(t.text)).sum();
        own + s.block().iter().map(held).sum::<usize>()
    }
    fn holes(text: &str) -> usize {
        text.chars()
            .filter(|c| foretaste_parser::hole::is_hole(*c))
            .count()
    }
    has_hole(source.text()) && holes(source.text()) > statements.iter().map(held).sum()
}

struct File<'s> {
    source: &'s Source,
    backends: BTreeMap<&'s str, Member>,
    pools: BTreeMap<&'s str, Pool>,
}

impl<'s> File<'s> {
    fn declare(&mut self, statement: &Statement<'s>) {
        if statement.word(0) == "backend" {
            let name = statement.word(1);
            self.backends.insert(name, self.backend(name, statement));
        }
    }

    fn backend(&self, name: &str, statement: &Statement<'s>) -> Member {
        let field = |f| statement.field(f).map_or("", |t| t.text);
        let path = statement.field("path").is_some();
        let host = if path { field("path") } else { field("host") };
        let (address, port) = super::split_host_port(host);
        // `backend name none;` answers nobody, on purpose.
        let state = if statement.word(2) == "none" || address.is_empty() {
            MemberState::Blank
        } else {
            MemberState::Serving
        };
        Member {
            name: name.to_owned(),
            address,
            port: field("port").parse().ok().or(port),
            node: None,
            part: None,
            state,
            line: self.source.line(statement.span.start),
        }
    }

    fn pool(&mut self, name: &'s str, statement: &Statement<'s>) -> &mut Pool {
        let line = self.source.line(statement.span.start);
        let end_line = self.source.line(statement.span.end.saturating_sub(1));
        self.pools.entry(name).or_insert_with(|| Pool {
            name: name.to_owned(),
            members: Vec::new(),
            line,
            end_line,
            undetermined: has_hole(name).then(|| "the pool's name is unknown".to_owned()),
            ..Pool::default()
        })
    }

    fn read(&mut self, statement: &Statement<'s>, hinted: &mut BTreeSet<&'s str>) {
        match statement.word(0) {
            "new" if statement.word(3).starts_with("directors.") => {
                self.pool(statement.word(1), statement);
            }
            "director" => self.old_director(statement),
            "set"
                if matches!(
                    statement.word(1),
                    "req.backend_hint" | "bereq.backend" | "req.backend"
                ) =>
            {
                hinted.insert(statement.word(3));
            }
            method => {
                if let Some(director) = method.strip_suffix(".add_backend") {
                    self.add(director, statement);
                }
            }
        }
        for inner in statement.block() {
            self.read(inner, hinted);
        }
    }

    fn add(&mut self, director: &'s str, statement: &Statement<'s>) {
        let name = statement.word(2);
        let line = self.source.line(statement.span.start);
        // A fallback director asks in the order of its list: all of them serve once it is their turn.
        let mut member = self.backends.get(name).cloned().unwrap_or_else(|| Member {
            name: name.to_owned(),
            address: name.to_owned(),
            port: None,
            node: None,
            part: None,
            state: MemberState::Serving,
            line,
        });
        let weight = statement.tokens.get(4).filter(|t| t.kind == Kind::Word);
        if weight.is_some_and(|t| t.text.parse::<f64>() == Ok(0.0))
            && member.state == MemberState::Serving
        {
            member.state = MemberState::Drained;
        }
        member.line = line;
        let pool = self.pool(director, statement);
        pool.end_line = pool.end_line.max(line);
        if has_hole(name) {
            pool.undetermined
                .get_or_insert_with(|| format!("line {line} holds unknown text"));
        }
        pool.members.push(member);
    }

    /// `director name round-robin { { .backend = web1; } { .backend = { .host = "…"; } } }`
    fn old_director(&mut self, statement: &Statement<'s>) {
        let name = statement.word(1);
        let mut members = Vec::new();
        for entry in statement.block() {
            for field in entry.block().iter().filter(|s| s.word(0) == ".backend") {
                let mut member = match field.block {
                    Some(_) => self.backend("backend", field),
                    None => self
                        .backends
                        .get(field.word(2))
                        .cloned()
                        .unwrap_or_else(|| self.backend(field.word(2), field)),
                };
                member.line = self.source.line(field.span.start);
                members.push(member);
            }
        }
        self.pool(name, statement).members = members;
    }

    /// Backends that requests go to without a director.
    fn lone(&self, statements: &[Statement<'s>], hinted: &BTreeSet<&'s str>) -> Vec<Pool> {
        let one = |name: &str, member: &Member| Pool {
            name: name.to_owned(),
            members: vec![member.clone()],
            line: member.line,
            end_line: member.line,
            undetermined: has_hole(&member.name).then(|| "the pool's name is unknown".to_owned()),
            ..Pool::default()
        };
        let mut out: Vec<Pool> = hinted
            .iter()
            .filter_map(|name| Some(one(name, self.backends.get(name)?)))
            .collect();
        if self.pools.is_empty() {
            let first = statements
                .iter()
                .find(|s| s.word(0) == "backend")
                .map(|s| s.word(1));
            let default = self
                .backends
                .get("default")
                .or_else(|| self.backends.get(first?));
            if let Some(member) = default.filter(|m| !hinted.contains(m.name.as_str())) {
                out.push(one("default", member));
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(text: &str) -> String {
        super::super::tests::report(pools, text)
    }

    #[test]
    fn directors_have_the_backends_that_are_added() {
        insta::assert_snapshot!(report(r#"vcl 4.1;
import directors;
backend web1 { .host = "10.0.0.1"; .port = "8080"; }
backend web2 { .host = "web2.example.com:81"; }
backend web3 { .host = ""; }
backend admin { .host = "10.0.0.9"; }
sub vcl_init {
  new app = directors.round_robin();
  app.add_backend(web1);
  app.add_backend(web2, 0);
  app.add_backend(web3);
  new none = directors.random();
}
sub vcl_recv {
  set req.backend_hint = app.backend();
  if (req.url ~ "^/admin") { set req.backend_hint = admin; }
}
"#), @"
        admin (6-6)
          serving admin 10.0.0.9
        app (8-11)
          serving web1 10.0.0.1:8080
          drained web2 web2.example.com:81
          blank web3 
        none (12-12)
        ");
    }

    #[test]
    fn old_directors_and_lone_backends_are_pools() {
        insta::assert_snapshot!(report(r#"
backend a { .host = "10.0.0.1"; .port = "80"; }
director app round-robin {
  { .backend = a; }
  { .backend = { .host = "10.0.0.2"; } }
}
"#), @"
        app (3-6)
          serving a 10.0.0.1:80
          serving backend 10.0.0.2
        ");
        insta::assert_snapshot!(report("vcl 4.1;\nbackend web { .host = \"10.0.0.1\"; }\n"), @"
        default (2-2)
          serving web 10.0.0.1
        ");
        insta::assert_snapshot!(report("vcl 4.1;\nbackend default none;\n"), @"
        default (2-2)
          blank default
        ");
    }

    #[test]
    fn unknown_statements_leave_every_pool_open() {
        let text =
            "vcl 4.1;\nsub vcl_init {\n  new app = directors.round_robin();\n  \u{100000}\n}\n";
        assert!(report(text).contains("undetermined"), "{}", report(text));
    }
}
