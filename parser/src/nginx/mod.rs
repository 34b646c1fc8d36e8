//! nginx configs: text → directives, and what the daemon would refuse.

pub mod check;
pub mod syntax;
mod tables;
mod token;

pub use check::{Context, Extent, check, context_of};
pub use syntax::{Body, Config, Directive, Word};

use crate::assembly::Include;
use crate::hole::is_hole;
use crate::problem::Problem;
use crate::source::{Source, Span, SyntaxError};
use token::{Token, Tokens};

/// Blocks nested deeper than this are refused: nginx itself has no such file.
const MAX_DEPTH: usize = 100;

/// Parses a config.
pub fn parse(source: &Source) -> (Config<'_>, Vec<SyntaxError>) {
    let mut parser = FileParser {
        tokens: Tokens::new(source.text()),
        open: Vec::new(),
        done: Vec::new(),
        errors: Vec::new(),
        stopped: false,
    };
    parser.file();
    (
        Config {
            directives: parser.done,
        },
        parser.errors,
    )
}

/// Everything that is wrong with a file, read in the context that its path tells. nginx stops at the first error of
/// its reading, so a syntax error hides what would come after it.
pub fn problems(source: &Source) -> Vec<Problem> {
    let (config, errors) = parse(source);
    let context = context_of(source.path(), &config);
    let extent = if context == Context::Main {
        Extent::Whole
    } else {
        Extent::Fragment
    };
    problems_in(&config, errors, context, extent)
}

/// As [`problems`], for a file that is included in a known context.
pub fn problems_in(
    config: &Config<'_>,
    errors: Vec<SyntaxError>,
    context: Context,
    extent: Extent,
) -> Vec<Problem> {
    let mut found: Vec<(bool, Problem)> = errors.into_iter().map(|e| (false, e.into())).collect();
    found.extend(check::check_in_phases(config, context, extent));
    // nginx reads the whole file before it opens zones and picks default servers.
    found.sort_by_key(|(late, p)| (*late, p.span.start));
    found.into_iter().map(|(_, p)| p).collect()
}

/// The `include` directives of a file at any depth, in its order; none where the file does not parse.
#[must_use]
pub fn includes(source: &Source) -> Vec<Include> {
    fn walk(directives: &[Directive<'_>], out: &mut Vec<Include>) {
        for directive in directives {
            if directive.name.text == "include" && !directive.has_hole() {
                out.push(Include {
                    span: directive.span,
                    pattern: directive.arg(0).to_owned(),
                });
            }
            walk(directive.block(), out);
        }
    }
    let (config, errors) = parse(source);
    let mut out = Vec::new();
    if errors.is_empty() {
        walk(&config.directives, &mut out);
    }
    out
}

struct FileParser<'s> {
    tokens: Tokens<'s>,
    /// Directives whose block is open, each with the directives of the level it stands in.
    open: Vec<(Directive<'s>, Vec<Directive<'s>>)>,
    /// Directives of the current level.
    done: Vec<Directive<'s>>,
    errors: Vec<SyntaxError>,
    stopped: bool,
}

impl<'s> FileParser<'s> {
    fn file(&mut self) {
        let mut words: Vec<Word<'s>> = Vec::new();
        while !self.stopped {
            let token = match self.tokens.next() {
                None => break,
                Some(Ok(token)) => token,
                Some(Err(error)) => {
                    self.errors.push(error);
                    continue;
                }
            };
            match token {
                Token::Word(word) => words.push(word),
                Token::Semicolon(span) => self.directive(std::mem::take(&mut words), span, false),
                Token::Open(span) => self.directive(std::mem::take(&mut words), span, true),
                Token::Close(span) => self.close(std::mem::take(&mut words), span),
            }
        }
        self.end(&words);
    }

