//! What nginx would refuse, by context, argument count and name; one file a kind of check.

mod context;
mod names;

pub use context::{Context, context_of};

use super::syntax::{Config, Directive};
use super::tables::{DIRECTIVES, Form};
use crate::hole::has_hole;
use crate::problem::{Class, Problem};

/// Checks a parsed file in its context. Nothing that hangs on a hole is reported.
pub fn check(config: &Config<'_>, context: Context) -> Vec<Problem> {
    check_in_phases(config, context)
        .into_iter()
        .map(|(_, p)| p)
        .collect()
}

/// As [`check`]; `true` marks what nginx finds only after it has read the whole file.
pub(super) fn check_in_phases(config: &Config<'_>, context: Context) -> Vec<(bool, Problem)> {
    let mut checker = Checker { out: Vec::new() };
    checker.level(&config.directives, context);
    let mut out = checker.out;
    names::check(config, context, &mut out);
    out
}

struct Checker {
    out: Vec<(bool, Problem)>,
}

impl Checker {
    fn level(&mut self, directives: &[Directive<'_>], context: Context) {
        for directive in directives {
            if let Err(problem) = one(directive, context)
                && !hangs_on_hole(directive, &problem)
            {
                self.out.push((false, problem));
            }
            if let Some(inner) = context.inside(&directive.name.text) {
                self.level(directive.block(), inner);
            }
        }
    }
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
        return unknown(directive, context);
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
    shape(directive, form)
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
fn unknown(directive: &Directive<'_>, _context: Context) -> Result<(), Problem> {
    let name = &*directive.name.text;
    if has_hole(name) {
        return Ok(());
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
