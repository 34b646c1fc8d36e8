//! Lucene's classic query parser, as OpenSearch's `query_string` and Solr 4 use it on the rewritten text.
//!
//! There is no precedence: in each group, from left to right, an AND makes both its neighbours required, NOT and `-`
//! exclude, and everything else is optional (the default operator is OR).

use super::clause::{Clause, Matcher, Occur, Scope, Test};
use super::lexer::{self, Lexeme, Token};
use super::profile::Profile;
use super::rewrite::Rewritten;
use crate::source::Span;

/// Lucene refuses a group of more clauses.
const MAX_CLAUSES: usize = 1024;

/// A refusal, with the offset in the rewritten text.
type Refused = usize;

/// Parses what the front passed on.
pub(super) fn parse(rewritten: &Rewritten, profile: Profile) -> Result<Clause, Refused> {
    let tokens = lexer::tokens(&rewritten.text, profile)?;
    let mut backend = Backend {
        rewritten,
        profile,
        tokens,
        at: 0,
    };
    if backend.kind(0) == Token::End {
        return Ok(Clause {
            test: Test::Nothing,
            span: rewritten.origin(0, rewritten.text.len()),
        });
    }
    let mut clause = backend.query()?;
    if backend.kind(0) != Token::End {
        return Err(backend.here());
    }
    if profile == Profile::Solr4 {
        match_all_unless(&mut clause);
    }
    Ok(clause)
}

struct Backend<'a> {
    rewritten: &'a Rewritten,
    profile: Profile,
    tokens: Vec<Lexeme>,
    at: usize,
}

/// Lets a group that only excludes exclude from everything.
fn match_all_unless(clause: &mut Clause) {
    if let Test::Group(clauses) = &mut clause.test
        && !clauses.is_empty()
        && clauses.iter().all(|(occur, _)| *occur == Occur::MustNot)
    {
        let all = Clause {
            test: Test::All,
            span: clause.span,
        };
        clauses.push((Occur::Must, all));
    }
}

