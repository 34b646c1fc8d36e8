//! Encodings of strings, and how a string's bytes are kept as characters.
//!
//! The text of a string is always valid UTF-8 for the simulator itself, so that holes of unknown text can stand in it:
//! * in the Unicode encodings the characters are the string's own; a byte that is no text of the encoding is a character
//!   of its own ([`stray`]), so that lengths, indices and `inspect` come out as Ruby's;
//! * in the encodings of one byte a character, each character has the number of its byte.

use std::borrow::Cow;

use super::unknown::is_hole;

/// The encodings that are modelled; Ruby knows of a hundred, cookbooks of these.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Encoding {
    #[default]
    Utf8,
    Binary,
    UsAscii,
    Latin1,
    Windows1252,
    Utf16,
    Utf16Be,
    Utf16Le,
    Utf32Be,
    Utf32Le,
}

/// An encoding with its Ruby name, its other names, and its constants below `Encoding`.
pub const ENCODINGS: &[(Encoding, &str, &[&str])] = &[
    (Encoding::Utf8, "UTF-8", &["UTF_8", "CP65001"]),
    (Encoding::Binary, "ASCII-8BIT", &["ASCII_8BIT", "BINARY"]),
    (
        Encoding::UsAscii,
        "US-ASCII",
        &["US_ASCII", "ASCII", "ANSI_X3_4_1968"],
    ),
    (Encoding::Latin1, "ISO-8859-1", &["ISO_8859_1", "ISO8859_1"]),
    (
        Encoding::Windows1252,
        "Windows-1252",
        &["Windows_1252", "WINDOWS_1252", "CP1252"],
    ),
    (Encoding::Utf16, "UTF-16", &["UTF_16"]),
    (Encoding::Utf16Be, "UTF-16BE", &["UTF_16BE", "UCS_2BE"]),
    (Encoding::Utf16Le, "UTF-16LE", &["UTF_16LE"]),
    (Encoding::Utf32Be, "UTF-32BE", &["UTF_32BE", "UCS_4BE"]),
    (Encoding::Utf32Le, "UTF-32LE", &["UTF_32LE", "UCS_4LE"]),
];

/// Names of encodings that Ruby has and that are not modelled: unsupported, not unknown to Ruby.
const OTHERS: &[&str] = &[
    "ISO-8859-",
    "ISO8859-",
    "WINDOWS-",
    "CP",
    "IBM",
    "EUC-",
    "EUC",
    "SHIFT_JIS",
    "SJIS",
    "BIG5",
    "GB",
    "KOI8-",
    "UTF-7",
    "UTF-32",
    "UTF8-MAC",
    "UTF-8-MAC",
    "ISO-2022-",
    "MAC",
    "TIS-620",
    "EUCJP",
    "EUCKR",
];

/// Windows-1252 from 0x80 to 0x9f.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// What an encoding's name stands for.
pub enum Named {
    Known(Encoding),
    /// Ruby has it, the simulator has not.
    Unmodelled,
    /// Ruby does not have it.
    Missing,
}

