//! What to write instead of a query that is refused.

use super::front::Unparsed;

pub(super) const BAD_PERCENT: &str = "the server decodes `%XX` a second time and fails on other digits: write `?` for a percent sign";

/// Help for a query that the server's grammar does not take, from what stands where it stopped.
pub(super) fn front(text: &str, unparsed: &Unparsed) -> Option<String> {
    if unparsed.too_deep {
        return Some("groups are nested too deeply".to_string());
    }
    if text.is_empty() {
        return Some("an empty query is refused; `*:*` matches everything".to_string());
    }
    let before = text.get(..unparsed.offset)?;
    let rest = text.get(unparsed.offset..)?;
    let here = rest.chars().next();
    let word = before.rsplit([' ', '\t', '(']).next().unwrap_or_default();
    let said = match here {
        None if word == "NOT" || before.ends_with('!') => "NOT needs something to exclude",
        None if before.ends_with(':') => "a value is missing after the colon",
        None => "the query ends too early: a `)`, `]` or `\"` is missing",
        Some(':') if before.ends_with(':') || word.contains(':') => {
            "a colon inside a value is written `\\:`, as in `recipes:nginx\\:\\:default`"
        }
        Some(':') if before.ends_with(' ') => "no space may stand before a colon",
        Some(' ' | '\t') if before.ends_with(':') => "no space may stand after a colon",
        Some('[') if !before.ends_with(':') => {
            "a bracket is written `\\[`, as in `run_list:role\\[web\\]`"
        }
        Some(']') => "a bracket is written `\\]`, as in `run_list:role\\[web\\]`",
        Some('-' | '+' | '?' | '@') if before.ends_with([':', '[', ' ']) => {
            "a value cannot begin with this character; `*` in its place matches it"
        }
        Some('>' | '<' | '=') => "there is no comparison; a range is `[A TO B]` and compares texts",
        Some('\\') => {
            "only [ ] \\ / \" ! ( ) { } ^ ~ * ? : may be escaped; `?` matches any one character"
        }
        Some('"') => "a quoted text holds at least one word, without a space beside the quotes",
        Some(' ' | '\t') | Some('A' | 'O' | '&' | '|') if follows_negation(before) => {
            "after NOT, `!`, `-` or a bare quoted text no operator may follow: put it in parentheses or last"
        }
        Some('*') if before.ends_with("*:") => {
            "`*:*` may only stand alone or last: write `name:*` instead"
        }
        Some('{' | '}') => {
            "a brace is written `\\{`; a range uses the same kind of bracket on both sides"
        }
        Some(' ' | '\t') if rest.trim_start().starts_with("TO") => {
            "a range has exactly one space around TO"
        }
        Some(')') => "this parenthesis closes nothing",
        Some('~' | '^') => "`~` goes after a word or a field's value, `^` only after a bare word",
        Some('#') if rest.starts_with("#{") => {
            "this is Ruby's interpolation, which single quotes do not do: use double quotes"
        }
        Some('A' | 'O' | 'N') => {
            "AND, OR and NOT are operators, and no field name may begin with them"
        }
        Some(c) if !c.is_ascii() => "only ASCII is accepted; `?` matches any one character",
        Some(' ' | '\t') => "what stands here cannot follow",
        Some(_) => "this character is not accepted; `?` matches any one character",
    };
    Some(said.to_string())
}

fn follows_negation(before: &str) -> bool {
    let word = before
        .trim_end()
        .rsplit([' ', '\t', '('])
        .next()
        .unwrap_or_default();
    let rest = before.trim_end().strip_suffix(word).unwrap_or_default();
    word.starts_with(['-', '!', '+', '"'])
        || rest.trim_end().ends_with("NOT")
        || rest.trim_end().ends_with('!')
}

/// Help for a query that the search engine does not take.
pub(super) fn backend(rewritten: &str, offset: usize) -> Option<String> {
    let rest = rewritten.get(offset..).unwrap_or_default();
    let said = if rest.starts_with('/') {
        "an unescaped slash begins a regular expression that ends nowhere: write `\\/`"
    } else if rest.trim().is_empty() {
        "the operator has nothing on its right"
    } else if rest.starts_with(')') {
        "the parentheses are empty"
    } else {
        return None;
    };
    Some(said.to_string())
}
