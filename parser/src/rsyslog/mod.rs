//! rsyslog's config: RainerScript, the selectors of syslogd, and `$Directives`, all in one file if need be.
//!
//! Told is what `rsyslogd -N1` refuses: where the grammar breaks, rsyslog reads nothing of the file; where only a name or
//! a value is wrong, it starts without that statement, and what was to be logged or sent is lost. What only a module of
//! its own or another file of the node could know is left alone. Source: the grammar and manual of rsyslog 8.

mod directives;
mod expression;
mod tables;
mod token;
mod values;

use std::borrow::Cow;
use std::collections::BTreeSet;

use self::token::{Kind, Mode, Token};
use self::values::Parameter;
use crate::hole::has_hole;
use crate::problem::{Class, Problem};
use crate::source::{Source, Span};

/// Blocks and expressions deeper than this are not followed.
const MAX_DEPTH: usize = 100;
const MAX_PROBLEMS: usize = 100;

/// What is wrong with a file, be it the main one or one that it includes.
#[must_use]
pub fn problems(source: &Source) -> Vec<Problem> {
    let joined = Joined::new(source.text());
    let mut parser = Parser {
        text: &joined.text,
        at: 0,
        mode: Mode::Statement,
        depth: 0,
        rulesets: BTreeSet::new(),
        out: Vec::new(),
    };
    // The grammar has no way to go on after an error.
    if let Err(Stop::Said(problem)) = parser.file() {
        parser.out.push(*problem);
    }
    let mut out = parser.out;
    out.truncate(MAX_PROBLEMS);
    for problem in &mut out {
        problem.span = joined.place(problem.span);
    }
    out
}

/// A text whose lines are joined where a backslash ends one.
struct Joined<'s> {
    text: Cow<'s, str>,
    /// Offsets in the text from which on so many bytes are left out before.
    cuts: Vec<(usize, usize)>,
}

impl<'s> Joined<'s> {
    fn new(text: &'s str) -> Self {
        let mut cuts = Vec::new();
        if !text.contains("\\\n") {
            return Self {
                text: Cow::Borrowed(text),
                cuts,
            };
        }
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("\\\n") {
            out.push_str(before);
            rest = after.trim_start_matches([' ', '\t']);
            cuts.push((out.len(), text.len() - rest.len() - out.len()));
        }
        out.push_str(rest);
        Self {
            text: Cow::Owned(out),
            cuts,
        }
    }

    fn place(&self, span: Span) -> Span {
        let original = |offset: u32| {
            let offset = offset as usize;
            let after = self.cuts.partition_point(|(at, _)| *at <= offset);
            let cut = after.checked_sub(1).and_then(|i| self.cuts.get(i));
            offset + cut.map_or(0, |(_, left_out)| *left_out)
        };
        Span::new(original(span.start), original(span.end))
    }
}

/// Why the rest is not judged.
enum Stop {
    Said(Box<Problem>),
    /// Unknown text, or nesting beyond reason.
    Unknown,
}

type Step<T = ()> = Result<T, Stop>;

struct Parser<'s> {
    text: &'s str,
    at: usize,
    mode: Mode,
    depth: usize,
    rulesets: BTreeSet<String>,
    out: Vec<Problem>,
}

