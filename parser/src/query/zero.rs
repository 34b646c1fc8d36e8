//! chef-zero's parser: hand-written, with precedence, and lenient where the server refuses.
//!
//! What it cannot do it raises on, some of it only when a document gets that far; the client sees a 500.

use crate::source::Span;

/// More nesting than any real query; chef-zero itself would run out of stack somewhere above.
const MAX_DEPTH: usize = 200;

/// A parsed query as chef-zero evaluates it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    pub kind: NodeKind,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// Left to right, stopping at the first that does not match.
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
    /// `+x`, which raises when it is reached.
    Plus,
    /// `x^2` means x.
    Boost(Box<Node>),
    /// Attributes whose name the left side matches, values that the right side matches.
    Field(Box<Node>, Box<Node>),
    Group(Box<Node>),
    Word(Pattern),
    Phrase(Pattern),
    Range {
        lower: String,
        upper: String,
        lower_inclusive: bool,
        upper_inclusive: bool,
    },
}

/// What chef-zero turns into a regular expression, between word boundaries and without regard to case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pattern {
    pub pieces: Vec<Piece>,
    /// The text, where there is no `*` or `?` in it.
    pub literal: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece {
    Char(char),
    /// `?`: one word character.
    One,
    /// `*`: any number of word characters.
    Many,
    /// Between the words of a phrase: characters that are in no word.
    Gap,
}

/// A refusal: where, with which status and words.
#[derive(Debug)]
pub(super) struct Refused {
    pub offset: usize,
    /// What Ruby raises; `None` for chef-zero's own parse error.
    pub raised: Option<String>,
    pub help: Option<String>,
}

type Result<T> = std::result::Result<T, Refused>;

pub(super) fn parse(text: &str) -> Result<Node> {
    let mut parser = Parser {
        text,
        at: 0,
        peeked: None,
        depth: 0,
    };
    // A closing parenthesis ends the query; chef-zero does not look at what follows.
    parser.expression()
}

#[derive(Clone, Copy)]
struct Token<'a> {
    text: &'a str,
    start: usize,
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    peeked: Option<Token<'a>>,
    depth: usize,
}

