//! Character classes of Ruby's regular expressions, and the escapes that stand for a character or a set of them.

use super::pattern::{MAX_DEPTH, Translator};

/// One member of a character class.
pub(super) enum Member {
    Char(char),
    /// Already in the engine's own syntax.
    Set(String),
}

impl Translator {
    /// An escape that means the same in a class and outside.
    pub(super) fn member_escape(&mut self, c: char) -> Result<Member, String> {
        let set = match c {
            'd' => "0-9",
            'D' => "[^0-9]",
            'w' => "a-zA-Z0-9_",
            'W' => "[^a-zA-Z0-9_]",
            's' => r" \t\r\n\x0c\x0b",
            'S' => r"[^ \t\r\n\x0c\x0b]",
            'h' => "0-9a-fA-F",
            'H' => "[^0-9a-fA-F]",
            'n' => return Ok(Member::Char('\n')),
            't' => return Ok(Member::Char('\t')),
            'r' => return Ok(Member::Char('\r')),
            'f' => return Ok(Member::Char('\u{c}')),
            'v' => return Ok(Member::Char('\u{b}')),
            'a' => return Ok(Member::Char('\u{7}')),
            'e' => return Ok(Member::Char('\u{1b}')),
            'x' => return self.hex(),
            'u' => return self.unicode(),
            '0'..='7' => return Ok(Member::Char(self.octal(c))),
            'c' => {
                let c = self.next().ok_or("too short control sequence")?;
                return Ok(Member::Char(char::from((c as u32 & 0x1f) as u8)));
            }
            'C' | 'M' => {
                self.unsupported = true;
                return Ok(Member::Char('\0'));
            }
            'p' | 'P' if self.peek() == Some('{') => {
                return self.property(c == 'P').map(Member::Set);
            }
            c => return Ok(Member::Char(c)),
        };
        Ok(Member::Set(set.into()))
    }

    fn hex(&mut self) -> Result<Member, String> {
        let mut code = String::new();
        while code.len() < 2
            && let Some(c) = self.peek().filter(char::is_ascii_hexdigit)
        {
            code.push(c);
            self.at += 1;
        }
        let code = u32::from_str_radix(&code, 16).map_err(|_| "invalid hex escape")?;
        if code > 0x7f {
            // A byte of a character in another encoding.
            self.unsupported = true;
        }
        Ok(Member::Char(char::from_u32(code).unwrap_or('\0')))
    }

    fn unicode(&mut self) -> Result<Member, String> {
        let braced = self.accept('{');
        let mut code = String::new();
        while let Some(c) = self.peek().filter(char::is_ascii_hexdigit) {
            if !braced && code.len() == 4 {
                break;
            }
            code.push(c);
            self.at += 1;
        }
        if braced && !self.accept('}') {
            self.unsupported = true;
            while self.next().is_some_and(|c| c != '}') {}
        }
        if !braced && code.len() < 4 {
            return Err("invalid Unicode escape".into());
        }
        let code = u32::from_str_radix(&code, 16).map_err(|_| "invalid Unicode escape")?;
        Ok(Member::Char(
            char::from_u32(code).ok_or("invalid Unicode range")?,
        ))
    }

    fn octal(&mut self, first: char) -> char {
        let mut code = first as u32 - '0' as u32;
        for _ in 0..2 {
            match self.peek() {
                Some(c @ '0'..='7') => {
                    code = code * 8 + (c as u32 - '0' as u32);
                    self.at += 1;
                }
                _ => break,
            }
        }
        char::from_u32(code).unwrap_or('\0')
    }

