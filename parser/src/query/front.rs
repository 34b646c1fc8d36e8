//! The server's own grammar: chef_lucene, a PEG.
//!
//! ```text
//! query   = "*:*" | (expr | space)*
//! expr    = binary | unary | fuzzy | boost | group | fphrase | field | range | term | string
//! binary  = (group | fphrase | field | range | term) space? (AND | && | OR | ||) space? query
//! unary   = ("NOT" space | "!" space?) (group | field | range | term | string)
//!         | "+" (term | string)    | "-" (field | range | term | string)
//! field   = name ":" (fuzzy | term | group | string)
//! fphrase = name ":" string        range = name ":[" entry " TO " entry "]" | name ":{" entry " TO " entry "}"
//! fuzzy   = (term | string) "~" number?                boost = (term | string) "^" number
//! string  = '"' term (space term)* '"'
//! ```
//!
//! Choice is ordered: the first alternative that matches is taken, and no other is tried when what follows does not
//! fit. The right side of `binary` is a whole `query`, which takes all there is up to the end of the group; so a
//! sequence of operands and operators says the same and needs no recursion. Only groups nest.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while1};
use nom::character::complete::{char, one_of, satisfy};
use nom::combinator::{not, opt, peek, recognize};
use nom::multi::{many0_count, many1_count};
use nom::sequence::{pair, preceded};
use nom::{IResult, Parser};

use super::tree::{Expr, ExprKind, Item, Operator, Range, Sequence, Word};
use crate::source::Span;

/// Deeper groups are refused; no query that a person or a cookbook writes comes near.
const MAX_DEPTH: usize = 200;

type Parsed<'a, T> = IResult<&'a str, T>;

/// Why a text is not of the grammar, and how far it was.
pub(super) struct Unparsed {
    pub offset: usize,
    pub too_deep: bool,
}

/// Parses a whole query.
pub(super) fn parse(text: &str) -> Result<Sequence, Unparsed> {
    let front = Front {
        text,
        depth: Cell::new(0),
        too_deep: Cell::new(false),
        furthest: Cell::new(0),
        failed: RefCell::default(),
    };
    match front.query(text) {
        Ok(("", sequence)) if !text.is_empty() => Ok(sequence),
        _ => Err(Unparsed {
            offset: front.furthest.get(),
            too_deep: front.too_deep.get(),
        }),
    }
}

struct Front<'a> {
    text: &'a str,
    depth: Cell<usize>,
    too_deep: Cell<bool>,
    /// The last offset that any alternative understood.
    furthest: Cell<usize>,
    /// Offsets where no group could be read; without it a text of open parentheses takes exponential time.
    failed: RefCell<BTreeSet<usize>>,
}

impl<'a> Front<'a> {
    fn at(&self, rest: &str) -> usize {
        self.text.len() - rest.len()
    }

    fn span(&self, start: &str, end: &str) -> Span {
        Span::new(self.at(start), self.at(end))
    }

    fn seen(&self, rest: &str) {
        self.furthest.set(self.furthest.get().max(self.at(rest)));
    }

