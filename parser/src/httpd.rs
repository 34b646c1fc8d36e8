//! Apache httpd configs: text → sections of directives, and what stops a start whatever modules are loaded.
//!
//! Which directives exist hangs on the modules of the machine, so an unknown name is no error. Source: Apache's own
//! description of its configuration files, sections and `mod_proxy_balancer`.

use crate::assembly::Include;
use crate::hole::has_hole;
use crate::lines::{Continue, Line, lines, words};
use crate::problem::{Class, Problem};
use crate::source::{Source, Span, SyntaxError};

/// Sections nested deeper than this are left unread.
const MAX_DEPTH: usize = 64;

/// A directive, or a section with what stands in it.
#[derive(Clone, Debug)]
pub struct Directive {
    /// As written; names mean the same in every case.
    pub name: String,
    pub arguments: Vec<String>,
    pub span: Span,
    /// The end of a section's last line; the directive's own otherwise.
    pub end: u32,
    /// `None` for a plain directive.
    pub body: Option<Vec<Directive>>,
}

impl Directive {
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// Argument `n` from 0; empty past the end.
    #[must_use]
    pub fn arg(&self, n: usize) -> &str {
        self.arguments.get(n).map_or("", String::as_str)
    }
}

/// True for a directive that asks for other files, read in its place.
#[must_use]
pub fn is_include(directive: &Directive) -> bool {
    directive.is("Include") || directive.is("IncludeOptional")
}

/// The files that a config asks for, in its order; none of a text that does not parse.
#[must_use]
pub fn includes(source: &Source) -> Vec<Include> {
    fn walk(directives: &[Directive], out: &mut Vec<Include>) {
        for directive in directives {
            if is_include(directive) && !has_hole(directive.arg(0)) {
                out.push(Include {
                    span: directive.span,
                    pattern: directive.arg(0).to_owned(),
                });
            }
            walk(directive.body.as_deref().unwrap_or_default(), out);
        }
    }
    let (directives, errors) = parse(source);
    let mut out = Vec::new();
    if errors.is_empty() {
        walk(&directives, &mut out);
    }
    out
}

/// The directory that relative paths start in, where the text names it. Source: Apache's `ServerRoot`.
#[must_use]
pub fn server_root(source: &Source) -> Option<String> {
    let (directives, _) = parse(source);
    let root = directives.iter().rfind(|d| d.is("ServerRoot"))?.arg(0);
    (root.starts_with('/') && !has_hole(root)).then(|| root.to_owned())
}

struct Open {
    directive: Directive,
    outer: Vec<Directive>,
}

/// Parses a config or a part of one.
#[must_use]
pub fn parse(source: &Source) -> (Vec<Directive>, Vec<SyntaxError>) {
    let mut open: Vec<Open> = Vec::new();
    let mut done: Vec<Directive> = Vec::new();
    let mut errors = Vec::new();
    // Unknown lines may open and close sections.
    let mut sure = true;
    for line in lines(source.text(), Continue::Backslash) {
        if line.is_silent(&['#']) {
            continue;
        }
        sure &= !line.starts_with_hole();
        let text = line.text.trim();
        if let Some(name) = text.strip_prefix("</") {
            let name = name.trim_end_matches('>').trim();
            if !text.ends_with('>') && !has_hole(text) {
                errors.push(SyntaxError::new(
                    format!("</{name}> directive missing closing '>'"),
                    line.span,
                ));
            }
            close(name, &line, sure, &mut open, &mut done, &mut errors);
            continue;
        }
        let section = text.strip_prefix('<');
        let mut directive = match section {
            None => directive(text, &line, &mut errors),
            Some(inner) => {
                let closed = inner.strip_suffix('>');
                if closed.is_none() && !has_hole(inner) {
                    let name = inner.split_whitespace().next().unwrap_or("");
                    errors.push(SyntaxError::new(
                        format!("<{name}> directive missing closing '>'"),
                        line.span,
                    ));
                }
                directive(closed.unwrap_or(inner), &line, &mut errors)
            }
        };
        if section.is_some() && open.len() < MAX_DEPTH {
            directive.body = Some(Vec::new());
            open.push(Open {
                directive,
                outer: std::mem::take(&mut done),
            });
        } else {
            done.push(directive);
        }
    }
    while let Some(mut last) = open.pop() {
        if sure && open.len() < MAX_DEPTH - 1 {
            let name = &last.directive.name;
            errors.push(SyntaxError::new(
                format!("<{name}> was not closed."),
                last.directive.span,
            ));
        }
        last.directive.body = Some(std::mem::replace(&mut done, last.outer));
        done.push(last.directive);
    }
    (done, errors)
}

