//! Ruby's regular expressions (Onigmo's syntax) rewritten for our engine, and what Ruby says of those it refuses.
//!
//! The differences that matter: `^` and `$` always stand at lines, `(?m)` is dot-all, plain groups do not
//! capture where a named one does, the escapes `\d \w \s \h` are ASCII, `x` leaves character classes alone,
//! and `{n}+` repeats instead of being possessive.

use crate::hash::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use foretaste_parser::ruby::ast::RegexFlags;

use super::pattern_class::Member;

/// A pattern for the engine; `None` where it cannot do what Ruby does. The error is Ruby's own text.
pub type Compiled = Result<Option<fancy_regex::Regex>, String>;

/// Patterns kept for the process, so that a literal in a loop or for many nodes is compiled once.
static CACHE: LazyLock<Mutex<HashMap<(String, RegexFlags), Compiled>>> =
    LazyLock::new(Mutex::default);
const CACHED: usize = 4096;

/// Compiles a Ruby pattern.
pub fn compile(source: &str, flags: RegexFlags) -> Compiled {
    let key = (source.to_owned(), flags);
    let cached = |cache: &HashMap<_, Compiled>| cache.get(&key).cloned();
    if let Some(done) = cached(&CACHE.lock().unwrap_or_else(PoisonError::into_inner)) {
        return done;
    }
    let compiled = build(source, flags);
    let mut cache = CACHE.lock().unwrap_or_else(PoisonError::into_inner);
    if cache.len() < CACHED {
        cache.insert(key, compiled.clone());
    }
    compiled
}

fn build(source: &str, flags: RegexFlags) -> Compiled {
    let Some(pattern) = translate(source, flags)? else {
        return Ok(None);
    };
    Ok(fancy_regex::RegexBuilder::new(&pattern)
        .backtrack_limit(1_000_000)
        .delegate_size_limit(4 << 20)
        .build()
        .ok())
}

/// Rewrites a pattern; `None` where the engine lacks what it asks for.
fn translate(source: &str, flags: RegexFlags) -> Result<Option<String>, String> {
    let mut t = Translator {
        chars: source.chars().collect(),
        at: 0,
        out: String::with_capacity(source.len() + 16),
        extended: flags.extended,
        names: Vec::new(),
        groups: 0,
        unsupported: false,
    };
    t.survey();
    t.out.push_str("(?m");
    for (on, c) in [(flags.ignore_case, 'i'), (flags.multi_line, 's')] {
        if on {
            t.out.push(c);
        }
    }
    t.out.push(')');
    t.alternatives(0)?;
    if t.at < t.chars.len() {
        return Err("unmatched close parenthesis".into());
    }
    Ok((!t.unsupported).then_some(t.out))
}

/// Groups deeper than this are refused, as Ruby does far later.
pub(super) const MAX_DEPTH: usize = 200;

pub(super) struct Translator {
    pub(super) chars: Vec<char>,
    pub(super) at: usize,
    pub(super) out: String,
    pub(super) extended: bool,
    /// The names of the groups; where there are any, plain groups do not capture.
    pub(super) names: Vec<String>,
    pub(super) groups: usize,
    pub(super) unsupported: bool,
}

/// What a piece of a pattern may be followed by.
#[derive(Clone, Copy, PartialEq)]
enum Piece {
    Repeatable,
    Anchor,
    Nothing,
}

impl Translator {
    pub(super) fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    pub(super) fn peek_at(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += 1;
        Some(c)
    }

    pub(super) fn accept(&mut self, c: char) -> bool {
        let found = self.peek() == Some(c);
        self.at += usize::from(found);
        found
    }

    /// Counts the groups and lists the names before anything refers to them.
    fn survey(&mut self) {
        let mut i = 0;
        let mut in_class = 0usize;
        while let Some(c) = self.chars.get(i) {
            match c {
                '\\' => i += 1,
                '[' => in_class += 1,
                ']' => in_class = in_class.saturating_sub(1),
                '(' if in_class == 0 => match self.chars.get(i + 1) {
                    Some('?') => {
                        let named = matches!(self.chars.get(i + 2), Some('<' | '\''))
                            && !matches!(self.chars.get(i + 3), Some('=' | '!'));
                        if named {
                            let rest = self.chars.iter().skip(i + 3);
                            self.names
                                .push(rest.take_while(|c| !matches!(c, '>' | '\'')).collect());
                        }
                    }
                    _ => self.groups += 1,
                },
                _ => {}
            }
            i += 1;
        }
        if !self.names.is_empty() {
            self.groups = self.names.len();
        }
    }

