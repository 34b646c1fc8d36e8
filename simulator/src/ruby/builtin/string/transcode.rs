//! From one encoding to another: `String#encode` with its options, `undump`, normal forms.

use foretaste_parser::name::Name;

use super::super::super::Interp;
use super::super::super::encoding::{Encoding, Named, stray_byte};
use super::super::super::env::Args;
use super::super::super::flow::{Flow, R};
use super::super::super::object::{Data, Str};
use super::super::super::value::Value;
use super::{encoding_of, str_of, text};

/// What `encode` is told to do besides.
#[derive(Default)]
struct Options {
    replace_invalid: bool,
    replace_undefined: bool,
    replacement: Option<String>,
    fallback: Option<Value>,
    xml: Option<String>,
    newline: Option<&'static str>,
    universal_newline: bool,
}

fn options(interp: &mut Interp, args: &Args) -> R<Options> {
    let symbol = |value: Option<Value>, name: &str| {
        value.is_some_and(|v| v.kind == super::super::super::value::Kind::Sym(Name::new(name)))
    };
    let truth = |value: Option<Value>| value.and_then(Value::truthy) == Some(true);
    let newline = match () {
        () if truth(interp.keyword(args, "crlf_newline")) => Some("\r\n"),
        () if truth(interp.keyword(args, "cr_newline")) => Some("\r"),
        () => None,
    };
    let mut options = Options {
        replace_invalid: symbol(interp.keyword(args, "invalid"), "replace"),
        replace_undefined: symbol(interp.keyword(args, "undef"), "replace"),
        fallback: interp.keyword(args, "fallback"),
        universal_newline: truth(interp.keyword(args, "universal_newline")),
        newline,
        ..Options::default()
    };
    if let Some(text) = interp.keyword(args, "replace").filter(|v| !v.is_nil()) {
        options.replacement = Some(interp.str_arg(text)?);
    }
    if let Some(mode) = interp.keyword(args, "xml") {
        options.xml = Some(interp.name_arg(mode)?);
    }
    Ok(options)
}

/// `String#encode`
pub fn encode(interp: &mut Interp, this: Value, args: &Args) -> R {
    let made = transcoded(interp, this, args)?;
    Ok(interp.alloc(interp.core.string, Data::Str(made)).into())
}

/// `String#encode!`
pub fn encode_bang(interp: &mut Interp, this: Value, args: &Args) -> R {
    interp.writable(this)?;
    let made = transcoded(interp, this, args)?;
    *interp.str_mut(this)? = made;
    Ok(this)
}

fn transcoded(interp: &mut Interp, this: Value, args: &Args) -> R<Str> {
    let named = |i: usize| args.opt(i).filter(|v| interp.hash_data(*v).is_none());
    let (target, source) = (named(0), named(1));
    let own = encoding_of(interp, this);
    let to = encoding_names(interp, target, Encoding::Utf8)?;
    let from = encoding_names(interp, source, own)?;
    let (to, from) = match (to, from) {
        (Ok(to), Ok(from)) => (to, from),
        (to, from) => {
            let name = |e: Result<Encoding, String>| e.map_or_else(|n| n, |e| e.name().to_owned());
            let class = interp.class_named("Encoding::ConverterNotFoundError");
            let text = format!("code converter not found ({} to {})", name(from), name(to));
            return Err(interp.error(class, text));
        }
    };
    let options = options(interp, args)?;
    let whole = match str_of(interp, this) {
        Some(s) if s.encoding == from => s.clone(),
        Some(s) if s.is_plain() && from.ascii_compatible() => Str {
            text: s.text.clone(),
            encoding: from,
        },
        Some(s) => Str::from_bytes(&s.bytes(), from),
        None => Str::default(),
    };
    let text = match from == to && !options.replace_invalid {
        true => whole.text,
        false => converted(interp, &whole, to, &options)?,
    };
    let text = decorated(text, to, &options);
    interp.check_len(text.len())?;
    Ok(Str { text, encoding: to })
}

