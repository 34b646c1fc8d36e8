//! Native methods of `String`, by topic: [`query`] asks, [`case`] changes letters and trims, [`edit`]
//! substitutes and changes in place, [`split`] takes apart, [`format`] is `Kernel#format`, [`encode`]
//! deals with bytes.

use std::rc::Rc;

use super::super::Interp;
use super::super::encoding::Encoding;
use super::super::flow::R;
use super::super::object::{Data, Regex, Str};
use super::super::unknown::is_hole;
use super::super::value::Value;

pub mod case;
pub mod edit;
pub mod encode;
pub mod format;
pub mod query;
pub mod split;
pub mod sub;
pub mod tr;
pub mod transcode;

pub(super) fn install(interp: &mut Interp) {
    interp.include(interp.core.string, interp.core.comparable);
    query::install(interp);
    case::install(interp);
    edit::install(interp);
    encode::install(interp);
    split::install(interp);
    sub::install(interp);
    tr::install(interp);
}

/// The text of the receiver, copied.
pub fn text(interp: &Interp, this: Value) -> String {
    interp.text(this).unwrap_or_default().to_owned()
}

pub use query::leading_int;

/// The encoding of a string.
pub fn encoding_of(interp: &Interp, this: Value) -> Encoding {
    str_of(interp, this).map_or(Encoding::Utf8, |s| s.encoding)
}

/// A string as it is kept.
pub fn str_of(interp: &Interp, this: Value) -> Option<&Str> {
    match interp.data(this.obj()?) {
        Data::Str(s) => Some(s),
        _ => None,
    }
}

/// A new string of the receiver's encoding.
pub fn like(interp: &mut Interp, this: Value, text: impl Into<String>) -> R {
    let text = text.into();
    interp.check_len(text.len())?;
    let encoding = encoding_of(interp, this);
    Ok(interp.new_str(text, encoding))
}

/// Replaces the receiver's text; `None` means that nothing changed, which gives nil.
pub fn become_text(interp: &mut Interp, this: Value, text: Option<String>) -> R {
    interp.writable(this)?;
    match text {
        Some(text) => {
            interp.check_len(text.len())?;
            interp.str_mut(this)?.text = text;
            Ok(this)
        }
        None => Ok(Value::NIL),
    }
}

/// What a text is searched for.
pub enum Pattern {
    Text(String),
    Regex(Rc<Regex>),
}

/// A regular expression or string argument.
pub fn pattern(interp: &mut Interp, value: Value) -> R<Pattern> {
    if let Some(regex) = interp.regex_of(value) {
        return Ok(Pattern::Regex(regex));
    }
    if interp.text(value).is_none() && interp.unknown_of(value).is_none() {
        let label = interp.kind_label(value);
        if !interp.responds(value, "to_str") {
            return Err(interp.type_error(format!("wrong argument type {label} (expected Regexp)")));
        }
    }
    Ok(Pattern::Text(interp.str_arg(value)?))
}

/// Leaves the builtin where one end of the text is unknown.
pub fn known_ends(interp: &Interp, this: Value, start: bool, end: bool) -> R<()> {
    let text = interp.text(this).unwrap_or_default();
    let open = |c: Option<char>| c.is_some_and(is_hole);
    if (start && open(text.chars().next())) || (end && open(text.chars().next_back())) {
        interp.known(this)?;
    }
    Ok(())
}

/// `String#hash` and its like: equal texts, equal numbers; the same in every run.
pub fn hash_text(text: &str) -> i64 {
    let mut h: u64 = 0xcbf2_9ce4_8422_2325;
    for b in text.bytes() {
        h = (h ^ u64::from(b)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    (h >> 2) as i64
}

/// `String#succ`
pub fn succ_text(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let mut chars: Vec<char> = text.chars().collect();
    let any_alnum = chars.iter().any(char::is_ascii_alphanumeric);
    if !any_alnum {
        for c in chars.iter_mut().rev() {
            if let Some(next) = char::from_u32(*c as u32 + 1) {
                *c = next;
                break;
            }
        }
        return chars.into_iter().collect();
    }
    let mut carry_at = None;
    let mut i = chars.len();
    let mut started = false;
    while i > 0 {
        i -= 1;
        let Some(c) = chars.get_mut(i) else { break };
        if !c.is_ascii_alphanumeric() {
            if !started {
                continue;
            }
            // A carry goes on only to alphanumerics further left.
            let more = chars.iter().take(i).any(char::is_ascii_alphanumeric);
            if more && carry_at.is_some() {
                continue;
            }
            break;
        }
        started = true;
        let (next, carry) = match *c {
            'z' => ('a', true),
            'Z' => ('A', true),
            '9' => ('0', true),
            c => (char::from_u32(c as u32 + 1).unwrap_or(c), false),
        };
        *c = next;
        if !carry {
            return chars.into_iter().collect();
        }
        carry_at = Some(i);
    }
    if let Some(at) = carry_at {
        let first = match chars.get(at) {
            Some('0') => '1',
            Some('A') => 'A',
            _ => 'a',
        };
        chars.insert(at, first);
    }
    chars.into_iter().collect()
}

/// Byte offset of a character position.
pub fn byte_at(text: &str, index: usize) -> usize {
    text.char_indices()
        .nth(index)
        .map_or(text.len(), |(b, _)| b)
}

/// Character position of a byte offset.
pub fn char_at(text: &str, byte: usize) -> usize {
    text.get(..byte).map_or(0, |t| t.chars().count())
}
