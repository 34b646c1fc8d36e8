//! What the types of records hold. Source: RFC 1035, section 3.3, the RFCs that the IANA's registry of DNS parameters
//! names for each type, and what `named-checkzone` takes.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::entries::Word;
use crate::problem::Class;

/// What one field of a record has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    V4,
    V6,
    Name,
    /// A number up to this.
    Number(u32),
    /// A time in seconds, or in parts such as `1w2d`.
    Time,
    Text,
    /// One text or more, to the end.
    Texts,
    /// Hexadecimal digits in one word or more, to the end.
    Hex,
    /// Anything, to the end.
    Rest,
}

use Field::{Hex, Name, Number, Rest, Text, Texts, Time, V4, V6};

const BYTE: Field = Number(255);
const SHORT: Field = Number(65_535);
const LONG: Field = Number(u32::MAX);

/// Types with their fields; those that are rare are not looked into.
const TYPES: &[(&str, &[Field])] = &[
    ("A", &[V4]),
    ("AAAA", &[V6]),
    ("NS", &[Name]),
    ("CNAME", &[Name]),
    ("DNAME", &[Name]),
    ("PTR", &[Name]),
    ("SOA", &[Name, Name, LONG, Time, Time, Time, Time]),
    ("MX", &[SHORT, Name]),
    ("AFSDB", &[SHORT, Name]),
    ("KX", &[SHORT, Name]),
    ("RT", &[SHORT, Name]),
    ("SRV", &[SHORT, SHORT, SHORT, Name]),
    ("TXT", &[Texts]),
    ("SPF", &[Texts]),
    ("HINFO", &[Text, Text]),
    ("RP", &[Name, Name]),
    ("CAA", &[BYTE, Text, Text]),
    ("SSHFP", &[BYTE, BYTE, Hex]),
    ("TLSA", &[BYTE, BYTE, BYTE, Hex]),
    ("SMIMEA", &[BYTE, BYTE, BYTE, Hex]),
    ("URI", &[SHORT, SHORT, Text]),
    ("NAPTR", &[SHORT, SHORT, Text, Text, Text, Name]),
];

const OTHER_TYPES: &[&str] = &[
    "A6",
    "AMTRELAY",
    "APL",
    "ATMA",
    "AVC",
    "CDNSKEY",
    "CDS",
    "CERT",
    "CSYNC",
    "DHCID",
    "DLV",
    "DNSKEY",
    "DOA",
    "DS",
    "DSYNC",
    "EID",
    "EUI48",
    "EUI64",
    "GPOS",
    "HHIT",
    "BRID",
    "HIP",
    "HTTPS",
    "IPN",
    "IPSECKEY",
    "ISDN",
    "KEY",
    "L32",
    "L64",
    "LOC",
    "LP",
    "MB",
    "MD",
    "MF",
    "MG",
    "MINFO",
    "MR",
    "NID",
    "NIMLOC",
    "NINFO",
    "NSAP",
    "NSAP-PTR",
    "NSEC",
    "NSEC3",
    "NSEC3PARAM",
    "NULL",
    "NXT",
    "OPENPGPKEY",
    "PX",
    "RESINFO",
    "RKEY",
    "RRSIG",
    "SIG",
    "SINK",
    "SVCB",
    "TA",
    "TALINK",
    "WALLET",
    "WKS",
    "X25",
    "ZONEMD", // Names of PowerDNS and others beside BIND.
    "ALIAS",
    "ANAME",
    "LUA",
];

/// The fields of a type; `None` for one that nobody knows.
pub fn fields(name: &str) -> Option<&'static [Field]> {
    if let Some((_, fields)) = TYPES.iter().find(|(t, _)| t.eq_ignore_ascii_case(name)) {
        return Some(fields);
    }
    let numbered = name
        .get(..4)
        .filter(|t| t.eq_ignore_ascii_case("TYPE"))
        .and_then(|_| name.get(4..)?.parse::<u16>().ok());
    let known = OTHER_TYPES.iter().any(|t| t.eq_ignore_ascii_case(name));
    (known || numbered.is_some()).then_some(&[Rest])
}

pub fn types() -> impl Iterator<Item = &'static str> {
    TYPES
        .iter()
        .map(|(t, _)| *t)
        .chain(OTHER_TYPES.iter().copied())
}