impl<'s> Parser<'s> {
    /// The next token. Directives may stand between any two of statements, and are judged on the way.
    fn peek(&mut self) -> Token<'s> {
        loop {
            let token = token::next(self.text, self.at, self.mode);
            if token.kind != Kind::Directive {
                return token;
            }
            self.at = token.span.end as usize;
            if self.out.len() < MAX_PROBLEMS {
                values::directive(&token, &mut self.out);
            }
        }
    }

    /// The next token, which is then passed.
    fn take(&mut self) -> Step<Token<'s>> {
        let token = self.peek();
        match token.kind {
            Kind::Hole => return Err(Stop::Unknown),
            _ if self.out.len() > MAX_PROBLEMS => return Err(Stop::Unknown),
            Kind::BadText => return Err(bad_text(token)),
            _ => self.at = token.span.end as usize,
        }
        Ok(token)
    }

    fn mark(&mut self, mark: &str) -> Step<Token<'s>> {
        let token = self.take()?;
        if token.is(Kind::Mark, mark) {
            Ok(token)
        } else {
            Err(unexpected(token, &format!("expected `{mark}`")))
        }
    }

    fn deeper(&mut self, parse: fn(&mut Self) -> Step) -> Step {
        if self.depth >= MAX_DEPTH {
            return Err(Stop::Unknown);
        }
        self.depth += 1;
        let done = parse(self);
        self.depth -= 1;
        done
    }

    fn file(&mut self) -> Step {
        loop {
            let token = self.peek();
            match token.kind {
                Kind::End => return Ok(()),
                Kind::Object => self.object(true)?,
                Kind::Bsd => {
                    self.take()?;
                    let message = "BSD-style blocks are no longer supported in rsyslog";
                    self.out.push(
                        Problem::error(Class::UnknownKeyword, message, token.span)
                            .with_help("select by `if $programname == '…' then`"),
                    );
                }
                Kind::Action
                    if !token
                        .text
                        .starts_with(['/', '-', '~', '|', '?', '@', '^', '>', ':']) =>
                {
                    let token = self.take()?;
                    return Err(unexpected(token, "no filter stands before it"));
                }
                _ => self.statement()?,
            }
        }
    }

    /// An object; some may stand only at the top.
    fn object(&mut self, top: bool) -> Step {
        let word = self.take()?;
        let name = word
            .text
            .trim_end_matches('(')
            .trim_end()
            .to_ascii_lowercase();
        let declares = matches!(
            name.as_str(),
            "template"
                | "ruleset"
                | "property"
                | "constant"
                | "input"
                | "module"
                | "global"
                | "main_queue"
                | "lookup_table"
                | "dyn_stats"
                | "parser"
                | "timezone"
        );
        let inside_template = matches!(name.as_str(), "property" | "constant");
        if declares && (!top || inside_template) {
            return Err(unexpected(word, "it may not stand here"));
        }
        let given = self.parameters(&word)?;
        values::object(&word, &given, &mut self.out);
        match name.as_str() {
            "template" if self.peek().is(Kind::Mark, "{") => self.template(),
            "ruleset" => {
                let named = given.iter().find(|p| p.name.eq_ignore_ascii_case("name"));
                if let Some((name, span)) = named.and_then(|p| Some((p.value?, p.span)))
                    && !has_hole(name)
                    && !self.rulesets.insert(name.to_ascii_lowercase())
                {
                    let message = format!("ruleset '{name}' specified more than once");
                    self.out
                        .push(Problem::error(Class::DuplicateName, message, span));
                }
                self.mark("{")?;
                self.statements()
            }
            _ => Ok(()),
        }
    }

    fn template(&mut self) -> Step {
        self.mark("{")?;
        loop {
            let word = self.take()?;
            let name = word.text.trim_end_matches('(').trim_end();
            let part = ["property", "constant"]
                .iter()
                .any(|n| n.eq_ignore_ascii_case(name));
            if word.kind == Kind::Object && part {
                let given = self.parameters(&word)?;
                values::object(&word, &given, &mut self.out);
            } else if word.is(Kind::Mark, "}") {
                return Ok(());
            } else {
                return Err(unexpected(word, "a template holds property( and constant("));
            }
        }
    }

    /// `name="value" …` up to the parenthesis.
    fn parameters(&mut self, object: &Token<'s>) -> Step<Vec<Parameter<'s>>> {
        self.mode = Mode::Object;
        let mut out = Vec::new();
        loop {
            let name = self.take()?;
            if name.is(Kind::Mark, ")") {
                self.mode = Mode::Statement;
                return Ok(out);
            }
            if name.kind == Kind::End {
                let message = format!("the parenthesis of `{}` is never closed", object.text);
                return Err(said(message, object.span));
            }
            if name.kind != Kind::Name {
                return Err(unexpected(name, "expected `name=\"value\"` or `)`"));
            }
            self.mark("=")?;
            let value = self.take()?;
            let span = name.span.to(value.span);
            let value = match value.kind {
                Kind::Text => Some(value.text),
                Kind::Mark if value.text == "[" => {
                    self.texts()?;
                    None
                }
                _ => return Err(unexpected(value, "a value stands in double quotes")),
            };
            out.push(Parameter {
                name: name.text,
                value,
                span,
            });
        }
    }

    /// Statements up to the brace that closes their block.
    fn statements(&mut self) -> Step {
        loop {
            let token = self.peek();
            if token.is(Kind::Mark, "}") {
                self.take()?;
                return Ok(());
            }
            if token.kind == Kind::End {
                return Err(unexpected(token, "a block is never closed"));
            }
            self.deeper(Self::statement)?;
        }
    }

    fn block(&mut self) -> Step {
        if self.peek().is(Kind::Mark, "{") {
            self.take()?;
            return self.deeper(Self::statements);
        }
        let token = self.peek();
        if token.kind == Kind::End {
            return Err(unexpected(token, "a filter needs an action"));
        }
        self.deeper(Self::statement)
    }

    fn statement(&mut self) -> Step {
        let token = self.peek();
        match token.kind {
            Kind::Object => self.object(false)?,
            Kind::Selector => {
                self.take()?;
                values::selector(&token, &mut self.out);
                return self.block();
            }
            Kind::PropertyFilter => {
                self.take()?;
                values::property_filter(&token, &mut self.out);
                return self.block();
            }
            Kind::Action => {
                self.take()?;
            }
            Kind::Keyword => {
                self.take()?;
                self.keyword(token)?;
            }
            Kind::Bad
                if self
                    .text
                    .get(token.span.start as usize..)
                    .is_some_and(|t| t.starts_with("/*")) =>
            {
                let message = "a comment that nothing ends: the rest of the file is passed over";
                self.out
                    .push(Problem::warning(Class::Ignored, message, token.span));
                return Err(Stop::Unknown);
            }
            _ => {
                let token = self.take()?;
                return Err(unexpected(token, ""));
            }
        }
        if self.peek().is(Kind::Mark, "&") {
            self.take()?;
            let next = self.peek();
            let is_action = matches!(next.kind, Kind::Action | Kind::Object | Kind::Keyword);
            if !is_action && next.kind != Kind::Hole {
                return Err(unexpected(next, "`&` adds an action"));
            }
            return self.deeper(Self::statement);
        }
        Ok(())
    }

    fn keyword(&mut self, word: Token<'s>) -> Step {
        match word.text.to_ascii_lowercase().as_str() {
            "if" => {
                self.mode = Mode::Expression;
                self.expression()?;
                self.then("then")?;
                self.block()?;
                let next = self.peek();
                if next.is(Kind::Keyword, "else") {
                    self.take()?;
                    self.block()?;
                } else if next.is(Kind::Keyword, "elseif") {
                    self.take()?;
                    self.keyword(Token { text: "if", ..word })?;
                }
                Ok(())
            }
            "foreach" => {
                self.mode = Mode::Expression;
                self.mark("(")?;
                self.variable()?;
                let word = self.take()?;
                if !word.is(Kind::Keyword, "in") {
                    return Err(unexpected(word, "expected `in`"));
                }
                self.expression()?;
                self.mark(")")?;
                self.then("do")?;
                self.block()
            }
            "set" | "reset" => {
                self.mode = Mode::Expression;
                self.variable()?;
                self.mark("=")?;
                self.expression()?;
                self.end_of_statement()
            }
            "unset" => {
                self.mode = Mode::Expression;
                self.variable()?;
                self.end_of_statement()
            }
            "call_indirect" => {
                self.mode = Mode::Expression;
                self.expression()?;
                self.end_of_statement()
            }
            "call" => {
                self.mode = Mode::Call;
                let name = self.take()?;
                self.mode = Mode::Statement;
                match name.kind {
                    Kind::Name => Ok(()),
                    _ => Err(unexpected(name, "expected a ruleset's name")),
                }
            }
            "reload_lookup_table" => {
                self.mode = Mode::Expression;
                self.mark("(")?;
                self.arguments()?;
                // Its end mark is passed over with a word of complaint.
                if self.peek().is(Kind::Mark, ";") {
                    self.take()?;
                }
                self.mode = Mode::Statement;
                Ok(())
            }
            "stop" | "continue" => Ok(()),
            _ => Err(unexpected(word, "no `if` stands before it")),
        }
    }

    /// The word that ends an expression.
    fn then(&mut self, wanted: &str) -> Step {
        let word = self.take()?;
        if !word.is(Kind::Keyword, wanted) {
            return Err(unexpected(word, &format!("expected `{wanted}`")));
        }
        self.mode = Mode::Statement;
        Ok(())
    }

    fn end_of_statement(&mut self) -> Step {
        self.mark(";")?;
        self.mode = Mode::Statement;
        Ok(())
    }

    fn variable(&mut self) -> Step {
        let token = self.take()?;
        match token.kind {
            Kind::Variable => Ok(()),
            _ => Err(unexpected(token, "expected a variable")),
        }
    }
}