    fn alternatives(&mut self, depth: usize) -> Result<(), String> {
        if depth > MAX_DEPTH {
            return Err("too deep nest level".into());
        }
        let mut atom = self.out.len();
        let mut piece = Piece::Nothing;
        while let Some(c) = self.peek() {
            match c {
                ')' => return Ok(()),
                '|' => {
                    self.at += 1;
                    self.out.push('|');
                    atom = self.out.len();
                    piece = Piece::Nothing;
                }
                '*' | '+' | '?' => self.repeat(atom, piece)?,
                '{' if self.interval().is_some() => self.repeat(atom, piece)?,
                c if self.extended && c.is_whitespace() => self.at += 1,
                '#' if self.extended => while self.next().is_some_and(|c| c != '\n') {},
                _ => {
                    let start = self.out.len();
                    match self.piece(depth)? {
                        // Comments and flags are no atoms.
                        Piece::Nothing => {}
                        found => (atom, piece) = (start, found),
                    }
                }
            }
        }
        Ok(())
    }

    /// The bounds of an interval that begins here, and where it ends.
    fn interval(&self) -> Option<(Option<u32>, Option<u32>, bool, usize)> {
        let count = digits_at(&self.chars, self.at + 1);
        let digits: String = self.chars.iter().skip(self.at + 1).take(count).collect();
        let low = (count > 0).then(|| digits.parse().unwrap_or(u32::MAX));
        let mut end = self.at + 1 + count;
        let comma = self.chars.get(end) == Some(&',');
        let mut high = None;
        if comma {
            end += 1;
            let n = digits_at(&self.chars, end);
            if n > 0 {
                let digits: String = self.chars.iter().skip(end).take(n).collect();
                high = Some(digits.parse().unwrap_or(u32::MAX));
            }
            end += n;
        }
        let closed = self.chars.get(end) == Some(&'}');
        let some = low.is_some() || high.is_some();
        (closed && some).then_some((low, high, comma, end + 1))
    }

    fn repeat(&mut self, atom: usize, piece: Piece) -> Result<(), String> {
        match piece {
            Piece::Nothing => return Err("target of repeat operator is not specified".into()),
            Piece::Anchor => return Err("target of repeat operator is invalid".into()),
            Piece::Repeatable => {}
        }
        // A repetition of a repetition needs a group; so does what follows an interval.
        let repeated = self.out.get(atom..).is_some_and(|s| s.ends_with(REPEATED));
        if repeated {
            self.out.truncate(self.out.len() - REPEATED.len_utf8());
            self.out.insert_str(atom, "(?:");
            self.out.push(')');
        }
        match self.interval() {
            Some((low, high, comma, end)) if self.peek() == Some('{') => {
                if let (Some(low), Some(high)) = (low, high)
                    && low > high
                {
                    return Err("upper is smaller than lower in repeat range".into());
                }
                if low.max(high).is_some_and(|n| n > 100_000) {
                    return Err("too big number".into());
                }
                self.at = end;
                let low = low.unwrap_or(0);
                self.out.push_str(&match (comma, high) {
                    (false, _) => format!("{{{low}}}"),
                    (true, None) => format!("{{{low},}}"),
                    (true, Some(high)) => format!("{{{low},{high}}}"),
                });
                if self.accept('?') {
                    self.out.push('?');
                }
            }
            _ => {
                let Some(c) = self.next() else { return Ok(()) };
                self.out.push(c);
                if let Some(c @ ('?' | '+')) = self.peek() {
                    self.at += 1;
                    self.out.push(c);
                }
            }
        }
        self.out.push(REPEATED);
        // The mark tells the next operator that this one was there; it is taken out again otherwise.
        let more = matches!(self.peek(), Some('*' | '+' | '?'))
            || self.peek() == Some('{') && self.interval().is_some();
        if !more {
            self.out.pop();
        }
        Ok(())
    }

    fn piece(&mut self, depth: usize) -> Result<Piece, String> {
        let Some(c) = self.next() else {
            return Ok(Piece::Nothing);
        };
        match c {
            '(' => return self.group(depth),
            '[' => {
                let class = self.class(0)?;
                self.out.push_str(&class);
            }
            // Not after the newline that ends the text.
            '^' => {
                self.out.push_str(r"(?:\A|(?<=\n)(?!\z))");
                return Ok(Piece::Anchor);
            }
            '$' => {
                self.out.push('$');
                return Ok(Piece::Anchor);
            }
            '.' => self.out.push('.'),
            '\\' => return self.escape(),
            c => self.literal(c),
        }
        Ok(Piece::Repeatable)
    }

    fn literal(&mut self, c: char) {
        if c.is_ascii_punctuation() {
            self.out.push('\\');
        }
        self.out.push(c);
    }