fn close(
    name: &str,
    line: &Line<'_>,
    sure: bool,
    open: &mut Vec<Open>,
    done: &mut Vec<Directive>,
    errors: &mut Vec<SyntaxError>,
) {
    let matching = open
        .iter()
        .rposition(|o| o.directive.name.eq_ignore_ascii_case(name));
    let Some(at) = matching else {
        if sure && !has_hole(name) && open.len() < MAX_DEPTH {
            errors.push(SyntaxError::new(
                format!("</{name}> without matching <{name}> section"),
                line.span,
            ));
        }
        return;
    };
    while open.len() > at {
        let Some(mut last) = open.pop() else { return };
        if open.len() > at && sure {
            let inner = &last.directive.name;
            errors.push(
                SyntaxError::new(format!("Expected </{inner}> but saw </{name}>"), line.span)
                    .with_help(format!("close <{inner}> first")),
            );
        }
        last.directive.end = line.span.end;
        last.directive.body = Some(std::mem::replace(done, last.outer));
        done.push(last.directive);
    }
}

fn directive(text: &str, line: &Line<'_>, errors: &mut Vec<SyntaxError>) -> Directive {
    let end = text
        .find(|c: char| c.is_ascii_whitespace())
        .unwrap_or(text.len());
    let (name, rest) = text.split_at_checked(end).unwrap_or((text, ""));
    let arguments = match words(rest) {
        Ok(words) => words.iter().map(|w| w.text.to_owned()).collect(),
        // Most directives take the rest as it stands; only what is read as words fails here, which is not told.
        Err(_) => rest.split_whitespace().map(str::to_owned).collect(),
    };
    if name.is_empty() && !has_hole(text) {
        errors.push(SyntaxError::new("a section without a name", line.span));
    }
    Directive {
        name: name.to_owned(),
        arguments,
        span: line.span,
        end: line.span.end,
        body: None,
    }
}

/// Everything that is wrong with a file, whatever modules the machine has.
#[must_use]
pub fn problems(source: &Source) -> Vec<Problem> {
    let (directives, errors) = parse(source);
    let mut out: Vec<Problem> = errors.into_iter().map(Problem::from).collect();
    for directive in &directives {
        check(directive, &mut out);
    }
    out.sort_by_key(|p| p.span.start);
    out
}

/// Sections that mean nothing without an argument.
const NEED_ARGUMENT: [&str; 14] = [
    "VirtualHost",
    "Directory",
    "DirectoryMatch",
    "Files",
    "FilesMatch",
    "Location",
    "LocationMatch",
    "Proxy",
    "ProxyMatch",
    "IfModule",
    "IfDefine",
    "If",
    "Limit",
    "LimitExcept",
];

fn check(directive: &Directive, out: &mut Vec<Problem>) {
    let unknown = directive.arguments.iter().any(|a| has_hole(a)) || has_hole(&directive.name);
    if directive.body.is_some()
        && directive.arguments.is_empty()
        && NEED_ARGUMENT.iter().any(|n| directive.is(n))
    {
        let message = format!(
            "<{}> directive requires additional arguments",
            directive.name
        );
        out.push(Problem::error(Class::Arity, message, directive.span));
    }
    if !unknown && directive.body.is_none() {
        one(directive, out);
    }
    for inner in directive.body.iter().flatten() {
        check(inner, out);
    }
}