/// A time: `300`, `1h30m`. `Err` where it is none, or beyond 32 bits.
pub fn time(text: &str) -> Result<u32, ()> {
    let mut total: u64 = 0;
    let mut rest = text;
    if rest.is_empty() {
        return Err(());
    }
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        let (number, after) = rest.split_at_checked(digits).ok_or(())?;
        let number: u64 = number.parse().map_err(|_| ())?;
        let unit = after.chars().next().map(|c| c.to_ascii_lowercase());
        let seconds = match unit {
            None | Some('s') => 1,
            Some('m') => 60,
            Some('h') => 3_600,
            Some('d') => 86_400,
            Some('w') => 604_800,
            Some(_) => return Err(()),
        };
        total = number
            .checked_mul(seconds)
            .and_then(|n| total.checked_add(n))
            .ok_or(())?;
        rest = after.get(1..).unwrap_or("");
    }
    u32::try_from(total).map_err(|_| ())
}

/// What is wrong with a domain name, if anything.
pub fn name(text: &str) -> Result<(), &'static str> {
    if matches!(text, "." | "@") {
        return Ok(());
    }
    let (mut label, mut total) = (0, 0);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '.' if label == 0 => return Err("empty label"),
            '.' => label = 0,
            '\\' => {
                label += 1;
                if chars.peek().is_some_and(char::is_ascii_digit) {
                    let digits: String = chars.by_ref().take(3).collect();
                    if digits.len() < 3 || digits.parse::<u8>().is_err() {
                        return Err("bad escape");
                    }
                } else if chars.next().is_none() {
                    return Err("bad escape");
                }
            }
            c => label += c.len_utf8(),
        }
        total += 1;
        if label > 63 {
            return Err("label too long");
        }
    }
    if total > 255 {
        return Err("name too long");
    }
    Ok(())
}

/// What is wrong with the data of a record, if anything, and the number of the word where it is.
pub fn data(fields: &[Field], words: &[Word<'_>]) -> Result<(), (usize, Class, String)> {
    // The form for types that a program does not know.
    if words.first().is_some_and(|w| w.text == "\\#") {
        return Ok(());
    }
    let mut rest = words.iter().enumerate();
    for known in fields {
        let Some((at, word)) = rest.next() else {
            let message = "unexpected end of input: a field is missing".to_owned();
            return Err((words.len(), Class::Arity, message));
        };
        let to_end = matches!(known, Texts | Hex | Rest);
        field(*known, word).map_err(|message| (at, Class::Value, message))?;
        if to_end {
            let mut digits = word.text.len();
            for (at, word) in rest.by_ref() {
                field(*known, word).map_err(|message| (at, Class::Value, message))?;
                digits += word.text.len();
            }
            if *known == Hex && digits % 2 == 1 {
                let message = "bad hex encoding: an odd number of digits".to_owned();
                return Err((at, Class::Value, message));
            }
        }
    }
    match rest.next() {
        Some((at, word)) => {
            let message = format!("extra input text: '{}'", word.text);
            Err((at, Class::Arity, message))
        }
        None => Ok(()),
    }
}

fn field(known: Field, word: &Word<'_>) -> Result<(), String> {
    let text = word.text;
    match known {
        V4 if word.quoted || text.parse::<Ipv4Addr>().is_err() => {
            Err(format!("bad dotted quad: '{text}'"))
        }
        V6 if word.quoted || text.parse::<Ipv6Addr>().is_err() => {
            Err(format!("bad IPv6 address: '{text}'"))
        }
        Number(limit) => match text.parse::<u64>() {
            Ok(n) if n <= u64::from(limit) => Ok(()),
            Ok(_) => Err(format!("out of range: '{text}'")),
            Err(_) => Err(format!("not a valid number: '{text}'")),
        },
        Time if time(text).is_err() => Err(format!("not a valid time: '{text}'")),
        Name => name(text).map_err(|why| format!("{why}: '{text}'")),
        Text | Texts if length(text) > 255 => {
            Err("a text of more than 255 characters: part it in several".to_owned())
        }
        Hex if !text.bytes().all(|b| b.is_ascii_hexdigit()) => {
            Err(format!("bad hex encoding: '{text}'"))
        }
        _ => Ok(()),
    }
}

/// The bytes of a text when its escapes are taken for what they mean.
fn length(text: &str) -> usize {
    let mut count = 0;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c == '\\' && chars.next().is_some_and(|c| c.is_ascii_digit()) {
            chars.nth(1);
        }
        count += if c == '\\' { 1 } else { c.len_utf8() };
    }
    count
}