    fn group(&mut self, depth: usize) -> Result<Piece, String> {
        let extended = self.extended;
        if !self.accept('?') {
            self.out
                .push_str(if self.names.is_empty() { "(" } else { "(?:" });
            return self.close(depth, extended);
        }
        match self.next() {
            Some('#') => {
                while let Some(c) = self.next() {
                    match c {
                        ')' => return Ok(Piece::Nothing),
                        '\\' => {
                            self.next();
                        }
                        _ => {}
                    }
                }
                return Err("end pattern in group".into());
            }
            Some(c @ (':' | '=' | '!' | '>')) => {
                self.out.push_str("(?");
                self.out.push(c);
            }
            Some('<') if matches!(self.peek(), Some('=' | '!')) => {
                self.out.push_str("(?<");
                let sign = self.next();
                self.out.extend(sign);
            }
            Some(open @ ('<' | '\'')) => {
                let name = self.name(if open == '<' { '>' } else { '\'' })?;
                self.out.push_str(&format!("(?P<{name}>"));
            }
            Some('~' | '(') => {
                self.unsupported = true;
                self.out.push_str("(?:");
            }
            Some(c) if c.is_ascii_alphabetic() || c == '-' => {
                self.at -= 1;
                return self.flags(depth, extended);
            }
            Some(_) => return Err("undefined group option".into()),
            None => return Err("end pattern in group".into()),
        }
        self.close(depth, extended)
    }

    fn close(&mut self, depth: usize, extended: bool) -> Result<Piece, String> {
        self.alternatives(depth + 1)?;
        self.extended = extended;
        if !self.accept(')') {
            return Err("end pattern with unmatched parenthesis".into());
        }
        self.out.push(')');
        Ok(Piece::Repeatable)
    }

    /// `(?imx-imx)` and `(?imx-imx:…)`
    fn flags(&mut self, depth: usize, extended: bool) -> Result<Piece, String> {
        let (mut on, mut off, mut negative) = (String::new(), String::new(), false);
        loop {
            let list = if negative { &mut off } else { &mut on };
            match self.next() {
                Some('-') => negative = true,
                Some('i') => list.push('i'),
                Some('m') => list.push('s'),
                Some('x') => self.extended = !negative,
                Some('a' | 'd' | 'u') if !negative => {}
                Some(end @ (')' | ':')) => {
                    let mut text = format!("(?{on}");
                    if !off.is_empty() {
                        text.push('-');
                        text.push_str(&off);
                    }
                    if on.is_empty() && off.is_empty() {
                        text = "(?".into();
                    }
                    if end == ':' {
                        self.out.push_str(&text);
                        self.out.push(':');
                        return self.close(depth, extended);
                    }
                    // To the end of the group around, alternatives included.
                    self.out.push_str(&format!("{text}:"));
                    self.alternatives(depth + 1)?;
                    self.out.push(')');
                    return Ok(Piece::Nothing);
                }
                Some(_) => return Err("undefined group option".into()),
                None => return Err("end pattern in group".into()),
            }
        }
    }

    fn name(&mut self, close: char) -> Result<String, String> {
        let mut name = String::new();
        loop {
            match self.next() {
                Some(c) if c == close => break,
                Some(c) => name.push(c),
                None => return Err("group name is empty".into()),
            }
        }
        if name.is_empty() {
            return Err("group name is empty".into());
        }
        if !name.chars().all(|c| c.is_alphanumeric() || c == '_')
            || name.starts_with(|c: char| c.is_ascii_digit())
        {
            return Err(format!("invalid group name <{name}>"));
        }
        Ok(name)
    }

    fn escape(&mut self) -> Result<Piece, String> {
        let Some(c) = self.next() else {
            return Err("too short escape sequence".into());
        };
        let text = match c {
            'A' | 'z' | 'b' | 'B' | 'G' => {
                self.out.push('\\');
                self.out.push(c);
                return Ok(Piece::Anchor);
            }
            'Z' => {
                self.out.push_str(r"(?=\n?\z)");
                return Ok(Piece::Anchor);
            }
            'K' => {
                self.out.push_str(r"\K");
                return Ok(Piece::Anchor);
            }
            'R' => r"(?:\r\n|[\n\x0b\x0c\r\x{85}\x{2028}\x{2029}])".into(),
            'X' => r"(?>\r\n|\P{M}\p{M}*|\p{M}+)".into(),
            'N' => r"[^\n]".into(),
            'O' => r"(?s:.)".into(),
            'k' if matches!(self.peek(), Some('<' | '\'')) => self.back_reference()?,
            'g' if matches!(self.peek(), Some('<' | '\'')) => {
                self.unsupported = true;
                self.next();
                while self.next().is_some_and(|c| c != '>' && c != '\'') {}
                String::new()
            }
            '1'..='9' => return self.numbered(c),
            c => match self.member_escape(c)? {
                Member::Set(set) => format!("[{set}]"),
                Member::Char(c) => {
                    self.literal_or_code(c);
                    return Ok(Piece::Repeatable);
                }
            },
        };
        self.out.push_str(&text);
        Ok(Piece::Repeatable)
    }

