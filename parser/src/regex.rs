//! A light check of regular expressions that other programs compile (PCRE): what is surely wrong, and no more.

use crate::hole::has_hole;

/// Why a pattern cannot be compiled, where that is certain.
pub fn check(pattern: &str) -> Result<(), &'static str> {
    if has_hole(pattern)
        || pattern.contains("(*")
        || pattern.contains("\\Q")
        || pattern.contains("(?x")
    {
        return Ok(());
    }
    let mut depth = 0u32;
    // Something stands here that `*`, `+` or `?` can repeat.
    let mut repeatable = false;
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                if chars.next().is_none() {
                    return Err("\\ at end of pattern");
                }
                repeatable = true;
            }
            '[' => {
                class(&mut chars)?;
                repeatable = true;
            }
            '(' => {
                depth += 1;
                repeatable = false;
                if chars.next_if_eq(&'?').is_some() {
                    // A comment has no pattern inside.
                    if chars.next_if_eq(&'#').is_some() {
                        if !chars.by_ref().any(|c| c == ')') {
                            return Err("missing ) after (?# comment");
                        }
                        depth -= 1;
                    }
                }
            }
            ')' => {
                depth = depth
                    .checked_sub(1)
                    .ok_or("unmatched closing parenthesis")?;
                repeatable = true;
            }
            '*' | '+' | '?' => {
                if !repeatable {
                    return Err("quantifier does not follow a repeatable item");
                }
                // Lazy and possessive.
                chars.next_if(|c| matches!(c, '?' | '+'));
                repeatable = false;
            }
            '|' => repeatable = false,
            _ => repeatable = true,
        }
    }
    if depth > 0 {
        Err("missing closing parenthesis")
    } else {
        Ok(())
    }
}

/// A character class after its `[`.
fn class(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<(), &'static str> {
    chars.next_if_eq(&'^');
    // A `]` in the first place is itself.
    chars.next_if_eq(&']');
    while let Some(c) = chars.next() {
        match c {
            ']' => return Ok(()),
            '\\' => {
                chars.next();
            }
            '[' if matches!(chars.peek(), Some(':')) => {
                let mut last = ' ';
                while let Some(c) =
                    chars.next_if(|c| c.is_ascii_alphabetic() || matches!(c, ':' | '^'))
                {
                    last = c;
                }
                if last == ':' {
                    chars.next_if_eq(&']');
                }
            }
            _ => {}
        }
    }
    Err("missing terminating ] for character class")
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn only_what_is_surely_wrong_is_refused() {
        for good in [
            "^/a(b|c)?$",
            "[^]]*",
            "[[:alpha:]_]+",
            "a{2,3}+",
            "(?i)x*?",
            "\\(",
            "^*a",
            "(?<n>.)",
            "",
        ] {
            assert!(check(good).is_ok(), "{good}");
        }
        for bad in ["(", "a)", "[a", "*a", "(|*)", "a\\", "a**+*"] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