impl Backend<'_> {
    fn kind(&self, ahead: usize) -> Token {
        self.tokens
            .get(self.at + ahead)
            .map_or(Token::End, |lexeme| lexeme.token)
    }

    fn here(&self) -> usize {
        self.tokens.get(self.at).map_or(0, |lexeme| lexeme.start)
    }

    fn image(&self, at: usize) -> &str {
        self.tokens
            .get(at)
            .and_then(|lexeme| self.rewritten.text.get(lexeme.start..lexeme.end))
            .unwrap_or_default()
    }

    /// The origin of the tokens from `first` up to the current one.
    fn origin(&self, first: usize) -> Span {
        let start = self.tokens.get(first).map_or(0, |lexeme| lexeme.start);
        let last = self.at.saturating_sub(1).max(first);
        let end = self.tokens.get(last).map_or(start, |lexeme| lexeme.end);
        self.rewritten.origin(start, end)
    }

    fn expect(&mut self, token: Token) -> Result<usize, Refused> {
        if self.kind(0) != token {
            return Err(self.here());
        }
        self.at += 1;
        Ok(self.at - 1)
    }

    /// The front has limited how deep groups nest.
    fn query(&mut self) -> Result<Clause, Refused> {
        let first = self.at;
        let mut clauses: Vec<(Occur, Clause)> = Vec::new();
        let mut plain = None;
        while clauses.is_empty() || !matches!(self.kind(0), Token::End | Token::Close) {
            if let Some(words) = self.words() {
                plain.get_or_insert(true);
                clauses.push((Occur::Should, words));
                continue;
            }
            let and = !clauses.is_empty() && self.conjunction();
            let modifier = self.modifier();
            let clause = self.clause()?;
            plain.get_or_insert(modifier.is_none());
            if and
                && let Some((occur, _)) = clauses.last_mut()
                && *occur != Occur::MustNot
            {
                *occur = Occur::Must;
            }
            clauses.push((
                modifier.unwrap_or(if and { Occur::Must } else { Occur::Should }),
                clause,
            ));
            if clauses.len() > MAX_CLAUSES {
                return Err(self.here());
            }
        }
        let span = self.origin(first);
        if clauses.len() == 1
            && plain == Some(true)
            && let Some((_, only)) = clauses.pop()
        {
            return Ok(only);
        }
        let mut clause = Clause {
            test: Test::Group(clauses),
            span,
        };
        if self.profile == Profile::Server {
            match_all_unless(&mut clause);
        }
        Ok(clause)
    }

    /// OpenSearch hands bare words in a row to the analyser as one text; Solr 4 splits them first.
    fn words(&mut self) -> Option<Clause> {
        if self.profile != Profile::Server {
            return None;
        }
        let ends = |token| {
            !matches!(
                token,
                Token::Colon | Token::Star | Token::Fuzzy | Token::Caret | Token::And | Token::Or
            )
        };
        let mut count = 1;
        while self.kind(0) == Token::Term
            && self.kind(count) == Token::Term
            && ends(self.kind(count + 1))
        {
            count += 1;
        }
        if count == 1 {
            return None;
        }
        let first = self.at;
        self.at += count;
        let texts: Vec<String> = (first..self.at)
            .map(|at| unescape(self.image(at)))
            .collect::<Option<_>>()?;
        Some(self.tokens_test(first, None, Matcher::Text(texts.join(" "))))
    }

    /// Takes an operator; true for AND.
    fn conjunction(&mut self) -> bool {
        let token = self.kind(0);
        if matches!(token, Token::And | Token::Or) {
            self.at += 1;
        }
        token == Token::And
    }

    fn modifier(&mut self) -> Option<Occur> {
        let occur = match self.kind(0) {
            Token::Plus => Occur::Must,
            Token::Minus | Token::Not => Occur::MustNot,
            _ => return None,
        };
        self.at += 1;
        Some(occur)
    }

    fn clause(&mut self) -> Result<Clause, Refused> {
        let first = self.at;
        let mut field = None;
        if matches!(self.kind(0), Token::Term | Token::Star) && self.kind(1) == Token::Colon {
            field = Some(unescape(self.image(first)).ok_or(self.here())?);
            self.at += 2;
        }
        if self.kind(0) == Token::Open {
            self.at += 1;
            let mut clause = self.query()?;
            self.expect(Token::Close)?;
            self.boost()?;
            clause.span = self.origin(first);
            return Ok(clause);
        }
        self.term(first, field.as_deref())
    }

    fn boost(&mut self) -> Result<(), Refused> {
        if self.kind(0) == Token::Caret {
            self.at += 1;
            self.expect(Token::Number)?;
        }
        Ok(())
    }

    fn term(&mut self, first: usize, field: Option<&str>) -> Result<Clause, Refused> {
        let at = self.at;
        let start = self.here();
        self.at += 1;
        let token = self
            .tokens
            .get(at)
            .map_or(Token::End, |lexeme| lexeme.token);
        if token == Token::RangeOpen {
            return self.range(first, field);
        }
        let fuzzy = match token {
            Token::Term
            | Token::Star
            | Token::Prefix
            | Token::Wildcard
            | Token::Regex
            | Token::BareOperator
            | Token::Quoted => self.suffix()?,
            _ => return Err(start),
        };
        let image = self.image(at);
        let plain = || unescape(image).ok_or(start);
        let matcher = match token {
            Token::Star if matches!(field, None | Some("*")) => {
                return Ok(Clause {
                    test: Test::All,
                    span: self.origin(first),
                });
            }
            Token::Star | Token::Wildcard => Matcher::Wildcard(image.to_string()),
            Token::Prefix => {
                let stem = image.strip_suffix('*').unwrap_or(image);
                Matcher::Prefix(unescape(stem).ok_or(start)?)
            }
            Token::Regex => {
                let inside = image.get(1..image.len().saturating_sub(1));
                Matcher::Regex(inside.unwrap_or_default().to_string())
            }
            Token::Quoted => {
                let inside = image.get(1..image.len().saturating_sub(1));
                let slop = fuzzy.as_deref().and_then(|n| n.parse::<f32>().ok());
                let text = unescape(inside.unwrap_or_default()).ok_or(start)?;
                Matcher::Phrase(text, slop.map_or(0, whole))
            }
            Token::BareOperator => Matcher::Text(image.chars().take(1).collect()),
            _ => match fuzzy {
                Some(number) => {
                    let text = plain()?;
                    let edits = edits(&number, &text, self.profile).ok_or(start)?;
                    Matcher::Fuzzy(text, edits)
                }
                None => Matcher::Text(plain()?),
            },
        };
        Ok(self.tokens_test(first, field, matcher))
    }

    /// `~N` and `^N` in either order; gives what follows the `~`.
    fn suffix(&mut self) -> Result<Option<String>, Refused> {
        self.boost()?;
        if self.kind(0) != Token::Fuzzy {
            return Ok(None);
        }
        let number = self.image(self.at).get(1..).unwrap_or_default().to_string();
        self.at += 1;
        self.boost()?;
        Ok(Some(number))
    }

    fn range(&mut self, first: usize, field: Option<&str>) -> Result<Clause, Refused> {
        let inclusive = self.image(self.at - 1) == "[";
        let lower = self.limit()?;
        self.expect(Token::RangeTo)?;
        let upper = self.limit()?;
        self.expect(Token::RangeClose)?;
        let matcher = Matcher::Range {
            lower,
            upper,
            inclusive,
        };
        Ok(self.tokens_test(first, field, matcher))
    }

    fn limit(&mut self) -> Result<String, Refused> {
        let start = self.here();
        let image = match self.kind(0) {
            Token::RangeWord | Token::RangeTo => self.image(self.at),
            _ => return Err(start),
        };
        let text = unescape(image).ok_or(start)?;
        self.at += 1;
        Ok(text)
    }

    fn tokens_test(&self, first: usize, field: Option<&str>, matcher: Matcher) -> Clause {
        let scope = match field {
            None if self.profile == Profile::Server => Scope::Everywhere,
            _ => Scope::Content,
        };
        Clause {
            test: Test::Tokens(scope, matcher),
            span: self.origin(first),
        }
    }
}