    fn literal_or_code(&mut self, c: char) {
        if c.is_whitespace() || c.is_control() {
            self.out.push_str(&format!("\\x{{{:x}}}", c as u32));
        } else {
            self.literal(c);
        }
    }

    fn back_reference(&mut self) -> Result<String, String> {
        let close = if self.next() == Some('<') { '>' } else { '\'' };
        let mut name = String::new();
        while let Some(c) = self.next() {
            if c == close {
                break;
            }
            name.push(c);
        }
        if let Ok(n) = name.parse::<i64>() {
            if !self.names.is_empty() {
                return Err("numbered backref/call is not allowed. (use name)".into());
            }
            let total = i64::try_from(self.groups).unwrap_or(0);
            let n = if n < 0 { total + 1 + n } else { n };
            if n < 1 || n > total {
                return Err("invalid backref number/name".into());
            }
            return Ok(format!("\\{n}"));
        }
        if !self.names.contains(&name) {
            return Err(format!("undefined name <{name}> reference"));
        }
        Ok(format!("(?P={name})"))
    }

    fn numbered(&mut self, first: char) -> Result<Piece, String> {
        let mut digits = String::from(first);
        while let Some(c) = self.peek().filter(char::is_ascii_digit) {
            digits.push(c);
            self.at += 1;
        }
        let n: usize = digits.parse().unwrap_or(usize::MAX);
        if !self.names.is_empty() {
            return Err("numbered backref/call is not allowed. (use name)".into());
        }
        if n <= self.groups {
            self.out.push_str(&format!("(?:\\{n})"));
            return Ok(Piece::Repeatable);
        }
        if n < 10 {
            return Err("invalid backref number/name".into());
        }
        let octal: String = digits
            .chars()
            .take_while(|c| ('0'..'8').contains(c))
            .take(3)
            .collect();
        let code = u32::from_str_radix(&octal, 8).unwrap_or(0);
        if let Some(c) = char::from_u32(code) {
            self.literal_or_code(c);
        }
        for c in digits.chars().skip(octal.len()) {
            self.out.push(c);
        }
        Ok(Piece::Repeatable)
    }
}

/// Marks a repetition that is itself repeated; a private character that no pattern contains.
const REPEATED: char = '\u{10fffd}';

fn digits_at(chars: &[char], from: usize) -> usize {
    chars
        .iter()
        .skip(from)
        .take_while(|c| c.is_ascii_digit())
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(source: &str) -> String {
        match translate(source, RegexFlags::default()) {
            Ok(Some(text)) => text,
            Ok(None) => "unsupported".into(),
            Err(message) => message,
        }
    }

    #[test]
    fn ruby_spellings_become_the_engines() {
        let table: String = [
            "a{,3}",
            "{a}",
            "a{2}+",
            r"[\w-]",
            r"(?<n>a)(b)",
            "[[:upper:]&&[^A]]",
            "x**",
            "[]a]",
            "(?mi-x:a)",
            r"\0",
        ]
        .iter()
        .map(|s| format!("{s}  {}\n", of(s).trim_start_matches("(?m)")))
        .collect();
        insta::assert_snapshot!(table, @r#"
        a{,3}  a{0,3}
        {a}  \{a\}
        a{2}+  (?:a{2})+
        [\w-]  [a-zA-Z0-9_\-]
        (?<n>a)(b)  (?P<n>a)(?:b)
        [[:upper:]&&[^A]]  [\p{Uppercase}&&[^A]]
        x**  (?:x*)*
        []a]  [\]a]
        (?mi-x:a)  (?si:a)
        \0  \x{0}
        "#);
    }

    #[test]
    fn refusals_are_worded_as_ruby_does() {
        let table: String = [
            "(",
            ")",
            "*",
            "a|*",
            "[",
            "[]",
            "[b-a]",
            r"\1",
            "(?<a>.)\\k<b>",
            "(?z)",
            "a{3,1}",
        ]
        .iter()
        .map(|s| format!("{s}  {}\n", of(s)))
        .collect();
        insta::assert_snapshot!(table, @r#"
        (  end pattern with unmatched parenthesis
        )  unmatched close parenthesis
        *  target of repeat operator is not specified
        a|*  target of repeat operator is not specified
        [  premature end of char-class
        []  empty char-class
        [b-a]  empty range in char class
        \1  invalid backref number/name
        (?<a>.)\k<b>  undefined name <b> reference
        (?z)  undefined group option
        a{3,1}  upper is smaller than lower in repeat range
        "#);
    }
}