fn one(directive: &Directive, out: &mut Vec<Problem>) {
    let first = directive.arg(0);
    let mut refuse =
        |class, message: String| out.push(Problem::error(class, message, directive.span));
    if directive.is("Listen") {
        let port = first.rsplit_once(':').map_or(first, |(_, p)| p);
        if directive.arguments.is_empty() {
            refuse(
                Class::Arity,
                "Listen requires at least one argument".to_owned(),
            );
        } else if !port.contains("${") && port.parse::<u16>().map_or(true, |p| p == 0) {
            refuse(
                Class::Value,
                format!("Port must be specified: `{first}` has none between 1 and 65535"),
            );
        }
    } else if [
        "SSLEngine",
        "RewriteEngine",
        "KeepAlive",
        "ProxyPreserveHost",
    ]
    .iter()
    .any(|n| directive.is(n))
    {
        let choices: &[&str] = if directive.is("SSLEngine") {
            &["on", "off", "optional"]
        } else {
            &["on", "off"]
        };
        if !choices.iter().any(|c| first.eq_ignore_ascii_case(c)) && !first.contains("${") {
            let name = &directive.name;
            refuse(
                Class::Value,
                format!("{name} must be On or Off, not `{first}`"),
            );
        }
    } else if directive.is("Require") {
        let all = directive.arguments.len() == 2 && first.eq_ignore_ascii_case("all");
        let word = directive.arg(1);
        if all
            && !["granted", "denied"]
                .iter()
                .any(|w| word.eq_ignore_ascii_case(w))
        {
            refuse(
                Class::Value,
                format!("`Require all` takes granted or denied, not `{word}`"),
            );
        }
    } else if directive.is("BalancerMember") {
        let url = directive
            .arguments
            .iter()
            .find(|a| !a.starts_with("balancer://"));
        let host = url.map(|u| u.split_once("://").map_or(u.as_str(), |(_, rest)| rest));
        match host {
            None => refuse(Class::Arity, "BalancerMember needs a URL".to_owned()),
            Some(host)
                if host.is_empty() || host.starts_with([':', '/']) && !url_is_socket(url) =>
            {
                let message = format!("a member without a host: `{}`", url.map_or("", |u| u));
                out.push(Problem::warning(
                    Class::BlankAddress,
                    message,
                    directive.span,
                ));
            }
            Some(_) => {}
        }
    }
}

fn url_is_socket(url: Option<&String>) -> bool {
    url.is_some_and(|u| u.starts_with("unix:"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(text: &str) -> String {
        let source = Source::new("site.conf", text);
        problems(&source)
            .iter()
            .map(|p| format!("{}: {}\n", source.line(p.span.start), p.message))
            .collect()
    }

    #[test]
    fn sections_must_close_in_their_order() {
        insta::assert_snapshot!(report("\
<VirtualHost *:80>
  ServerName a.example.com
  <Directory /srv>
    Require all granted
</VirtualHost>
</Location>
<IfModule mod_ssl.c
"), @"
        5: Expected </Directory> but saw </VirtualHost>
        6: </Location> without matching <Location> section
        7: <IfModule> directive missing closing '>'
        7: <IfModule> was not closed.
        ");
    }

    #[test]
    fn values_that_stop_a_start_are_told_whatever_the_case() {
        insta::assert_snapshot!(report("\
LISTEN 80
Listen 443 https
Listen 0.0.0.0:http
SSLEngine yes
<virtualhost>
  require all grant
  BalancerMember http://:80
  BalancerMember balancer://a
</VirtualHost>
"), @"
        3: Port must be specified: `0.0.0.0:http` has none between 1 and 65535
        4: SSLEngine must be On or Off, not `yes`
        5: <virtualhost> directive requires additional arguments
        6: `Require all` takes granted or denied, not `grant`
        7: a member without a host: `http://:80`
        8: BalancerMember needs a URL
        ");
    }

    #[test]
    fn what_may_be_right_is_silent() {
        let text = "\
# comment \\
  still a comment
Define port 8080
Listen ${port}
<IfModule !mod_ssl.c>
  LogFormat \"%h \\\"%r\\\" it's\" common
  CustomLog /var/log/a.log \\
    common
</ifmodule>
<Macro x $y>
  SomeUnknownThing <b>
</Macro>
\u{100000}
</VirtualHost>
Listen \u{100000}
";
        assert_eq!(report(text), "");
    }
}
