//! How a text becomes tokens: at white space, case kept, long tokens in pieces.

/// Tokens have at most so many UTF-16 units (and one more where a surrogate pair crosses the limit).
const MAX_UNITS: usize = 255;

/// Java's `Character.isWhitespace`: Unicode spaces without the ones that do not break, and the control characters.
pub fn is_space(c: char) -> bool {
    matches!(c, '\t'..='\r' | '\u{1c}'..=' ' | '\u{1680}' | '\u{2000}'..='\u{2006}' | '\u{2008}'..='\u{200a}'
        | '\u{2028}' | '\u{2029}' | '\u{205f}' | '\u{3000}')
}

/// Whether a text is one token, as far as that shows at once.
pub fn is_plainly_one(text: &str) -> bool {
    (1..MAX_UNITS).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Byte ranges of the tokens of a text, in order.
pub fn tokens(text: &str) -> Vec<(usize, usize)> {
    let mut out = Vec::new();
    let mut start = None;
    let mut units = 0;
    for (at, c) in text.char_indices() {
        if is_space(c) {
            out.extend(start.take().map(|s| (s, at)));
            continue;
        }
        if start.is_none() {
            start = Some(at);
            units = 0;
        }
        units += c.len_utf16();
        if units >= MAX_UNITS {
            out.extend(start.take().map(|s| (s, at + c.len_utf8())));
        }
    }
    out.extend(start.map(|s| (s, text.len())));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_tokens_are_cut_and_no_break_spaces_are_letters() {
        let text = format!("a\u{a0}b {}\u{3000}{}", "x".repeat(600), "😀".repeat(128));
        let lengths: Vec<String> = tokens(&text)
            .into_iter()
            .map(|(s, e)| text[s..e].encode_utf16().count().to_string())
            .collect();
        assert_eq!(lengths.join(" "), "3 255 255 90 256");
    }
}