    fn directive(&mut self, words: Vec<Word<'s>>, end: Span, block: bool) {
        let mut words = self.without_hole_lines(words).into_iter();
        let Some(name) = words.next() else {
            let what = if block { "{" } else { ";" };
            self.errors
                .push(SyntaxError::new(format!("unexpected \"{what}\""), end));
            if block {
                // Keeps the closing brace of this block from closing another.
                self.skip_block();
            }
            return;
        };
        let mut directive = Directive {
            span: name.span.to(end),
            arguments: words.collect(),
            name,
            body: Body::None,
            end,
        };
        if !block {
            self.done.push(directive);
        } else if is_code(&directive.name.text) {
            directive.body = Body::Code;
            if !self.tokens.skip_code() {
                self.errors.push(SyntaxError::new(
                    "unexpected end of file, expecting \"}\"",
                    end,
                ));
            }
            directive.span = directive
                .span
                .to(Span::new(self.tokens.offset(), self.tokens.offset()));
            self.done.push(directive);
        } else if self.open.len() >= MAX_DEPTH {
            self.errors
                .push(SyntaxError::new("blocks are nested too deeply", end));
            self.stopped = true;
        } else {
            let outer = std::mem::take(&mut self.done);
            self.open.push((directive, outer));
        }
    }

    /// A hole on a line of its own may hold whole directives: it stands for itself, not for the next one's name.
    fn without_hole_lines(&mut self, mut words: Vec<Word<'s>>) -> Vec<Word<'s>> {
        while let [first, second, ..] = words.as_slice() {
            let lone = first.text.chars().all(is_hole) && !first.text.is_empty();
            if !lone || !self.tokens.has_line_end(first.span.end, second.span.start) {
                break;
            }
            let name = words.remove(0);
            let span = name.span;
            self.done.push(Directive {
                name,
                arguments: Vec::new(),
                body: Body::None,
                span,
                end: span,
            });
        }
        words
    }

    fn close(&mut self, words: Vec<Word<'s>>, span: Span) {
        if let Some(last) = words.last() {
            // A hole may hold the semicolon.
            if !words.iter().any(Word::has_hole) {
                self.errors.push(
                    SyntaxError::new("unexpected \"}\"", span)
                        .with_help(format!("is a \";\" missing after `{}`?", last.text)),
                );
            }
            let before = Span {
                start: span.start,
                end: span.start,
            };
            self.directive(words, before, false);
        }
        match self.open.pop() {
            None => self.errors.push(
                SyntaxError::new("unexpected \"}\"", span).with_help("no block is open here"),
            ),
            Some((mut directive, outer)) => {
                directive.span = directive.span.to(span);
                directive.body = Body::Block(std::mem::replace(&mut self.done, outer));
                self.done.push(directive);
            }
        }
    }

    fn skip_block(&mut self) {
        let mut depth = 1;
        while depth > 0 {
            match self.tokens.next() {
                Some(Ok(Token::Open(_))) => depth += 1,
                Some(Ok(Token::Close(_))) => depth -= 1,
                Some(_) => {}
                None => return,
            }
        }
    }

    fn end(&mut self, words: &[Word<'s>]) {
        let at = Span::new(self.tokens.offset(), self.tokens.offset());
        if !self.stopped
            && self
                .errors
                .iter()
                .all(|e| !e.message.contains("end of file"))
        {
            if words.iter().any(Word::has_hole) {
                // A hole may hold the semicolon and closing braces.
            } else if let Some(last) = words.last() {
                self.errors.push(
                    SyntaxError::new("unexpected end of file, expecting \";\" or \"}\"", at)
                        .with_help(format!("is a \";\" missing after `{}`?", last.text)),
                );
            } else if let Some((open, _)) = self.open.last() {
                self.errors.push(
                    SyntaxError::new("unexpected end of file, expecting \"}\"", at)
                        .with_help(format!("the block of `{}` is never closed", open.name.text)),
                );
            }
        }
        while let Some((mut directive, outer)) = self.open.pop() {
            directive.body = Body::Block(std::mem::replace(&mut self.done, outer));
            directive.span = directive.span.to(at);
            self.done.push(directive);
        }
    }
}

/// Directives whose braces hold code of another language.
fn is_code(name: &str) -> bool {
    name.ends_with("_by_lua_block")
}

#[cfg(test)]
mod tests;