impl Encoding {
    /// Ruby's name of it.
    #[must_use]
    pub fn name(self) -> &'static str {
        let row = ENCODINGS.iter().find(|(e, ..)| *e == self);
        row.map_or("UTF-8", |(_, name, _)| name)
    }

    /// Finds an encoding as `Encoding.find` does: in any case, by any of its names.
    #[must_use]
    pub fn named(name: &str) -> Named {
        let wanted = name.to_ascii_uppercase();
        if matches!(wanted.as_str(), "LOCALE" | "EXTERNAL" | "FILESYSTEM") {
            return Named::Known(Encoding::Utf8);
        }
        let same = |other: &str| other.eq_ignore_ascii_case(name);
        let dashed = |c: &str| c.replace('_', "-").eq_ignore_ascii_case(name);
        let row = ENCODINGS.iter().find(|(_, name, constants)| {
            same(name) || constants.iter().any(|c| same(c) || dashed(c))
        });
        match row {
            Some((encoding, ..)) => Named::Known(*encoding),
            None if OTHERS.iter().any(|prefix| wanted.starts_with(prefix)) => Named::Unmodelled,
            None => Named::Missing,
        }
    }

    /// Each character is one byte.
    #[must_use]
    pub fn single_byte(self) -> bool {
        use Encoding::{Binary, Latin1, UsAscii, Windows1252};
        matches!(self, Binary | UsAscii | Latin1 | Windows1252)
    }

    /// ASCII text has the same bytes in it.
    #[must_use]
    pub fn ascii_compatible(self) -> bool {
        self.single_byte() || self == Encoding::Utf8
    }

    /// The text that stands for these bytes.
    #[must_use]
    pub fn text_of(self, bytes: &[u8]) -> String {
        match self {
            Encoding::Utf8 => utf8_text(bytes),
            e if e.single_byte() => bytes.iter().map(|b| char::from(*b)).collect(),
            Encoding::Utf32Be | Encoding::Utf32Le => utf32_text(bytes, self == Encoding::Utf32Le),
            _ => utf16_text(bytes, self == Encoding::Utf16Le),
        }
    }

    /// The bytes that a text stands for.
    #[must_use]
    pub fn bytes_of(self, text: &str) -> Cow<'_, [u8]> {
        if self.ascii_compatible() && text.is_ascii() {
            return Cow::Borrowed(text.as_bytes());
        }
        if self == Encoding::Utf8 && !text.chars().any(|c| stray_byte(c).is_some()) {
            return Cow::Borrowed(text.as_bytes());
        }
        let mut out = Vec::with_capacity(text.len());
        for c in text.chars() {
            match stray_byte(c) {
                Some(byte) => out.push(byte),
                None if self.single_byte() => out.push(u8::try_from(c as u32).unwrap_or(b'?')),
                None => self.push_char(c, &mut out),
            }
        }
        Cow::Owned(out)
    }

    fn push_char(self, c: char, out: &mut Vec<u8>) {
        let (mut two, mut four) = ([0u16; 2], [0u8; 4]);
        match self {
            Encoding::Utf32Be => out.extend((c as u32).to_be_bytes()),
            Encoding::Utf32Le => out.extend((c as u32).to_le_bytes()),
            Encoding::Utf16Le => {
                out.extend(
                    c.encode_utf16(&mut two)
                        .iter()
                        .flat_map(|u| u.to_le_bytes()),
                );
            }
            Encoding::Utf16 | Encoding::Utf16Be => {
                out.extend(
                    c.encode_utf16(&mut two)
                        .iter()
                        .flat_map(|u| u.to_be_bytes()),
                );
            }
            _ => out.extend(c.encode_utf8(&mut four).bytes()),
        }
    }

    /// The character that one of a string's characters means, if it means any.
    #[must_use]
    pub fn meaning(self, c: char) -> Option<char> {
        if is_hole(c) {
            return Some(c);
        }
        match self {
            Encoding::Binary | Encoding::UsAscii => c.is_ascii().then_some(c),
            Encoding::Windows1252 => match (c as usize).checked_sub(0x80) {
                Some(at) if at < WINDOWS_1252.len() => {
                    WINDOWS_1252.get(at).copied().filter(|w| *w != c)
                }
                _ => Some(c),
            },
            _ => stray_byte(c).is_none().then_some(c),
        }
    }

    /// How a character is written in the encoding, if it can be.
    #[must_use]
    pub fn written(self, c: char) -> Option<char> {
        if is_hole(c) || c.is_ascii() {
            return Some(c);
        }
        match self {
            Encoding::Binary | Encoding::UsAscii => None,
            Encoding::Latin1 => ((c as u32) < 0x100).then_some(c),
            Encoding::Windows1252 => match WINDOWS_1252.iter().position(|w| *w == c) {
                Some(at) => char::from_u32(0x80 + at as u32),
                None => ((0xa0..0x100).contains(&(c as u32))).then_some(c),
            },
            _ => Some(c),
        }
    }
}

/// Only ASCII, or unknown text, of which nothing can be said.
#[must_use]
pub fn is_plain(text: &str) -> bool {
    text.is_ascii() || text.chars().all(|c| c.is_ascii() || is_hole(c))
}

/// The character that stands for a byte which is no text.
#[must_use]
pub fn stray(byte: u8) -> char {
    char::from_u32(0x10_FF00 + u32::from(byte)).unwrap_or('?')
}

/// The byte that such a character stands for.
#[must_use]
pub fn stray_byte(c: char) -> Option<u8> {
    let byte = (c as u32).checked_sub(0x10_FF00)?;
    u8::try_from(byte).ok()
}

fn utf8_text(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        out.extend(chunk.invalid().iter().map(|b| stray(*b)));
    }
    out
}

fn utf16_text(bytes: &[u8], little: bool) -> String {
    let units = bytes.chunks_exact(2).map(|pair| match pair {
        [a, b] if little => u16::from_le_bytes([*a, *b]),
        [a, b] => u16::from_be_bytes([*a, *b]),
        _ => 0,
    });
    let mut out = String::new();
    for c in char::decode_utf16(units) {
        match c {
            Ok(c) => out.push(c),
            Err(e) => {
                let unit = e.unpaired_surrogate();
                let pair = if little {
                    unit.to_le_bytes()
                } else {
                    unit.to_be_bytes()
                };
                out.extend(pair.map(stray));
            }
        }
    }
    out.extend(bytes.chunks_exact(2).remainder().iter().map(|b| stray(*b)));
    out
}

fn utf32_text(bytes: &[u8], little: bool) -> String {
    let mut out = String::new();
    for four in bytes.chunks(4) {
        let number = four.iter().fold(0u32, |n, b| match little {
            true => n >> 8 | u32::from(*b) << 24,
            false => n << 8 | u32::from(*b),
        });
        match char::from_u32(number).filter(|_| four.len() == 4) {
            Some(c) => out.push(c),
            None => out.extend(four.iter().map(|b| stray(*b))),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{ENCODINGS, Encoding};

    #[test]
    fn bytes_survive_being_kept_as_text() {
        let samples: [&[u8]; 5] = [
            b"plain",
            b"\xc3\xa9\xff\xc3",
            b"\x00\xd8a\x00b",
            b"\xff\xfe\x00\x01\x02",
            b"",
        ];
        for (encoding, name, _) in ENCODINGS {
            for bytes in samples {
                let text = encoding.text_of(bytes);
                assert_eq!(&*encoding.bytes_of(&text), bytes, "{name}: {text:?}");
            }
        }
    }

    #[test]
    fn a_stray_byte_is_one_character() {
        assert_eq!(Encoding::Utf8.text_of(b"\xc3\xa9\xff").chars().count(), 2);
        assert_eq!(Encoding::Binary.text_of(b"\xc3\xa9\xff").chars().count(), 3);
    }
}
