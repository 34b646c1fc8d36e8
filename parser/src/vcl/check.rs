//! What Varnish's compiler would refuse.

use std::collections::BTreeSet;

use super::{Kind, Statement, parse};
use crate::hole::has_hole;
use crate::nearest::nearest;
use crate::problem::{Class, Problem};
use crate::source::Source;

/// What stands at the top of a file.
const TOP: [&str; 9] = [
    "vcl", "import", "include", "backend", "director", "probe", "acl", "sub", "table",
];

/// Everything that is wrong with a file.
#[must_use]
pub fn problems(source: &Source) -> Vec<Problem> {
    let (statements, errors) = parse(source);
    let mut out: Vec<Problem> = errors.into_iter().map(Problem::from).collect();
    let mut names = Names::default();
    for statement in &statements {
        names.read(statement);
        top(statement, &mut out);
        if statement.word(0) == "backend"
            && let Some(host) = statement.field("host").filter(|h| h.text.is_empty())
        {
            let message = format!("backend `{}` has no address", statement.word(1));
            out.push(Problem::warning(Class::BlankAddress, message, host.span));
        }
    }
    // What is included, or unknown, may define any name.
    let open = has_hole(source.text()) || statements.iter().any(|s| s.word(0) == "include");
    let parses = out.iter().all(|p| p.class == Class::BlankAddress);
    if !open && parses {
        for statement in &statements {
            names.check(statement, &mut out);
        }
    }
    out.sort_by_key(|p| p.span.start);
    out
}

fn top(statement: &Statement<'_>, out: &mut Vec<Problem>) {
    let word = statement.word(0);
    let Some(first) = statement.tokens.first().filter(|t| t.kind == Kind::Word) else {
        return;
    };
    if has_hole(word) || TOP.contains(&word) {
        return;
    }
    // Fastly and other dialects have declarations of their own: only what looks mistyped is told.
    if let Some(near) = nearest(word, TOP.into_iter()) {
        out.push(
            Problem::error(
                Class::UnknownKeyword,
                format!("Expected one of 'acl', 'sub', 'backend', 'probe', 'import', got '{word}'"),
                first.span,
            )
            .with_help(format!("did you mean `{near}`?")),
        );
    }
}

#[derive(Default)]
struct Names<'s> {
    backends: BTreeSet<&'s str>,
    probes: BTreeSet<&'s str>,
    subs: BTreeSet<&'s str>,
}

impl<'s> Names<'s> {
    fn read(&mut self, statement: &Statement<'s>) {
        let name = statement.word(1);
        match statement.word(0) {
            "backend" | "director" => self.backends.insert(name),
            "probe" => self.probes.insert(name),
            "sub" => self.subs.insert(name),
            _ => false,
        };
    }

    fn check(&self, statement: &Statement<'s>, out: &mut Vec<Problem>) {
        let word = |n| statement.word(n);
        // `.probe = name;` and not a block in its place.
        let plain = statement.tokens.len() == 3 && statement.block.is_none();
        match word(0) {
            "call" if !self.subs.contains(word(1)) => {
                undefined(statement, 1, "sub", &self.subs, out);
            }
            // A director's or a module's method has parentheses, and more words.
            "set" if statement.tokens.len() == 4 && is_backend_choice(word(1)) => {
                let name = word(3);
                if !self.backends.contains(name) && !name.contains('.') && name != "default" {
                    undefined(statement, 3, "backend", &self.backends, out);
                }
            }
            ".probe" if plain && word(2) != "default" && !self.probes.contains(word(2)) => {
                undefined(statement, 2, "probe", &self.probes, out);
            }
            ".backend" if plain && !self.backends.contains(word(2)) => {
                undefined(statement, 2, "backend", &self.backends, out);
            }
            method if method.ends_with(".add_backend") => {
                let argument = word(2);
                if !argument.contains('.')
                    && !self.backends.contains(argument)
                    && !self.is_object(statement, argument)
                {
                    undefined(statement, 2, "backend", &self.backends, out);
                }
            }
            _ => {}
        }
        for inner in statement.block() {
            self.check(inner, out);
        }
    }