fn encoding_names(
    interp: &mut Interp,
    given: Option<Value>,
    default: Encoding,
) -> R<Result<Encoding, String>> {
    let Some(value) = given else {
        return Ok(Ok(default));
    };
    if let Some(encoding) = interp.host_data::<Encoding>(value) {
        return Ok(Ok(*encoding));
    }
    let name = interp.str_arg(value)?;
    match Encoding::named(&name) {
        Named::Known(encoding) => Ok(Ok(encoding)),
        Named::Unmodelled => Err(interp.not_supported(format!("strings in {name}"))),
        Named::Missing => Ok(Err(name)),
    }
}

fn converted(interp: &mut Interp, whole: &Str, to: Encoding, options: &Options) -> R<String> {
    let from = whole.encoding;
    let mut out = String::with_capacity(whole.text.len());
    if to == Encoding::Utf16 && !whole.text.is_empty() {
        out.push('\u{feff}');
    }
    let unicode = to.written('\u{fffd}').is_some();
    let default = if unicode { "\u{fffd}" } else { "?" };
    let replacement = options.replacement.as_deref().unwrap_or(default);
    for c in whole.text.chars() {
        if from == Encoding::Utf16 && c == '\u{feff}' {
            continue;
        }
        let Some(meaning) = from.meaning(c) else {
            match stray_byte(c) {
                Some(_) if options.replace_invalid => out.push_str(replacement),
                Some(byte) => return Err(invalid(interp, byte, from)),
                None if options.replace_undefined => out.push_str(replacement),
                None => return Err(undefined(interp, &byte_name(c), from, to)),
            }
            continue;
        };
        match to.written(meaning) {
            Some(written) => out.push(written),
            None => match (options.fallback, &options.xml) {
                (Some(fallback), _) => {
                    let text = interp.str(meaning);
                    let made = match interp.hash_data(fallback).is_some() {
                        true => interp.call(fallback, "[]", &[text])?,
                        false => interp.call(fallback, "call", &[text])?,
                    };
                    out.push_str(&interp.str_arg(made)?);
                }
                (None, Some(_)) => out.push_str(&format!("&#x{:X};", meaning as u32)),
                (None, None) if options.replace_undefined => out.push_str(replacement),
                (None, None) => {
                    let name = format!("U+{:04X}", meaning as u32);
                    return Err(undefined(interp, &name, from, to));
                }
            },
        }
    }
    Ok(out)
}

fn byte_name(c: char) -> String {
    format!("\"\\x{:02X}\"", c as u32)
}

fn invalid(interp: &mut Interp, byte: u8, from: Encoding) -> Flow {
    let class = interp.class_named("Encoding::InvalidByteSequenceError");
    interp.error(class, format!("\"\\x{byte:02X}\" on {}", from.name()))
}

fn undefined(interp: &mut Interp, what: &str, from: Encoding, to: Encoding) -> Flow {
    let class = interp.class_named("Encoding::UndefinedConversionError");
    let way = match (from, to) {
        // Ruby goes by UTF-8 between two others.
        (from, to) if from != Encoding::Utf8 && to != Encoding::Utf8 => {
            match what.starts_with("U+") {
                true => format!(
                    "from UTF-8 to {1} in conversion from {0} to UTF-8 to {1}",
                    from.name(),
                    to.name()
                ),
                false => format!(
                    "to UTF-8 in conversion from {0} to UTF-8 to {1}",
                    from.name(),
                    to.name()
                ),
            }
        }
        (from, to) => format!("from {} to {}", from.name(), to.name()),
    };
    interp.error(class, format!("{what} {way}"))
}

