//! Statements and blocks of `named.conf`.

use crate::hole::is_hole;
use crate::problem::{Class, Problem};
use crate::source::{Source, Span};

/// Blocks deeper than this are not followed.
const MAX_DEPTH: usize = 50;

/// `words { … } words;`
#[derive(Debug, Default)]
pub struct Statement {
    pub parts: Vec<Part>,
}

#[derive(Debug)]
pub enum Part {
    Word(Span),
    Block(Vec<Statement>),
}

impl Statement {
    /// The words before the first block.
    pub fn words<'s>(&self, source: &'s Source) -> Vec<(&'s str, Span)> {
        let words = self.parts.iter().map_while(|p| match p {
            Part::Word(span) => Some((source.slice(*span), *span)),
            Part::Block(_) => None,
        });
        words.collect()
    }

    pub fn block(&self) -> Option<&[Statement]> {
        self.parts.iter().find_map(|p| match p {
            Part::Block(inner) => Some(inner.as_slice()),
            Part::Word(_) => None,
        })
    }

    /// The first word after a block.
    pub fn after_block(&self) -> Option<Span> {
        let block = self
            .parts
            .iter()
            .position(|p| matches!(p, Part::Block(_)))?;
        match self.parts.get(block + 1)? {
            Part::Word(span) => Some(*span),
            Part::Block(_) => None,
        }
    }
}

/// The statements of a file, and the problems of its marks; `None` where those cannot be told because a word is unknown
/// or blocks nest beyond reason.
pub struct Tree {
    pub statements: Vec<Statement>,
    pub problems: Vec<Problem>,
    /// False where unknown text may hold marks of its own.
    pub sure: bool,
}

struct Open {
    before: Vec<Statement>,
    current: Statement,
    first: Span,
    /// `keys { name }`: there the mark may be left out.
    lenient: bool,
}

pub fn parse(source: &Source) -> Tree {
    let text = source.text();
    let mut tree = Tree {
        statements: Vec::new(),
        problems: Vec::new(),
        sure: true,
    };
    let mut structure = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    let mut current = Statement::default();
    let mut last = Span::default();
    let mut at = 0;
    let mut refuse = |message: String, span: Span| {
        structure.push(Problem::error(Class::Syntax, message, span));
    };
    while let Some(rest) = text.get(at..).filter(|r| !r.is_empty()) {
        let Some((skip, token)) = token(rest) else {
            let message = "unexpected end of input: a quote or comment is never closed";
            refuse(message.to_owned(), Span::new(at, at + 1));
            // Everything after it is of another kind.
            tree.problems.append(&mut structure);
            return tree;
        };
        let start = at + skip;
        let span = Span::new(start, start + token.len());
        at = start + token.len().max(1);
        match token {
            "" => break,
            "{" => {
                let first = current.parts.iter().find_map(|p| match p {
                    Part::Word(span) => Some(*span),
                    Part::Block(_) => None,
                });
                let lenient = matches!(current.parts.last(), Some(Part::Word(s)) if source.slice(*s).eq_ignore_ascii_case("keys"));
                open.push(Open {
                    before: std::mem::take(&mut tree.statements),
                    current: std::mem::take(&mut current),
                    first: first.unwrap_or(span),
                    lenient,
                });
                if open.len() > MAX_DEPTH {
                    tree.sure = false;
                    return tree;
                }
            }
            "}" => {
                let ended = current.parts.is_empty();
                if !ended {
                    if !open.last().is_some_and(|o| o.lenient) {
                        let word = source.slice(last);
                        refuse(format!("missing ';' after '{word}'"), last);
                    }
                    tree.statements.push(std::mem::take(&mut current));
                }
                if let Some(outer) = open.pop() {
                    let inner = std::mem::replace(&mut tree.statements, outer.before);
                    current = outer.current;
                    current.parts.push(Part::Block(inner));
                } else {
                    refuse(
                        "syntax error near '}': no block is open here".to_owned(),
                        span,
                    );
                }
            }
            ";" => {
                if !current.parts.is_empty() {
                    tree.statements.push(std::mem::take(&mut current));
                }
            }
            word => {
                tree.sure &= !word.chars().all(is_hole);
                current.parts.push(Part::Word(span));
            }
        }
        last = span;
    }
    if let Some(outer) = open.last() {
        let message = format!(
            "unexpected end of input: the block of `{}` is never closed",
            source.slice(outer.first)
        );
        refuse(message, outer.first);
    } else if !current.parts.is_empty() {
        let word = source.slice(last);
        refuse(format!("missing ';' after '{word}'"), last);
        tree.statements.push(current);
    }
    // What is inside a block that nothing closes belongs nowhere.
    for outer in open.into_iter().rev() {
        tree.statements = outer.before;
    }
    if tree.sure {
        tree.problems.append(&mut structure);
    }
    tree
}

/// How much space and comment precede the next token, and the token; empty at the end.
fn token(text: &str) -> Option<(usize, &str)> {
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        if rest.starts_with('#') || rest.starts_with("//") {
            rest = rest.find('\n').map_or("", |i| rest.get(i..).unwrap_or(""));
        } else if let Some(inner) = rest.strip_prefix("/*") {
            rest = inner.split_once("*/")?.1;
        } else {
            break;
        }
    }
    let skip = text.len() - rest.len();
    let length = match rest.chars().next() {
        None => 0,
        Some('{' | '}' | ';') => 1,
        Some('"') => {
            let mut escaped = false;
            let end = rest.char_indices().skip(1).find(|(_, c)| {
                let found = *c == '"' && !escaped;
                escaped = *c == '\\' && !escaped;
                found
            });
            end?.0 + 1
        }
        Some(_) => rest
            .char_indices()
            .find(|(i, c)| {
                c.is_whitespace()
                    || matches!(c, '{' | '}' | ';' | '"')
                    || rest
                        .get(*i..)
                        .is_some_and(|r| r.starts_with("/*") || r.starts_with("//"))
            })
            .map_or(rest.len(), |(i, _)| i),
    };
    Some((skip, rest.get(..length)?))
}