fn said(message: impl Into<String>, span: Span) -> Stop {
    Stop::Said(Box::new(Problem::error(Class::Syntax, message, span)))
}

fn unexpected(token: Token<'_>, why: &str) -> Stop {
    if token.kind == Kind::Hole {
        return Stop::Unknown;
    }
    let first = token.text.lines().next().unwrap_or("");
    let what = if token.kind == Kind::End {
        "syntax error at the end of the file".to_owned()
    } else {
        format!("syntax error on token '{first}'")
    };
    said(
        if why.is_empty() {
            what
        } else {
            format!("{what}: {why}")
        },
        token.span,
    )
}

/// A string that is never closed, or one that holds what it may not.
fn bad_text(token: Token<'_>) -> Stop {
    let quote = token.text.chars().next().unwrap_or('"');
    let mut escaped = false;
    let closed = token.text.char_indices().skip(1).find(|(_, c)| {
        let found = *c == quote && !escaped;
        escaped = *c == '\\' && !escaped;
        found
    });
    let Some((end, _)) = closed else {
        return said("a quote is never closed", token.span);
    };
    let start = token.span.start as usize;
    let text = token.text.get(..=end).unwrap_or("");
    let dollar = text
        .find('$')
        .filter(|_| quote == '"' && !text.contains('\\'));
    let message = match dollar {
        Some(_) => format!("a `$` in double quotes must be escaped: {text}"),
        None => format!("an escape that does not exist in {text}"),
    };
    said(message, Span::new(start, start + end + 1))
}

#[cfg(test)]
mod tests;
