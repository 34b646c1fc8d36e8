//! `Array#pack` and `String#unpack` for the directives that configuration code uses.

use super::super::Interp;
use super::super::encoding::Encoding;
use super::super::env::Args;
use super::super::flow::R;
use super::super::object::{Data, Str};
use super::super::value::Value;
use super::string::encode::{byte_string, raw};

/// Directives of a template with their counts; `None` is `*`.
fn directives(template: &str) -> Vec<(char, Option<usize>)> {
    let mut out = Vec::new();
    let mut chars = template.chars().peekable();
    while let Some(c) = chars.next() {
        if c.is_whitespace() {
            continue;
        }
        while chars
            .next_if(|c| matches!(c, '_' | '!' | '<' | '>'))
            .is_some()
        {}
        if chars.next_if_eq(&'*').is_some() {
            out.push((c, None));
            continue;
        }
        let mut n = None;
        while let Some(d) = chars.peek().and_then(|c| c.to_digit(10)) {
            n = Some(
                n.unwrap_or(0usize)
                    .saturating_mul(10)
                    .saturating_add(d as usize),
            );
            chars.next();
        }
        out.push((c, Some(n.unwrap_or(1))));
    }
    out
}

/// Base64 with or without line breaks every 60 characters.
pub fn base64(bytes: &[u8], lines: bool) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(if lines { 45 } else { usize::MAX }) {
        for three in chunk.chunks(3) {
            let n =
                three.iter().fold(0u32, |n, b| n << 8 | u32::from(*b)) << (8 * (3 - three.len()));
            for i in 0..4 {
                if i <= three.len() {
                    let digit = (n >> (18 - 6 * i)) & 63;
                    out.push(DIGITS.get(digit as usize).map_or('A', |d| char::from(*d)));
                } else {
                    out.push('=');
                }
            }
        }
        if lines {
            out.push('\n');
        }
    }
    out
}

/// Base64 back to bytes; characters outside the alphabet are skipped.
pub fn from_base64(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let (mut n, mut bits) = (0u32, 0);
    for c in text.bytes() {
        let digit = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' => break,
            _ => continue,
        };
        n = n << 6 | u32::from(digit);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push((n >> bits) as u8);
        }
    }
    out
}

pub fn pack(interp: &mut Interp, this: Value, args: &Args) -> R {
    let template = interp.str_arg(args.get(0))?;
    let mut items = super::array::list(interp, this).into_iter();
    let mut out: Vec<u8> = Vec::new();
    for (c, count) in directives(&template) {
        match c {
            'm' => {
                let bytes = items.next().map(|v| raw(interp, v)).unwrap_or_default();
                out.extend(base64(&bytes, count != Some(0)).bytes());
            }
            'H' | 'h' => {
                let digits = items
                    .next()
                    .map(|v| interp.str_arg(v))
                    .transpose()?
                    .unwrap_or_default();
                let digits: Vec<u32> = digits.chars().filter_map(|c| c.to_digit(16)).collect();
                for pair in digits.chunks(2) {
                    let (a, b) = (
                        pair.first().copied().unwrap_or(0),
                        pair.get(1).copied().unwrap_or(0),
                    );
                    out.push(if c == 'H' { a << 4 | b } else { b << 4 | a } as u8);
                }
            }
            'a' | 'A' => {
                let bytes = items.next().map(|v| raw(interp, v)).unwrap_or_default();
                let n = count.unwrap_or(bytes.len());
                interp.check_len(n)?;
                let fill = if c == 'A' { b' ' } else { 0 };
                out.extend((0..n).map(|i| bytes.get(i).copied().unwrap_or(fill)));
            }
            'C' | 'c' | 'n' | 'N' | 'v' | 'V' | 'U' | 'S' | 'L' | 'Q' | 'q' | 'l' | 's' | 'w' => {
                for _ in 0..count.unwrap_or(items.len()) {
                    let Some(v) = items.next() else {
                        return Err(interp.argument_error("too few arguments"));
                    };
                    let n = interp.int_arg(v)?;
                    match c {
                        'C' | 'c' => out.push(n as u8),
                        'n' => out.extend((n as u16).to_be_bytes()),
                        'N' => out.extend((n as u32).to_be_bytes()),
                        'v' | 'S' | 's' => out.extend((n as u16).to_le_bytes()),
                        'V' | 'L' | 'l' => out.extend((n as u32).to_le_bytes()),
                        'Q' | 'q' => out.extend(n.to_le_bytes()),
                        'U' => {
                            let c = u32::try_from(n)
                                .ok()
                                .and_then(char::from_u32)
                                .unwrap_or('?');
                            out.extend(c.to_string().bytes());
                        }
                        _ => return Err(interp.not_supported("Array#pack with w")),
                    }
                }
            }
            'x' => {
                let n = count.unwrap_or(0);
                interp.check_len(n)?;
                out.extend(std::iter::repeat_n(0, n));
            }
            'g' | 'G' | 'e' | 'E' => {
                for _ in 0..count.unwrap_or(items.len()) {
                    let Some(v) = items.next() else {
                        return Err(interp.argument_error("too few arguments"));
                    };
                    let f = interp.call(v, "to_f", &[])?;
                    let super::super::value::Kind::Float(f) = f.kind else {
                        return Err(interp.not_supported("Array#pack of this number"));
                    };
                    match c {
                        'g' => out.extend((f as f32).to_be_bytes()),
                        'e' => out.extend((f as f32).to_le_bytes()),
                        'G' => out.extend(f.to_be_bytes()),
                        _ => out.extend(f.to_le_bytes()),
                    }
                }
            }
            _ => return Err(interp.not_supported(format!("Array#pack with {c}"))),
        }
    }
    // The first directive decides; what is only printable is US-ASCII.
    let encoding = match template.trim_start().chars().next() {
        Some('U') => Encoding::Utf8,
        Some('m' | 'M' | 'u')
            if template
                .trim()
                .chars()
                .all(|c| !c.is_alphabetic() || matches!(c, 'm' | 'M' | 'u')) =>
        {
            Encoding::UsAscii
        }
        _ => Encoding::Binary,
    };
    let made = Str::from_bytes(&out, encoding);
    Ok(interp.alloc(interp.core.string, Data::Str(made)).into())
}

