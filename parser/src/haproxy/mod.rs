//! HAProxy configs: text → sections of lines of words, and what the daemon would refuse.

pub mod check;
mod conditional;
pub mod syntax;
mod tables;
mod token;
mod version;

use std::borrow::Cow;

pub use check::{Address, check};
pub use syntax::{Config, Line, Prefix, Section, SectionKind, Word};
pub use version::Version;

use crate::problem::Problem;
use crate::source::{Source, Span, SyntaxError};

/// Parses a config for the usual version. What lies in branches of `.if` that are not taken is left out.
pub fn parse(source: &Source) -> (Config<'_>, Vec<SyntaxError>) {
    parse_for(source, Version::USUAL)
}

fn parse_for(source: &Source, version: Version) -> (Config<'_>, Vec<SyntaxError>) {
    let mut parser = FileParser {
        version,
        ..FileParser::default()
    };
    parser.file(source.text());
    (parser.config, parser.errors)
}

/// Everything that is wrong with a config: syntax, then what [`check`] finds, in the order in which the daemon
/// would meet it, for a version of the program.
pub fn problems(source: &Source, version: Version) -> Vec<Problem> {
    let (config, errors) = parse_for(source, version);
    let mut found: Vec<(bool, Problem)> = errors.into_iter().map(|e| (false, e.into())).collect();
    found.extend(check::check_in_phases(&config));
    // The daemon reads the whole file before it resolves names across sections.
    found.sort_by_key(|(late, p)| (*late, p.span.start));
    found.into_iter().map(|(_, p)| p).collect()
}

/// The nesting of `.if`: an open block, whether one of its branches was taken, whether the current one is.
struct Block {
    taken: bool,
    active: bool,
    opened: Span,
}

#[derive(Default)]
struct FileParser<'s> {
    version: Version,
    config: Config<'s>,
    errors: Vec<SyntaxError>,
    blocks: Vec<Block>,
}

impl<'s> FileParser<'s> {
    fn file(&mut self, text: &'s str) {
        let mut offset = 0;
        for (index, raw) in text.split_inclusive('\n').enumerate() {
            let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
            self.raw_line(raw, offset, number);
            offset += raw.len();
        }
        if let Some(block) = self.blocks.first() {
            // Said last, as the daemon does: whatever is wrong before may be the cause.
            let end = Span::new(text.len(), text.len());
            let help = format!(
                "the block opened by '{}' is still open",
                slice(text, block.opened)
            );
            self.errors
                .push(SyntaxError::new("'.if' without its '.endif'", end).with_help(help));
        }
    }

    fn raw_line(&mut self, raw: &'s str, offset: usize, number: u32) {
        let line = raw.strip_suffix('\n').unwrap_or(raw);
        if let Some(at) = line.find('\0') {
            let span = Span::new(offset + at, offset + at + 1);
            self.errors
                .push(SyntaxError::new("stray NUL character", span));
            return;
        }
        if raw.len() == line.len() {
            let span = Span::new(offset, offset + line.len());
            self.errors.push(
                SyntaxError::new(
                    "missing line end on the last line: the file might have been cut off",
                    span,
                )
                .with_help("end the file with a newline"),
            );
        }
        let skipped = self.blocks.iter().any(|b| !b.active);
        let start = line.trim_start_matches(token::is_space);
        if start.starts_with('.') {
            self.directive(
                start,
                Span::new(offset + line.len() - start.len(), offset + line.len()),
            );
            return;
        }
        if skipped {
            return;
        }
        match token::words(line, offset) {
            Ok(words) => self.line(
                words,
                Span::new(offset, offset + line.trim_end().len()),
                number,
            ),
            Err(error) => self.errors.push(error),
        }
    }

    fn directive(&mut self, text: &str, span: Span) {
        let end = text.find(token::is_space).unwrap_or(text.len());
        let (word, rest) = (text.get(..end).unwrap_or(""), text.get(end..).unwrap_or(""));
        let rest = rest.split('#').next().unwrap_or("").trim();
        let skipped = self.blocks.iter().any(|b| !b.active);
        let mut fail = |message: String| self.errors.push(SyntaxError::new(message, span));
        match word {
            ".if" => {
                let active = match (skipped, conditional::evaluate(rest)) {
                    (true, _) => false,
                    // A branch that may or may not be taken is read: its lines are part of some machine's config.
                    (_, Ok(value)) => value.unwrap_or(true),
                    (_, Err(why)) => {
                        fail(format!("{why} in '.if'"));
                        false
                    }
                };
                self.blocks.push(Block {
                    taken: active || skipped,
                    active,
                    opened: span,
                });
            }
            ".elif" | ".else" => {
                let condition = if word == ".else" {
                    Ok(Some(true))
                } else {
                    conditional::evaluate(rest)
                };
                if word == ".else" && !rest.is_empty() {
                    fail("unexpected argument for '.else'".to_owned());
                }
                match self.blocks.last_mut() {
                    None => fail(format!("lone '{word}' with no matching '.if'")),
                    Some(block) => {
                        block.active = !block.taken && matches!(condition, Ok(Some(true) | None));
                        block.taken |= block.active;
                    }
                }
            }
            ".endif" => {
                if !rest.is_empty() {
                    fail(format!("unexpected argument '{rest}' for '.endif'"));
                } else if self.blocks.pop().is_none() {
                    fail("lone '.endif' with no matching '.if'".to_owned());
                }
            }
            ".notice" | ".warning" | ".diag" => {}
            ".alert" => {
                if !skipped {
                    fail(format!("the config stops here by its own '.alert': {rest}"));
                }
            }
            _ => {
                if !skipped {
                    fail(format!("unknown directive '{word}'"));
                }
            }
        }
    }

    fn line(&mut self, mut words: Vec<Word<'s>>, span: Span, number: u32) {
        let prefix = match words.first().map(|w| &*w.text) {
            None => return,
            Some("no") => Some(Prefix::No),
            Some("default") => Some(Prefix::Default),
            Some(_) => None,
        };
        if prefix.is_some() && words.len() > 1 {
            words.remove(0);
        }
        let keyword = words.first().map_or(Cow::Borrowed(""), |w| w.text.clone());
        let line = Line {
            words,
            prefix,
            span,
            number,
            version: self.version,
        };
        // The daemon passes over a line whose first word is empty.
        if keyword.is_empty() {
            return;
        }
        // A scope line such as `[haproxy]` belongs to another program reading the same file.
        if keyword.starts_with('[') && self.config.sections.is_empty() {
            return;
        }
        if let Some(kind) = SectionKind::of(&keyword) {
            // Inside `program`, `listen` and the like cannot appear; everywhere a section's name starts a section.
            self.config.sections.push(Section {
                kind,
                span,
                header: line,
                lines: Vec::new(),
            });
            return;
        }
        match self.config.sections.last_mut() {
            Some(section) => {
                section.span = section.span.to(span);
                section.lines.push(line);
            }
            None => self.config.stray.push(line),
        }
    }
}

fn slice(text: &str, span: Span) -> &str {
    text.get(span.start as usize..span.end as usize)
        .unwrap_or("")
}

#[cfg(test)]
mod tests;