    /// True where the argument is no plain name.
    fn is_object(&self, statement: &Statement<'_>, argument: &str) -> bool {
        argument.is_empty() || statement.tokens.get(2).is_none_or(|t| t.kind != Kind::Word)
    }
}

fn is_backend_choice(variable: &str) -> bool {
    matches!(
        variable,
        "req.backend_hint" | "bereq.backend" | "req.backend"
    )
}

fn undefined(
    statement: &Statement<'_>,
    n: usize,
    what: &str,
    known: &BTreeSet<&str>,
    out: &mut Vec<Problem>,
) {
    let Some(token) = statement.tokens.get(n) else {
        return;
    };
    let class = if what == "backend" {
        Class::UndefinedPool
    } else {
        Class::UndefinedName
    };
    let mut problem = Problem::error(
        class,
        format!("Undefined {what} {}", token.text),
        token.span,
    );
    if let Some(near) = nearest(token.text, known.iter().copied()) {
        problem = problem.with_help(format!("did you mean `{near}`?"));
    }
    out.push(problem);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(text: &str) -> String {
        let source = Source::new("default.vcl", text);
        problems(&source)
            .iter()
            .map(|p| {
                format!(
                    "{}: {} {}\n",
                    source.line(p.span.start),
                    p.class.as_str(),
                    p.message
                )
            })
            .collect()
    }

    const GOOD: &str = r#"vcl 4.1;
import std; # modules
import directors;
probe health { .url = "/"; .interval = 5s; }
backend web1 { .host = "10.0.0.1"; .port = "80"; .probe = health; }
backend web2 { .host = "10.0.0.2"; .probe = { .url = "/}"; } }
acl office { "10.0.0.0"/8; ! "10.1.0.0"/16; }
sub vcl_init {
  new app = directors.round_robin();
  app.add_backend(web1);
  app.add_backend(web2);
}
C{ int x; }C
sub pick { set req.backend_hint = app.backend(); }
sub vcl_recv {
  call pick;
  if (req.url ~ "^/a{2}" && client.ip !~ office) {
    return (synth(403, {"a "quoted" text; }
"}));
  } elseif (req.http.X-A) { set req.backend_hint = web2; } else { std.log("x"); }
}
"#;

    #[test]
    fn a_whole_file_is_silent() {
        assert_eq!(report(GOOD), "");
    }

    #[test]
    fn names_must_be_there() {
        let text = GOOD
            .replace("backend web2", "backend web3")
            .replace("call pick", "call pck")
            .replace(".probe = health", ".probe = helth");
        insta::assert_snapshot!(report(&text), @"
        5: undefined-name Undefined probe helth
        11: undefined-pool Undefined backend web2
        16: undefined-name Undefined sub pck
        20: undefined-pool Undefined backend web2
        ");
    }

    #[test]
    fn statements_and_blocks_end() {
        insta::assert_snapshot!(report("vcl 4.1;\nbackend a { .host = \"x\" }\nsub b {\n  if (a {\n  }\n"), @"
        2: syntax Expected ';' got '}'
        4: syntax Expected ')' got '{'
        ");
        insta::assert_snapshot!(report("vcl 4.1;\nsub b {\n"), @"2: syntax Unbalanced '{': the block of `sub` is never closed");
        insta::assert_snapshot!(report("vcl 4.1;\nbackend a { .host = \"x; }\n"), @"2: syntax Unterminated string at end of line");
        insta::assert_snapshot!(report("vcl 4.1;\nbackendd a { .host = \"x\"; }\nbackend b { .host = \"\"; }\n"), @"
        2: unknown-keyword Expected one of 'acl', 'sub', 'backend', 'probe', 'import', got 'backendd'
        3: blank-address backend `b` has no address
        ");
        assert_eq!(
            report("vcl 4.1;\n\u{100000}\n}\nbackend a { .host = \"\u{100000}\" }\n"),
            ""
        );
    }
}