const SINGLE: &str = "\"+-!(){}[]^:";

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&mut self) -> Option<Token<'a>> {
        if self.peeked.is_none() {
            self.peeked = self.token();
        }
        self.peeked
    }

    fn next(&mut self) -> Option<Token<'a>> {
        let token = self.peek();
        self.peeked = None;
        token
    }

    fn next_is(&mut self, text: &str) -> bool {
        self.peek().is_some_and(|token| token.text == text)
    }

    fn token(&mut self) -> Option<Token<'a>> {
        let rest = self.rest();
        let trimmed = rest.trim_start_matches(is_space);
        self.at += rest.len() - trimmed.len();
        let start = self.at;
        if trimmed.is_empty() {
            return None;
        }
        self.at += operator(trimmed).unwrap_or_else(|| word_length(trimmed));
        let text = self.text.get(start..self.at).unwrap_or_default();
        Some(Token { text, start })
    }

    fn error<T>(&self, offset: usize, help: &str) -> Result<T> {
        Err(Refused {
            offset,
            raised: None,
            help: Some(help.to_string()),
        })
    }

    fn node(&self, kind: NodeKind, start: usize) -> Node {
        let end = self.peeked.map_or(self.at, |token| token.start);
        let read = self.text.get(start..end).unwrap_or_default();
        Node {
            kind,
            span: Span::new(start, start + read.trim_end_matches(is_space).len()),
        }
    }

    fn expression(&mut self) -> Result<Node> {
        let mut result = self.single()?;
        while let Some(token) = self.peek() {
            if token.text == ")" {
                break;
            }
            let operator = match token.text {
                "AND" | "OR" | "^" | ":" => {
                    self.next();
                    token.text
                }
                // Two terms beside each other: OR.
                _ => "OR",
            };
            let operand = self.single()?;
            result = self.join(result, operator, operand)?;
        }
        Ok(result)
    }

    /// Builds an operator; one that binds tighter than the last takes over its right side.
    fn join(&mut self, left: Node, operator: &str, right: Node) -> Result<Node> {
        let span = left.span.to(right.span);
        let of = |kind| Ok(Node { kind, span });
        match (left.kind, operator) {
            (NodeKind::Or(mut all), "OR") => {
                all.push(right);
                of(NodeKind::Or(all))
            }
            (NodeKind::And(mut all), "AND") => {
                all.push(right);
                of(NodeKind::And(all))
            }
            (NodeKind::Or(mut all), _) => {
                let last = self.join_last(&mut all, operator, right)?;
                all.extend(last);
                of(NodeKind::Or(all))
            }
            (NodeKind::And(mut all), "^" | ":") => {
                let last = self.join_last(&mut all, operator, right)?;
                all.extend(last);
                of(NodeKind::And(all))
            }
            (NodeKind::Field(name, value), "^") => {
                let value = match value.kind {
                    NodeKind::Boost(_) => value,
                    _ => Box::new(Node {
                        span: value.span.to(right.span),
                        kind: NodeKind::Boost(value),
                    }),
                };
                of(NodeKind::Field(name, value))
            }
            (kind @ NodeKind::Boost(_), "^") => of(kind),
            (kind, operator) => {
                let left = Node {
                    kind,
                    span: left.span,
                };
                of(match operator {
                    "AND" => NodeKind::And(vec![left, right]),
                    "OR" => NodeKind::Or(vec![left, right]),
                    "^" => NodeKind::Boost(Box::new(left)),
                    _ => {
                        self.depth += 1;
                        if self.depth > MAX_DEPTH {
                            return self.error(right.span.start as usize, "nested too deeply");
                        }
                        NodeKind::Field(Box::new(left), Box::new(right))
                    }
                })
            }
        }
    }

    fn join_last(
        &mut self,
        all: &mut Vec<Node>,
        operator: &str,
        right: Node,
    ) -> Result<Option<Node>> {
        match all.pop() {
            // The right side of an OR may be a whole AND, which what binds tighter then takes whole.
            Some(last) if operator != "AND" && matches!(last.kind, NodeKind::And(_)) => {
                let span = last.span.to(right.span);
                let last = Box::new(last);
                let kind = if operator == "^" {
                    NodeKind::Boost(last)
                } else {
                    NodeKind::Field(last, Box::new(right))
                };
                Ok(Some(Node { kind, span }))
            }
            Some(last) => self.join(last, operator, right).map(Some),
            None => Ok(Some(right)),
        }
    }

    fn single(&mut self) -> Result<Node> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return self.error(self.at, "nested too deeply");
        }
        let node = self.single_inside();
        self.depth -= 1;
        node
    }

    fn single_inside(&mut self) -> Result<Node> {
        let Some(token) = self.next() else {
            return self.error(self.text.len(), "something to search for is missing here");
        };
        let start = token.start;
        let kind = match token.text {
            "NOT" | "-" | "!" => NodeKind::Not(Box::new(self.single()?)),
            "+" => {
                self.single()?;
                NodeKind::Plus
            }
            "\"" => NodeKind::Phrase(self.phrase(start)?),
            "{" | "[" => self.range(token)?,
            "(" => {
                let inner = self.expression()?;
                match self.next() {
                    Some(close) if close.text == ")" => NodeKind::Group(Box::new(inner)),
                    _ => return self.error(self.text.len(), "a `)` is missing"),
                }
            }
            "}" | "]" | ")" => return self.error(start, "this closes nothing"),
            "AND" | "OR" | "^" | ":" => {
                return self.error(start, "an operator needs something on its left");
            }
            word => {
                let name = self.node(NodeKind::Word(pattern(word, start)?), start);
                if !self.next_is(":") {
                    return Ok(name);
                }
                self.next();
                NodeKind::Field(Box::new(name), Box::new(self.single()?))
            }
        };
        Ok(self.node(kind, start))
    }

    fn phrase(&mut self, start: usize) -> Result<Pattern> {
        let raise = |message: &str| {
            Err(Refused {
                offset: start,
                raised: Some(message.to_string()),
                help: None,
            })
        };
        let mut pieces = Vec::new();
        loop {
            match self.next() {
                None => return raise("NoMethodError: undefined method `length' for nil:NilClass"),
                Some(token) if token.text == "\"" => break,
                Some(token) => {
                    if !pieces.is_empty() {
                        pieces.push(Piece::Gap);
                    }
                    pieces.extend(pattern(token.text, token.start)?.pieces);
                }
            }
        }
        if pieces.is_empty() {
            return raise("NoMethodError: undefined method `literal_string' for nil:NilClass");
        }
        Ok(Pattern {
            pieces,
            literal: None,
        })
    }

    fn range(&mut self, open: Token<'a>) -> Result<NodeKind> {
        let lower = self.limit()?;
        let to = self.limit()?;
        if to.text != "TO" {
            return self.error(to.start, "a range is `[A TO B]`");
        }
        let upper = self.limit()?;
        let close = self.limit()?;
        if !matches!(close.text, "]" | "}") {
            return self.error(close.start, "a range is `[A TO B]`");
        }
        Ok(NodeKind::Range {
            lower: lower.text.to_string(),
            upper: upper.text.to_string(),
            lower_inclusive: open.text == "[",
            upper_inclusive: close.text == "]",
        })
    }

    fn limit(&mut self) -> Result<Token<'a>> {
        match self.next() {
            Some(token) => Ok(token),
            None => self.error(self.text.len(), "a range is `[A TO B]`"),
        }
    }
}

/// Ruby's `\s`.
fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{b}' | '\u{c}')
}

fn operator(text: &str) -> Option<usize> {
    let first = text.chars().next()?;
    if SINGLE.contains(first) {
        return Some(1);
    }
    (text.starts_with("&&") || text.starts_with("||")).then_some(2)
}

/// Up to white space or an operator; a minus inside a word is part of it, and so is what a backslash escapes.
fn word_length(text: &str) -> usize {
    let mut rest = text;
    loop {
        let mut chars = rest.chars();
        if chars.next() == Some('\\') {
            chars.next();
        }
        rest = chars.as_str();
        let ends = match rest.chars().next() {
            None => true,
            Some('-') => false,
            Some(c) => is_space(c) || operator(rest).is_some(),
        };
        if ends {
            return text.len() - rest.len();
        }
    }
}

fn pattern(word: &str, start: usize) -> Result<Pattern> {
    let raise = |message: String| {
        Err(Refused {
            offset: start,
            raised: Some(message),
            help: None,
        })
    };
    let mut pieces = Vec::new();
    let mut literal = Some(String::new());
    let mut chars = word.chars();
    while let Some(c) = chars.next() {
        let c = match c {
            '*' | '?' => {
                pieces.push(if c == '*' { Piece::Many } else { Piece::One });
                literal = None;
                continue;
            }
            '~' => return raise("RuntimeError: ~ unsupported".to_string()),
            '\\' => match chars.next() {
                Some(escaped) => escaped,
                None => {
                    return raise(format!("RuntimeError: Backslash at end of string '{word}'"));
                }
            },
            c => c,
        };
        pieces.push(Piece::Char(c));
        if let Some(literal) = &mut literal {
            literal.push(c);
        }
    }
    Ok(Pattern { pieces, literal })
}