    /// `\p{Name}`, `\p{^Name}`, `\P{Name}`
    fn property(&mut self, negated: bool) -> Result<String, String> {
        self.next();
        let negated = negated != self.accept('^');
        let mut name = String::new();
        loop {
            match self.next() {
                Some('}') => break,
                Some(c) => name.push(c),
                None => return Err("invalid character property name {p}".into()),
            }
        }
        let set = match named_set(&name.to_ascii_lowercase()) {
            Some(set) => set.to_owned(),
            None if name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | ' ' | '-')) =>
            {
                format!("\\p{{{name}}}")
            }
            None => return Err(format!("invalid character property name {{{name}}}")),
        };
        Ok(if negated { format!("[^{set}]") } else { set })
    }

    /// A class whose `[` has been read, in the engine's syntax.
    pub(super) fn class(&mut self, depth: usize) -> Result<String, String> {
        if depth > MAX_DEPTH {
            return Err("too deep nest level".into());
        }
        let mut out = String::from("[");
        if self.accept('^') {
            out.push('^');
        }
        let mut first = true;
        loop {
            let Some(c) = self.next() else {
                return Err("premature end of char-class".into());
            };
            match c {
                ']' if first => {
                    if !self.chars.iter().skip(self.at).any(|c| *c == ']') {
                        return Err("empty char-class".into());
                    }
                    out.push_str("\\]");
                }
                ']' => {
                    out.push(']');
                    return Ok(out);
                }
                '&' if self.peek() == Some('&') => {
                    self.at += 1;
                    out.push_str("&&");
                }
                _ => {
                    self.at -= 1;
                    let member = self.member(depth)?;
                    let ranged =
                        self.peek() == Some('-') && !matches!(self.peek_at(1), Some(']') | None);
                    match member {
                        Member::Char(low) if ranged => {
                            self.at += 1;
                            match self.member(depth)? {
                                Member::Char(high) if low > high => {
                                    return Err("empty range in char class".into());
                                }
                                Member::Char(high) => {
                                    out.push_str(&in_class(low));
                                    out.push('-');
                                    out.push_str(&in_class(high));
                                }
                                Member::Set(set) => {
                                    out.push_str(&in_class(low));
                                    out.push_str("\\-");
                                    out.push_str(&set);
                                }
                            }
                        }
                        Member::Char(c) => out.push_str(&in_class(c)),
                        Member::Set(_) if ranged && self.chars.get(self.at - 1) != Some(&']') => {
                            return Err("unmatched range specifier in char-class".into());
                        }
                        Member::Set(set) => out.push_str(&set),
                    }
                }
            }
            first = false;
        }
    }

    fn member(&mut self, depth: usize) -> Result<Member, String> {
        match self.next() {
            Some('[') if self.peek() == Some(':') => match self.posix() {
                Some(set) => Ok(Member::Set(set)),
                None => self.class(depth + 1).map(Member::Set),
            },
            Some('[') => self.class(depth + 1).map(Member::Set),
            Some('\\') => match self.next() {
                None => Err("end pattern at escape".into()),
                Some('b') => Ok(Member::Char('\u{8}')),
                Some('R' | 'X') => {
                    self.unsupported = true;
                    Ok(Member::Char('R'))
                }
                Some(c) => self.member_escape(c),
            },
            Some(c) => Ok(Member::Char(c)),
            None => Err("premature end of char-class".into()),
        }
    }

    /// `[:alpha:]`, where that is one; nothing is read otherwise.
    fn posix(&mut self) -> Option<String> {
        let rest: String = self.chars.iter().skip(self.at + 1).take(12).collect();
        let (body, _) = rest.split_once(":]")?;
        let name = body.strip_prefix('^').unwrap_or(body);
        let set = named_set(name)?;
        self.at += 1 + body.chars().count() + 2;
        Some(if body.starts_with('^') {
            format!("[^{set}]")
        } else {
            set.to_owned()
        })
    }
}

fn in_class(c: char) -> String {
    if c.is_ascii_punctuation() {
        format!("\\{c}")
    } else if c.is_whitespace() || c.is_control() {
        format!("\\x{{{:x}}}", c as u32)
    } else {
        c.to_string()
    }
}

/// The classes with names that POSIX has, which know Unicode in Ruby.
fn named_set(name: &str) -> Option<&'static str> {
    Some(match name {
        "alnum" => r"\p{Alphabetic}\p{Nd}\p{M}",
        "alpha" => r"\p{Alphabetic}",
        "ascii" => r"\x00-\x7f",
        "blank" => r"\p{Zs}\t",
        "cntrl" => r"\p{Cc}",
        "digit" => r"\p{Nd}",
        "graph" => r"[^\p{Z}\p{Cc}\p{Cn}\p{Cs}]",
        "lower" => r"\p{Lowercase}",
        "print" => r"[^\p{Zl}\p{Zp}\p{Cc}\p{Cn}\p{Cs}]",
        "punct" => r"\p{P}\$\+<=>\^`\|\~",
        "space" => r"\p{White_Space}",
        "upper" => r"\p{Uppercase}",
        "xdigit" => "0-9a-fA-F",
        "word" => r"\p{Alphabetic}\p{M}\p{Nd}\p{Pc}",
        _ => return None,
    })
}
