//! What nginx would refuse, by context, argument count and name; one file a kind of check.

mod choices;
mod context;
mod names;
mod server;
mod values;
mod variables;
mod zones;

pub use context::{Context, context_of};

use std::collections::BTreeSet;

use super::syntax::{Config, Directive};
use super::tables::{DIRECTIVES, Form, VALUES, is_known_elsewhere};
use crate::hole::has_hole;
use crate::problem::{Class, Problem};

/// Nobody reads further, and a hostile file could make millions.
const MAX_PROBLEMS: usize = 1000;

/// How much of a configuration a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// All of it but for its includes: a name that it does not define does not exist.
    Whole,
    /// A part that others include: other files may define more names.
    Fragment,
}

/// Checks a parsed file in its context. Nothing that hangs on a hole is reported.
pub fn check(config: &Config<'_>, context: Context, extent: Extent) -> Vec<Problem> {
    check_in_phases(config, context, extent)
        .into_iter()
        .map(|(_, p)| p)
        .collect()
}

/// As [`check`]; `true` marks what nginx finds only after it has read the whole file.
pub(super) fn check_in_phases(
    config: &Config<'_>,
    context: Context,
    extent: Extent,
) -> Vec<(bool, Problem)> {
    let mut checker = Checker::default();
    checker.level(&config.directives, context, None);
    let mut out = checker.out;
    names::check(config, context, extent, &mut out);
    out
}

#[derive(Default)]
struct Checker {
    out: Vec<(bool, Problem)>,
    http: server::Sockets,
    stream: server::Sockets,
    mail: server::Sockets,
}

impl Checker {
    fn level(
        &mut self,
        directives: &[Directive<'_>],
        context: Context,
        parent: Option<&Directive<'_>>,
    ) {
        self.repeated(directives, context);
        if matches!(context, Context::Server | Context::Location) {
            server::locations(directives, parent, &mut self.out);
        }
        for directive in directives {
            if self.out.len() >= MAX_PROBLEMS {
                return;
            }
            if let Err(problem) = one(directive, context)
                && !hangs_on_hole(directive, &problem)
            {
                self.out.push((false, problem));
            }
            let inner = context
                .inside(&directive.name.text)
                .filter(|_| directive.has_block());
            match inner {
                Some(Context::Server) => {
                    self.http.server(directive, Context::Server, &mut self.out)
                }
                Some(Context::StreamServer) => {
                    self.stream
                        .server(directive, Context::StreamServer, &mut self.out)
                }
                Some(Context::MailServer) => {
                    self.mail
                        .server(directive, Context::MailServer, &mut self.out)
                }
                _ => {}
            }
            if matches!(inner, Some(Context::StreamServer | Context::MailServer)) {
                self.must_listen(directive);
            }
            if let Some(inner) = inner {
                self.level(directive.block(), inner, Some(directive));
            }
        }
    }

    /// Directives that a block may hold once.
    fn repeated(&mut self, directives: &[Directive<'_>], context: Context) {
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        for directive in directives {
            let name = &*directive.name.text;
            let once = VALUES.get(name).is_some_and(|v| v.once)
                || matches!(
                    (context, name),
                    (Context::Main, "http" | "events" | "stream" | "mail")
                )
                || matches!(name, "root" | "alias");
            // One of the two forbids the other as well.
            let key = if name == "alias" { "root" } else { name };
            if once && !seen.insert(key) && !hangs_everywhere(directive) {
                let message = format!("\"{name}\" directive is duplicate");
                self.out.push((
                    false,
                    Problem::error(Class::DuplicateName, message, directive.end),
                ));
            }
        }
    }

    fn must_listen(&mut self, server: &Directive<'_>) {
        let listens =
            |d: &Directive<'_>| d.has_hole() || matches!(&*d.name.text, "listen" | "include");
        if !server.block().iter().any(listens) {
            let end = server.span.end;
            let span = crate::source::Span {
                start: end.saturating_sub(1),
                end,
            };
            self.out.push((
                false,
                Problem::error(
                    Class::EmptyPool,
                    "no \"listen\" is defined for server",
                    span,
                ),
            ));
        }
    }
}

/// True where a directive's own name is unknown.
fn hangs_everywhere(directive: &Directive<'_>) -> bool {
    directive.name.has_hole()
}

/// A problem at or after a hole of the directive's words may come from what the hole stands for.
fn hangs_on_hole(directive: &Directive<'_>, problem: &Problem) -> bool {
    std::iter::once(&directive.name)
        .chain(&directive.arguments)
        .find(|w| w.has_hole())
        .is_some_and(|w| problem.span.end > w.span.start)
}

fn one(directive: &Directive<'_>, context: Context) -> Result<(), Problem> {
    let name = &*directive.name.text;
    let Some(forms) = DIRECTIVES.get(name) else {
        return unknown(directive);
    };
    let Some(form) = forms.iter().find(|f| context.is_among(&f.contexts)) else {
        let places = forms.iter().flat_map(|f| &f.contexts).copied();
        let places: std::collections::BTreeSet<_> = places.collect();
        return Err(Problem::error(
            Class::Placement,
            format!("\"{name}\" directive is not allowed here"),
            directive.name.span,
        )
        .with_help(format!(
            "it is allowed in {}",
            places.into_iter().collect::<Vec<_>>().join(", ")
        )));
    };
    shape(directive, form)?;
    if directive.name.text == "listen" {
        return server::listen(directive, context);
    }
    values::check(directive, context)
}

fn shape(directive: &Directive<'_>, form: &Form) -> Result<(), Problem> {
    let name = &*directive.name.text;
    if form.block && !directive.has_block() {
        return Err(Problem::error(
            Class::Syntax,
            format!("directive \"{name}\" has no opening \"{{\""),
            directive.end,
        ));
    }
    if !form.block && directive.has_block() {
        return Err(Problem::error(
            Class::Syntax,
            format!("directive \"{name}\" is not terminated by \";\""),
            directive.end,
        ));
    }
    let given = directive.arguments.len();
    let fits = form.counts.iter().any(|count| match *count {
        "any" => true,
        "flag" => given == 1,
        count => match count.strip_suffix('+') {
            Some(least) => least.parse().is_ok_and(|n: usize| given >= n),
            None => count.parse() == Ok(given),
        },
    });
    if !fits {
        return Err(Problem::error(
            Class::Arity,
            format!("invalid number of arguments in \"{name}\" directive"),
            directive.end,
        ));
    }
    let flag = form.counts == ["flag"];
    let value = directive.arg(0);
    if flag && !value.eq_ignore_ascii_case("on") && !value.eq_ignore_ascii_case("off") {
        return Err(Problem::error(
            Class::Value,
            format!(
                "invalid value \"{value}\" in \"{name}\" directive, it must be \"on\" or \"off\""
            ),
            directive.end,
        ));
    }
    Ok(())
}

/// A name that is in no table: a typing error, or a module that this table does not know.
fn unknown(directive: &Directive<'_>) -> Result<(), Problem> {
    let name = &*directive.name.text;
    if has_hole(name) {
        return Ok(());
    }
    if is_known_elsewhere(name) {
        return Err(Problem::warning(
            Class::UnknownKeyword,
            format!("\"{name}\" is known to NGINX Plus or to a module of its own only"),
            directive.name.span,
        ));
    }
    let problem = Problem::error(
        Class::UnknownKeyword,
        format!("unknown directive \"{name}\""),
        directive.name.span,
    );
    Err(
        match crate::nearest::nearest(name, DIRECTIVES.keys().copied()) {
            Some(near) => problem.with_help(format!("did you mean `{near}`?")),
            None => problem,
        },
    )
}
