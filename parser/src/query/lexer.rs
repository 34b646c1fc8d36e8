//! The tokens of Lucene's classic query parser: always the longest that fits.

use super::profile::Profile;

/// The kind of a token, named as Lucene's grammar does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    And,
    Or,
    Not,
    Plus,
    Minus,
    /// `+`, `-` or `!` before white space: a word, not an operator.
    BareOperator,
    Open,
    Close,
    Colon,
    Star,
    Caret,
    Quoted,
    Term,
    Fuzzy,
    Prefix,
    Wildcard,
    Regex,
    Number,
    RangeOpen,
    RangeClose,
    RangeTo,
    RangeWord,
    RangeQuoted,
    End,
}

/// A token and its byte range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lexeme {
    pub token: Token,
    pub start: usize,
    pub end: usize,
}

/// Splits a text into tokens, an [`Token::End`] last; `Err` is the offset where no token fits.
pub(super) fn tokens(text: &str, profile: Profile) -> Result<Vec<Lexeme>, usize> {
    let mut out = Vec::new();
    let mut at = 0;
    let mut state = State::Default;
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let skipped = rest.trim_start_matches(is_space);
        at += rest.len() - skipped.len();
        if skipped.is_empty() {
            out.push(Lexeme {
                token: Token::End,
                start: at,
                end: at,
            });
            return Ok(out);
        }
        let (token, length) = match state {
            State::Default => default_token(skipped, profile),
            State::Boost => boost_token(skipped),
            State::Range => range_token(skipped),
        }
        .ok_or(at)?;
        state = match token {
            Token::Caret => State::Boost,
            Token::RangeOpen => State::Range,
            Token::Number | Token::RangeClose => State::Default,
            _ => state,
        };
        out.push(Lexeme {
            token,
            start: at,
            end: at + length,
        });
        at += length;
    }
}

#[derive(Clone, Copy)]
enum State {
    Default,
    Boost,
    Range,
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{3000}')
}

fn default_token(text: &str, profile: Profile) -> Option<(Token, usize)> {
    let first = text.chars().next()?;
    let second = text.chars().nth(1);
    match first {
        '(' => return Some((Token::Open, 1)),
        ')' => return Some((Token::Close, 1)),
        ':' => return Some((Token::Colon, 1)),
        '^' => return Some((Token::Caret, 1)),
        '[' | '{' => return Some((Token::RangeOpen, 1)),
        '~' => return Some((Token::Fuzzy, 1 + fuzziness(text.get(1..)?, profile))),
        '"' => return quoted(text).map(|length| (Token::Quoted, length)),
        '/' => return regex(text).map(|length| (Token::Regex, length)),
        '+' | '-' | '!' => {
            if second.is_some_and(is_space) {
                return Some((Token::BareOperator, 1 + second.map_or(0, char::len_utf8)));
            }
            return Some(match first {
                '+' => (Token::Plus, 1),
                '-' => (Token::Minus, 1),
                _ => (Token::Not, 1),
            });
        }
        _ => {}
    }
    word(text)
}

/// A term, prefix or wildcard, or one of the operators that look like a term.
fn word(text: &str) -> Option<(Token, usize)> {
    let mut wild = 0;
    let mut last_is_star = false;
    let mut starts_wild = false;
    let mut length = 0;
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        let first = at == 0;
        match c {
            '*' | '?' => {
                wild += 1;
                starts_wild |= first;
                last_is_star = c == '*';
                length = at + 1;
                continue;
            }
            '\\' => match chars.next() {
                Some((at, escaped)) => length = at + escaped.len_utf8(),
                None => break,
            },
            '-' | '+' if !first => length = at + 1,
            _ if starts_term(c) => length = at + c.len_utf8(),
            _ => break,
        }
        last_is_star = false;
    }
    let image = text.get(..length)?;
    let token = match image {
        "" => return None,
        "AND" | "&&" => Token::And,
        "OR" | "||" => Token::Or,
        "NOT" => Token::Not,
        "*" => Token::Star,
        _ if wild == 0 => Token::Term,
        _ if wild == 1 && last_is_star && !starts_wild => Token::Prefix,
        _ => Token::Wildcard,
    };
    Some((token, length))
}

fn starts_term(c: char) -> bool {
    !is_space(c) && !"+-!():^[]\"{}~*?\\/".contains(c)
}

/// What belongs to a `~`: in later versions of Lucene whatever a term could go on with, number or not.
fn fuzziness(text: &str, profile: Profile) -> usize {
    if profile == Profile::Solr4 {
        return decimal(text);
    }
    let mut length = 0;
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        length = match c {
            '\\' => match chars.next() {
                Some((at, escaped)) => at + escaped.len_utf8(),
                None => break,
            },
            '-' | '+' => at + 1,
            _ if starts_term(c) => at + c.len_utf8(),
            _ => break,
        };
    }
    length
}

fn decimal(text: &str) -> usize {
    let digits = |t: &str| t.len() - t.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let whole = digits(text);
    if whole == 0 {
        return 0;
    }
    match text
        .get(whole..)
        .and_then(|t| t.strip_prefix('.'))
        .map(digits)
    {
        Some(fraction) if fraction > 0 => whole + 1 + fraction,
        _ => whole,
    }
}

fn quoted(text: &str) -> Option<usize> {
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some(at + 1),
            '\\' => {
                chars.next()?;
            }
            _ => {}
        }
    }
    None
}

/// From one slash to the next that no backslash precedes, or else to the last slash of all: the longest that fits.
fn regex(text: &str) -> Option<usize> {
    let mut escaped = false;
    let mut last = None;
    for (at, c) in text.char_indices().skip(1) {
        if c == '/' {
            last = Some(at + 1);
            if !escaped {
                break;
            }
        }
        escaped = c == '\\';
    }
    last
}

fn boost_token(text: &str) -> Option<(Token, usize)> {
    match decimal(text) {
        0 => None,
        length => Some((Token::Number, length)),
    }
}

fn range_token(text: &str) -> Option<(Token, usize)> {
    match text.chars().next()? {
        ']' | '}' => Some((Token::RangeClose, 1)),
        '"' => quoted(text).map(|length| (Token::RangeQuoted, length)),
        _ => {
            let length = text.find([' ', ']', '}']).unwrap_or(text.len());
            let token = match text.get(..length) {
                Some("TO") => Token::RangeTo,
                _ => Token::RangeWord,
            };
            Some((token, length))
        }
    }
}