fn decorated(mut text: String, to: Encoding, options: &Options) -> String {
    if options.universal_newline {
        text = text.replace("\r\n", "\n").replace('\r', "\n");
    }
    if let Some(newline) = options.newline {
        text = text.replace('\n', newline);
    }
    if let Some(mode) = options.xml.as_deref().filter(|_| to.ascii_compatible()) {
        // References of characters that could not be written are markup already.
        let mut out = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while let Some(at) = rest.find(['&', '<', '>', '"']) {
            let (before, from) = rest.split_at(at);
            out.push_str(before);
            let (mark, after) = from.split_at(1);
            out.push_str(match mark {
                "&" if after.starts_with("#x") => "&",
                "&" => "&amp;",
                "<" => "&lt;",
                ">" => "&gt;",
                _ if mode == "attr" => "&quot;",
                _ => "\"",
            });
            rest = after;
        }
        out.push_str(rest);
        text = if mode == "attr" {
            format!("\"{out}\"")
        } else {
            out
        };
    }
    text
}

/// `String#unicode_normalize`: exact for text that no normal form changes.
pub fn normalize(interp: &mut Interp, this: Value, _: &Args) -> R {
    if text(interp, this).chars().all(|c| (c as u32) < 0xa0) {
        let text = text(interp, this);
        return super::like(interp, this, text);
    }
    Err(interp.not_supported("the normal form of text that is more than ASCII"))
}

/// `String#unicode_normalized?`
pub fn is_normalized(interp: &mut Interp, this: Value, args: &Args) -> R {
    normalize(interp, this, args).map(|_| Value::TRUE)
}

/// `String#undump`: what `dump` or `inspect` wrote, read again.
pub fn undump(interp: &mut Interp, this: Value, _: &Args) -> R {
    let whole = text(interp, this);
    let inner = whole.strip_prefix('"').and_then(|t| t.strip_suffix('"'));
    let Some(inner) = inner else {
        let message = match whole.starts_with('"') {
            true => "unterminated dumped string",
            false => {
                "invalid dumped string; not wrapped with '\"' nor '\"...\".force_encoding(\"...\")' form"
            }
        };
        return Err(interp.error(interp.core.runtime_error, message));
    };
    let mut bytes = Vec::with_capacity(inner.len());
    let mut chars = inner.chars().peekable();
    let mut four = [0u8; 4];
    while let Some(c) = chars.next() {
        if c != '\\' {
            bytes.extend(c.encode_utf8(&mut four).bytes());
            continue;
        }
        let digits = |most: usize, text: &mut std::iter::Peekable<std::str::Chars<'_>>| {
            let mut out = String::new();
            while out.len() < most
                && let Some(d) = text.next_if(char::is_ascii_hexdigit)
            {
                out.push(d);
            }
            u32::from_str_radix(&out, 16).ok()
        };
        let escaped = chars.next();
        let made = match escaped {
            Some('x') => {
                if let Some(n) = digits(2, &mut chars) {
                    bytes.push(n as u8);
                    continue;
                }
                return Err(interp.error(interp.core.runtime_error, "invalid hex escape"));
            }
            Some('u') => {
                let braced = chars.next_if_eq(&'{').is_some();
                let n = digits(if braced { 6 } else { 4 }, &mut chars);
                if braced {
                    chars.next_if_eq(&'}');
                }
                match n.and_then(char::from_u32) {
                    Some(c) => c,
                    None => {
                        let class = interp.core.runtime_error;
                        return Err(interp.error(class, "invalid Unicode escape"));
                    }
                }
            }
            Some('n') => '\n',
            Some('t') => '\t',
            Some('r') => '\r',
            Some('a') => '\u{7}',
            Some('b') => '\u{8}',
            Some('v') => '\u{b}',
            Some('f') => '\u{c}',
            Some('e') => '\u{1b}',
            Some(other) => other,
            None => return Err(interp.error(interp.core.runtime_error, "invalid escape")),
        };
        bytes.extend(made.encode_utf8(&mut four).bytes());
    }
    let made = Str::from_bytes(&bytes, Encoding::Utf8);
    Ok(interp.alloc(interp.core.string, Data::Str(made)).into())
}