/// The edits that a `~N` allows; `None` where the engine refuses the number.
///
/// OpenSearch takes N as a whole number of edits, at most two, and a bare `~` by the text's length. Solr 4 takes a
/// fraction as a similarity, and refuses fractional edits.
fn edits(number: &str, text: &str, profile: Profile) -> Option<u32> {
    let length = text.chars().count();
    if number.is_empty() {
        return Some(match (profile, length) {
            (Profile::Solr4, _) => 2,
            (_, ..3) => 0,
            (_, ..6) => 1,
            _ => 2,
        });
    }
    let number: f32 = number.parse().ok()?;
    if profile != Profile::Solr4 || number >= 1.0 {
        let fractional = number.fract() != 0.0;
        return (!(fractional && profile == Profile::Solr4)).then(|| whole(number).min(2));
    }
    if number == 0.0 {
        return Some(0);
    }
    #[expect(clippy::cast_precision_loss, reason = "lengths are far below 2^52")]
    let edits = (1.0 - f64::from(number)) * length as f64;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "in 0..=2"
    )]
    Some(edits.clamp(0.0, 2.0) as u32)
}

fn whole(number: f32) -> u32 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped"
    )]
    let whole = number.clamp(0.0, 1e6) as u32;
    whole
}

/// Takes escapes away as Lucene does; `None` where it refuses them.
fn unescape(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next()? {
            'u' => {
                let mut code = 0;
                for _ in 0..4 {
                    code = code * 16 + chars.next()?.to_digit(16)?;
                }
                out.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            escaped => out.push(escaped),
        }
    }
    Some(out)
}