    fn query(&self, input: &'a str) -> Parsed<'a, Sequence> {
        let mut items = Vec::new();
        let mut rest = input;
        if let Ok((after, all)) = self.everything(rest) {
            items.push(Item::Expr(all));
            return Ok((after, Sequence { items }));
        }
        loop {
            if let Ok((after, _)) = space(rest) {
                items.push(Item::Space(self.span(rest, after)));
                rest = after;
            } else if let Ok((after, operand)) = self.operand(rest) {
                rest = after;
                match self.operator(rest) {
                    Ok((after, operator)) => {
                        items.push(Item::Expr(operand));
                        items.push(Item::Operator(operator, self.span(rest, after)));
                        rest = after;
                        // The right side is a query, so `*:*` may stand here and end it.
                        if let Ok((after, all)) = self.everything(rest) {
                            items.push(Item::Expr(all));
                            rest = after;
                        }
                    }
                    Err(_) => {
                        let (after, expr) = self.suffixed(operand, rest);
                        items.push(Item::Expr(expr));
                        rest = after;
                    }
                }
            } else if let Ok((after, expr)) = self.unary(rest).or_else(|_| self.text(rest)) {
                items.push(Item::Expr(expr));
                rest = after;
            } else {
                self.seen(rest);
                return Ok((rest, Sequence { items }));
            }
        }
    }

    fn everything(&self, input: &'a str) -> Parsed<'a, Expr> {
        let (rest, _) = tag("*:*").parse(input)?;
        Ok((rest, self.expr(ExprKind::Everything, input, rest)))
    }

    fn expr(&self, kind: ExprKind, start: &str, end: &str) -> Expr {
        self.seen(end);
        Expr {
            kind,
            span: self.span(start, end),
        }
    }

    /// What may stand left of an operator.
    fn operand(&self, input: &'a str) -> Parsed<'a, Expr> {
        self.group(input)
            .or_else(|_| self.field_phrase(input))
            .or_else(|_| self.field(input))
            .or_else(|_| self.range(input))
            .or_else(|_| self.term(input))
    }

    fn operator(&self, input: &'a str) -> Parsed<'a, Operator> {
        let (rest, _) = opt(space).parse(input)?;
        let (rest, operator) = alt((
            tag("AND").map(|_| Operator::And),
            tag("&&").map(|_| Operator::AndSign),
            tag("OR").map(|_| Operator::Or),
            tag("||").map(|_| Operator::OrSign),
        ))
        .parse(rest)?;
        let (rest, _) = opt(space).parse(rest)?;
        self.seen(rest);
        Ok((rest, operator))
    }

    /// A bare word with a fuzziness or boost behind it.
    fn suffixed(&self, operand: Expr, rest: &'a str) -> (&'a str, Expr) {
        let ExprKind::Word(word) = operand.kind else {
            return (rest, operand);
        };
        let start = word.span.start as usize;
        let made = |kind, end: &str| {
            self.seen(end);
            Expr {
                kind,
                span: Span::new(start, self.at(end)),
            }
        };
        if let Ok((after, number)) = fuzziness(rest) {
            return (after, made(ExprKind::Fuzzy(word, number.into()), after));
        }
        if let Ok((after, number)) = preceded(char('^'), number).parse(rest) {
            return (after, made(ExprKind::Boost(word, number.into()), after));
        }
        (rest, made(ExprKind::Word(word), rest))
    }

    /// A quoted text outside a field, which no operator may follow.
    fn text(&self, input: &'a str) -> Parsed<'a, Expr> {
        let (rest, word) = self.string(input)?;
        let operand = self.expr(ExprKind::Word(word), input, rest);
        let (rest, expr) = self.suffixed(operand, rest);
        Ok((rest, expr))
    }

    fn unary(&self, input: &'a str) -> Parsed<'a, Expr> {
        let (rest, mark) = alt((
            recognize(pair(tag("NOT"), space)),
            recognize(pair(char('!'), opt(space))),
            tag("+"),
            tag("-"),
        ))
        .parse(input)?;
        self.seen(rest);
        let operand = match mark {
            "+" => self.term(rest).or_else(|_| self.quoted(rest)),
            "-" => self
                .field(rest)
                .or_else(|_| self.range(rest))
                .or_else(|_| self.term(rest))
                .or_else(|_| self.quoted(rest)),
            _ => self
                .group(rest)
                .or_else(|_| self.field(rest))
                .or_else(|_| self.range(rest))
                .or_else(|_| self.term(rest))
                .or_else(|_| self.quoted(rest)),
        };
        let (rest, operand) = operand?;
        let kind = ExprKind::Unary(mark.to_string(), Box::new(operand));
        Ok((rest, self.expr(kind, input, rest)))
    }

    fn group(&self, input: &'a str) -> Parsed<'a, Expr> {
        let (inside, _) = char('(').parse(input)?;
        let offset = self.at(input);
        if self.failed.borrow().contains(&offset) {
            return fail(input);
        }
        if self.depth.get() >= MAX_DEPTH {
            self.too_deep.set(true);
            self.seen(input);
            return fail(input);
        }
        self.depth.set(self.depth.get() + 1);
        let read = self.query(inside);
        self.depth.set(self.depth.get() - 1);
        let closed = read.and_then(|(rest, inner)| char(')').parse(rest).map(|(r, _)| (r, inner)));
        match closed {
            Ok((rest, inner)) => Ok((rest, self.expr(ExprKind::Group(inner), input, rest))),
            Err(error) => {
                self.failed.borrow_mut().insert(offset);
                Err(error)
            }
        }
    }

    fn field_phrase(&self, input: &'a str) -> Parsed<'a, Expr> {
        let (rest, name) = self.name(input)?;
        let (rest, phrase) = self.string(rest)?;
        Ok((rest, self.expr(ExprKind::Phrase(name, phrase), input, rest)))
    }

    fn field(&self, input: &'a str) -> Parsed<'a, Expr> {
        let (value, name) = self.name(input)?;
        let (rest, value) = self
            .fuzzy(value)
            .or_else(|_| self.term(value))
            .or_else(|_| self.group(value))
            .or_else(|_| self.quoted(value))?;
        let kind = ExprKind::Field(name, Box::new(value));
        Ok((rest, self.expr(kind, input, rest)))
    }

    fn fuzzy(&self, input: &'a str) -> Parsed<'a, Expr> {
        let (rest, word) = self.word(input).or_else(|_| self.string(input))?;
        let (rest, number) = fuzziness(rest)?;
        let kind = ExprKind::Fuzzy(word, number.to_string());
        Ok((rest, self.expr(kind, input, rest)))
    }

    fn range(&self, input: &'a str) -> Parsed<'a, Expr> {
        let (open, name) = self.name(input)?;
        let (rest, bracket) = one_of("[{").parse(open)?;
        let inclusive = bracket == '[';
        self.seen(rest);
        let (rest, lower) = self.limit(rest)?;
        let (rest, _) = tag(" TO ").parse(rest)?;
        self.seen(rest);
        let (rest, upper) = self.limit(rest)?;
        let (rest, _) = char(if inclusive { ']' } else { '}' }).parse(rest)?;
        let range = Range {
            inclusive,
            lower: lower.to_string(),
            upper: upper.to_string(),
            span: self.span(open, rest),
        };
        Ok((rest, self.expr(ExprKind::Range(name, range), input, rest)))
    }

    fn limit(&self, input: &'a str) -> Parsed<'a, &'a str> {
        let (rest, limit) = alt((tag("*"), letters)).parse(input)?;
        self.seen(rest);
        Ok((rest, limit))
    }

    /// A field name and its colon.
    fn name(&self, input: &'a str) -> Parsed<'a, Word> {
        let (rest, text) = preceded(not(keyword), letters).parse(input)?;
        let name = self.made_word(text, false, input, rest);
        self.seen(rest);
        let (rest, _) = char(':').parse(rest)?;
        self.seen(rest);
        Ok((rest, name))
    }

    fn term(&self, input: &'a str) -> Parsed<'a, Expr> {
        let (rest, word) = self.word(input)?;
        Ok((rest, self.expr(ExprKind::Word(word), input, rest)))
    }

    fn quoted(&self, input: &'a str) -> Parsed<'a, Expr> {
        let (rest, word) = self.string(input)?;
        Ok((rest, self.expr(ExprKind::Word(word), input, rest)))
    }

    fn word(&self, input: &'a str) -> Parsed<'a, Word> {
        let (rest, text) = term(input)?;
        self.seen(rest);
        Ok((rest, self.made_word(text, false, input, rest)))
    }

    fn string(&self, input: &'a str) -> Parsed<'a, Word> {
        let (mut rest, _) = pair(char('"'), peek(term)).parse(input)?;
        loop {
            let (after, _) = term(rest)?;
            self.seen(after);
            rest = match space(after) {
                Ok((next, _)) => next,
                Err(_) => {
                    let (rest, _) = char('"').parse(after)?;
                    let length = input.len() - rest.len();
                    let text = input.get(..length).unwrap_or_default();
                    return Ok((rest, self.made_word(text, true, input, rest)));
                }
            };
            self.seen(rest);
        }
    }

    fn made_word(&self, text: &str, quoted: bool, start: &str, end: &str) -> Word {
        Word {
            text: text.to_string(),
            quoted,
            span: self.span(start, end),
        }
    }
}

fn fail<T>(input: &str) -> Parsed<'_, T> {
    Err(nom::Err::Error(nom::error::Error::new(
        input,
        nom::error::ErrorKind::Verify,
    )))
}

fn space(input: &str) -> Parsed<'_, &str> {
    take_while1(|c| c == ' ' || c == '\t').parse(input)
}

fn keyword(input: &str) -> Parsed<'_, &str> {
    alt((tag("AND"), tag("OR"), tag("NOT"))).parse(input)
}

/// A word that may begin with AND, OR or NOT but not be one of them.
fn term(input: &str) -> Parsed<'_, &str> {
    recognize(pair(opt(keyword), letters)).parse(input)
}

fn letters(input: &str) -> Parsed<'_, &str> {
    let start = || alt((satisfy(starts), escape));
    let next = alt((satisfy(|c| starts(c) || "-+@?".contains(c)), escape));
    recognize(pair(many1_count(start()), many0_count(next))).parse(input)
}

fn starts(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_.*/".contains(c)
}

fn escape(input: &str) -> Parsed<'_, char> {
    preceded(char('\\'), one_of("[]\\/\"!(){}^~*?:")).parse(input)
}

fn fuzziness(input: &str) -> Parsed<'_, &str> {
    let (rest, number) = preceded(char('~'), opt(number)).parse(input)?;
    Ok((rest, number.unwrap_or_default()))
}

/// Digits and at most one digit of a fraction; more digits begin a new word.
fn number(input: &str) -> Parsed<'_, &str> {
    let digit = |c: char| c.is_ascii_digit();
    recognize((
        satisfy(digit),
        take_while(digit),
        opt(pair(char('.'), satisfy(digit))),
    ))
    .parse(input)
}