pub fn unpack1(interp: &mut Interp, this: Value, args: &Args) -> R {
    let list = unpack(interp, this, args)?;
    Ok(interp
        .array_items(list)
        .and_then(|l| l.first())
        .copied()
        .unwrap_or(list))
}

pub fn unpack(interp: &mut Interp, this: Value, args: &Args) -> R {
    let template = interp.str_arg(args.get(0))?;
    let bytes = raw(interp, this);
    let mut at = 0;
    let mut out = Vec::new();
    for (c, count) in directives(&template) {
        let rest = bytes.get(at..).unwrap_or_default().to_vec();
        match c {
            'm' => {
                let text: String = rest.iter().map(|b| char::from(*b)).collect();
                let decoded = from_base64(&text);
                out.push(byte_string(interp, &decoded));
                at = bytes.len();
            }
            'H' => {
                let n = count.unwrap_or(rest.len() * 2);
                let text: String = rest.iter().map(|b| format!("{b:02x}")).collect();
                let text: String = text.chars().take(n).collect();
                at += n.div_ceil(2);
                out.push(interp.str(text));
            }
            'a' | 'A' => {
                let n = count.unwrap_or(rest.len()).min(rest.len());
                let mut part = rest.get(..n).unwrap_or_default().to_vec();
                if c == 'A' {
                    while matches!(part.last(), Some(b' ' | 0)) {
                        part.pop();
                    }
                }
                at += n;
                out.push(byte_string(interp, &part));
            }
            'U' => {
                let text = String::from_utf8_lossy(&rest).into_owned();
                let n = count.unwrap_or(usize::MAX);
                for c in text.chars().take(n) {
                    at += c.len_utf8();
                    out.push(i64::from(c as u32).into());
                }
            }
            'C' | 'c' | 'n' | 'N' | 'v' | 'V' => {
                let size = match c {
                    'C' | 'c' => 1,
                    'n' | 'v' => 2,
                    _ => 4,
                };
                for chunk in rest.chunks_exact(size).take(count.unwrap_or(usize::MAX)) {
                    at += size;
                    let n = if matches!(c, 'v' | 'V') {
                        chunk.iter().rev().fold(0i64, |n, b| n << 8 | i64::from(*b))
                    } else {
                        chunk.iter().fold(0i64, |n, b| n << 8 | i64::from(*b))
                    };
                    out.push(if c == 'c' && n > 127 { n - 256 } else { n }.into());
                }
            }
            'B' | 'b' => {
                let bits: String = rest
                    .iter()
                    .map(|b| {
                        if c == 'B' {
                            format!("{b:08b}")
                        } else {
                            format!("{b:08b}").chars().rev().collect()
                        }
                    })
                    .collect();
                let n = count.unwrap_or(bits.len());
                at += n.div_ceil(8);
                out.push(interp.str(bits.chars().take(n).collect::<String>()));
            }
            'x' => {
                at = at.saturating_add(count.unwrap_or(rest.len()));
                if at > bytes.len() {
                    return Err(interp.argument_error("x outside of string"));
                }
            }
            'g' | 'e' | 'G' | 'E' => {
                let size = if matches!(c, 'g' | 'e') { 4 } else { 8 };
                for chunk in rest.chunks_exact(size).take(count.unwrap_or(usize::MAX)) {
                    at += size;
                    let mut chunk = chunk.to_vec();
                    if matches!(c, 'e' | 'E') {
                        chunk.reverse();
                    }
                    let bits = chunk.iter().fold(0u64, |n, b| n << 8 | u64::from(*b));
                    let f = match size {
                        4 => f64::from(f32::from_bits(bits as u32)),
                        _ => f64::from_bits(bits),
                    };
                    out.push(f.into());
                }
            }
            _ => return Err(interp.not_supported(format!("String#unpack with {c}"))),
        }
    }
    Ok(interp.array(out))
}
