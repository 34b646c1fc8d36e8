//! Zone files of DNS servers: one bad line, and the server does not load the zone.
//!
//! The zone's own name stands elsewhere, in `named.conf`: names are compared as far as they are known without it. Source:
//! RFC 1035, section 5, RFC 2181 and 2308, and what `named-checkzone` refuses.

mod entries;
mod records;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use self::entries::{Entry, Word, entries};
use self::records::{data, fields, name, time, types};
use crate::hole::has_hole;
use crate::nearest::nearest;
use crate::problem::{Class, Problem};
use crate::source::{Source, Span};

const CLASSES: [&str; 4] = ["IN", "CH", "HS", "CHAOS"];
/// RFC 2181, section 8.
const MAX_TTL: u32 = 2_147_483_647;
const MAX_PROBLEMS: usize = 100;
/// What may stand beside a CNAME: the zone's signatures.
const BESIDE_CNAME: [&str; 5] = ["CNAME", "RRSIG", "NSEC", "SIG", "KEY"];

/// What keeps a zone from being loaded, and what is loaded and reaches nobody.
#[must_use]
pub fn problems(source: &Source) -> Vec<Problem> {
    let mut zone = Zone::default();
    for entry in entries(source, &mut zone.out) {
        zone.entry(&entry);
        if zone.out.len() > MAX_PROBLEMS {
            return zone.out;
        }
    }
    zone.end();
    zone.out.sort_by_key(|p| p.span.start);
    zone.out
}

/// A record that leads from a name to an address, or to another name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lead {
    /// In small letters with a final dot; ends in `?` where the file does not say which zone it is.
    pub owner: String,
    /// An address, or a name in the form of `owner`.
    pub target: String,
    pub is_address: bool,
    /// Of the record's type.
    pub span: Span,
}

/// Where the names of a zone lead.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leads {
    /// A, AAAA and CNAME records, in the file's order.
    pub records: Vec<Lead>,
    /// The zone's own name, as far as the file says it.
    pub apex: String,
    /// True where parts of the zone stand elsewhere or are unknown.
    pub is_open: bool,
}

/// Reads where the names of a zone lead. Records that a server would refuse are passed over.
#[must_use]
pub fn leads(source: &Source) -> Leads {
    let mut zone = Zone::default();
    let mut ignored = Vec::new();
    for entry in entries(source, &mut ignored) {
        zone.entry(&entry);
        zone.out.clear();
    }
    let unknown = zone.origin.clone().unwrap_or_else(|| "?".to_owned());
    Leads {
        records: zone.leads,
        apex: zone.soa.map_or(unknown, |(_, owner, _)| owner),
        is_open: zone.open,
    }
}

/// The records of one name, as far as they matter to one another.
#[derive(Default)]
struct Owned {
    /// The place of the CNAME and what it names.
    cname: Option<(Span, String)>,
    other: Option<String>,
    has_address: bool,
}

#[derive(Default)]
struct Zone<'s> {
    out: Vec<Problem>,
    /// `None` until the file says it.
    origin: Option<String>,
    owner: Option<String>,
    class: Option<&'s str>,
    has_ttl: bool,
    /// The first record that has no time to live and none to take it from.
    without_ttl: Option<Span>,
    owned: BTreeMap<String, Owned>,
    /// The place of the SOA, its owner, and what it says.
    soa: Option<(Span, String, String)>,
    /// Each name with a name server of its own, that server, and the server's place.
    name_servers: Vec<(String, String, Span)>,
    leads: Vec<Lead>,
    /// True where parts of the zone stand elsewhere or are unknown.
    open: bool,
}

impl<'s> Zone<'s> {
    fn error(&mut self, class: Class, message: impl Into<String>, span: Span) {
        self.out.push(Problem::error(class, message, span));
    }

    fn entry(&mut self, entry: &Entry<'s>) {
        let Some(first) = entry.words.first() else {
            return;
        };
        if entry.words.iter().any(|w| has_hole(w.text)) {
            // Which name or how many records this is cannot be told.
            self.open = true;
            self.has_ttl = true;
            if !entry.indented {
                self.owner = None;
            }
            if first.text.eq_ignore_ascii_case("$ORIGIN") {
                self.origin = None;
            }
            return;
        }
        if first.text.starts_with('$') && !entry.indented {
            return self.directive(first, entry.words.get(1..).unwrap_or(&[]));
        }
        let rest = if entry.indented {
            &entry.words[..]
        } else {
            if let Err(why) = name(first.text) {
                let message = format!("{why}: '{}'", first.text);
                return self.error(Class::Value, message, first.span);
            }
            self.owner = Some(self.absolute(first.text));
            entry.words.get(1..).unwrap_or(&[])
        };
        self.record(first, rest);
    }

    fn directive(&mut self, word: &Word<'s>, rest: &[Word<'s>]) {
        let value = rest.first();
        let name_of_it = word.text.to_ascii_uppercase();
        if let (Some(extra), "$TTL" | "$ORIGIN") = (rest.get(1), name_of_it.as_str()) {
            self.error(
                Class::Arity,
                format!("extra input text: '{}'", extra.text),
                extra.span,
            );
        }
        match name_of_it.as_str() {
            "$TTL" => {
                self.has_ttl = true;
                match value.map(|v| (v, time(v.text))) {
                    None => self.error(Class::Arity, "unexpected end of line", word.span),
                    Some((v, Err(()))) => {
                        self.error(Class::Value, format!("bad ttl: '{}'", v.text), v.span);
                    }
                    Some((v, Ok(ttl))) => self.range(v, ttl),
                }
            }
            "$ORIGIN" => match value {
                None => self.error(Class::Arity, "unexpected end of line", word.span),
                Some(v) => match name(v.text) {
                    Err(why) => self.error(Class::Value, format!("{why}: '{}'", v.text), v.span),
                    Ok(()) => self.origin = Some(self.absolute(v.text)),
                },
            },
            "$INCLUDE" => {
                self.open = true;
                if value.is_none() {
                    self.error(Class::Arity, "unexpected end of line", word.span);
                }
            }
            "$GENERATE" => self.generate(word, rest),
            "$DATE" => {}
            _ => {
                let message = format!("unknown $ directive '{}'", word.text);
                let problem = Problem::error(Class::UnknownKeyword, message, word.span);
                let known = ["$TTL", "$ORIGIN", "$INCLUDE", "$GENERATE"];
                let near = nearest(&word.text.to_ascii_uppercase(), known.into_iter());
                self.out.push(match near {
                    Some(near) => problem.with_help(format!("did you mean `{near}`?")),
                    None => problem,
                });
            }
        }
    }

    /// `$GENERATE 1-20[/2] owner [ttl] [class] type data`
    fn generate(&mut self, word: &Word<'s>, rest: &[Word<'s>]) {
        let Some(range) = rest.first() else {
            return self.error(Class::Arity, "unexpected end of line", word.span);
        };
        let (ends, step) = range.text.split_once('/').unwrap_or((range.text, "1"));
        let number = |text: &str| text.parse::<u32>().ok();
        let fits = ends.split_once('-').is_some_and(|(low, high)| {
            number(low)
                .zip(number(high))
                .is_some_and(|(low, high)| low <= high)
        });
        if !fits || number(step).is_none_or(|s| s == 0) {
            let message = format!("invalid range '{}'", range.text);
            self.error(Class::Value, message, range.span);
        } else if rest.len() < 4 {
            self.error(Class::Arity, "unexpected end of line", word.span);
        }
    }

    /// A time to live that servers do not take.
    fn range(&mut self, word: &Word<'s>, ttl: u32) {
        if ttl > MAX_TTL {
            let message = format!("a TTL of {} is out of range: it counts as 0", word.text);
            self.out
                .push(Problem::warning(Class::Value, message, word.span));
        }
    }

    /// A name with the origin behind it, in small letters; `?` stands for an origin that is not known.
    fn absolute(&self, text: &str) -> String {
        let text = text.to_ascii_lowercase();
        let origin = self.origin.as_deref().unwrap_or("?");
        match text.as_str() {
            "@" => origin.to_owned(),
            _ if text.ends_with('.') => text,
            _ if origin == "." => format!("{text}."),
            _ => format!("{text}.{origin}"),
        }
    }

    /// Time to live and class in any order, type, data.
    fn record(&mut self, first: &Word<'s>, words: &[Word<'s>]) {
        let (mut ttl, mut class) = (None, None);
        let mut rest = words;
        let kind = loop {
            let Some((word, after)) = rest.split_first() else {
                let last = words.last().unwrap_or(first);
                let message = "unexpected end of line: a record needs a type";
                return self.error(Class::Arity, message, last.span);
            };
            rest = after;
            let is_class = CLASSES.iter().any(|c| c.eq_ignore_ascii_case(word.text));
            match time(word.text) {
                Ok(seconds) if ttl.is_none() => {
                    ttl = Some(seconds);
                    self.range(word, seconds);
                }
                _ if is_class && class.is_none() => class = Some(*word),
                _ => break word,
            }
        };
        if let Some(class) = class {
            match self.class {
                Some(known) if !known.eq_ignore_ascii_case(class.text) => {
                    let message = format!("class '{}' != zone class '{known}'", class.text);
                    self.error(Class::Value, message, class.span);
                }
                _ => self.class = Some(class.text),
            }
        }
        let Some(known) = fields(kind.text) else {
            let message = format!("unknown RR type '{}'", kind.text);
            let near = nearest(&kind.text.to_ascii_uppercase(), types());
            let problem = Problem::error(Class::UnknownKeyword, message, kind.span);
            self.out.push(match near {
                Some(near) => problem.with_help(format!("did you mean `{near}`?")),
                None => problem,
            });
            return;
        };
        if let Err((at, class, message)) = data(known, rest) {
            let span = rest.get(at).or(rest.last()).unwrap_or(kind).span;
            return self.error(class, message, span);
        }
        let kind_name = kind.text.to_ascii_uppercase();
        if ttl.is_none() && !self.has_ttl && kind_name != "SOA" {
            self.without_ttl.get_or_insert(kind.span);
        }
        self.has_ttl |= ttl.is_some() || kind_name == "SOA";
        let said: Vec<String> = rest.iter().map(|w| self.absolute(w.text)).collect();
        if let (Some(owner), "A" | "AAAA" | "CNAME") = (&self.owner, kind_name.as_str())
            && let (Some(word), Some(name)) = (rest.first(), said.first())
        {
            let is_address = kind_name != "CNAME";
            let target = if is_address { word.text } else { name };
            self.leads.push(Lead {
                owner: owner.clone(),
                target: target.to_owned(),
                is_address,
                span: kind.span,
            });
        }
        self.among_others(kind, &kind_name, &said.join(" "));
        self.target(&kind_name, rest.last());
    }

    /// What one record means to the others of the zone.
    fn among_others(&mut self, kind: &Word<'s>, kind_name: &str, said: &str) {
        let Some(owner) = self.owner.clone() else {
            return;
        };
        match kind_name {
            "SOA" => match &self.soa {
                Some((_, _, before)) if before != said => {
                    self.error(Class::DuplicateName, "a zone has one SOA record", kind.span);
                }
                Some(_) => {}
                None => self.soa = Some((kind.span, owner.clone(), said.to_owned())),
            },
            "NS" => {
                let server = (owner.clone(), said.to_owned(), kind.span);
                self.name_servers.push(server);
            }
            _ => {}
        }
        let owned = self.owned.entry(owner.clone()).or_default();
        owned.has_address |= matches!(kind_name, "A" | "AAAA");
        let mut clash = None;
        if kind_name == "CNAME" {
            match &owned.cname {
                Some((_, before)) if before != said => {
                    clash = Some("multiple RRs of singleton type: a name has one CNAME".to_owned());
                }
                _ => owned.cname = Some((kind.span, said.to_owned())),
            }
        } else if !BESIDE_CNAME.contains(&kind_name) {
            owned.other.get_or_insert_with(|| kind_name.to_owned());
        }
        if let (Some(_), Some(other)) = (&owned.cname, &owned.other)
            && !BESIDE_CNAME.contains(&kind_name) | (kind_name == "CNAME")
        {
            clash = Some(format!("CNAME and other data: {other}"));
        }
        if let Some(message) = clash {
            self.error(Class::DuplicateName, message, kind.span);
        }
    }

    /// Names that are taken and lead nowhere.
    fn target(&mut self, kind: &str, target: Option<&Word<'s>>) {
        let Some(target) = target.filter(|_| matches!(kind, "CNAME" | "NS" | "MX" | "SRV" | "PTR"))
        else {
            return;
        };
        let bare = target.text.trim_end_matches('.');
        let message = if kind != "PTR" && bare.parse::<IpAddr>().is_ok() {
            format!("{kind} takes a name, and '{}' is an address", target.text)
        } else if let Some(origin) = self.origin.as_deref().map(|o| o.trim_end_matches('.'))
            && !target.text.ends_with('.')
            && origin.contains('.')
            && (bare.eq_ignore_ascii_case(origin)
                || bare.to_ascii_lowercase().ends_with(&format!(".{origin}")))
        {
            format!(
                "'{}' has no final dot: it means '{bare}.{origin}.'",
                target.text
            )
        } else {
            return;
        };
        self.out
            .push(Problem::warning(Class::Value, message, target.span));
    }

    /// What only the whole zone can tell; without an SOA it is a part of one.
    fn end(&mut self) {
        let Some((span, owner, _)) = self.soa.take() else {
            return;
        };
        if let Some(record) = self.without_ttl {
            self.error(Class::Arity, "no TTL specified; zone rejected", record);
        }
        if self.open {
            return;
        }
        let servers = std::mem::take(&mut self.name_servers);
        if !servers.iter().any(|(of, _, _)| *of == owner) {
            self.error(Class::Arity, "the zone has no NS records", span);
        }
        // What other servers answer for, or a wildcard does, may have the address.
        let elsewhere: BTreeSet<&str> = servers
            .iter()
            .map(|(of, _, _)| of.as_str())
            .filter(|of| *of != owner)
            .chain(self.owned.keys().filter_map(|name| name.strip_prefix("*.")))
            .collect();
        let mut lost = Vec::new();
        for (of, server, place) in &servers {
            let within = server
                .strip_suffix(&owner)
                .is_some_and(|name| name.ends_with('.'));
            let parents = || {
                server
                    .match_indices('.')
                    .filter_map(|(at, _)| server.get(at + 1..))
            };
            let answered = self.owned.get(server).is_some_and(|o| o.has_address)
                || elsewhere.contains(server.as_str())
                || parents().any(|parent| elsewhere.contains(parent));
            if *of == owner && within && !answered {
                let name = server.trim_end_matches(".?");
                let message = format!("NS '{name}' has no address records (A or AAAA)");
                lost.push(Problem::error(Class::UndefinedName, message, *place));
            }
        }
        self.out.extend(lost.into_iter().take(MAX_PROBLEMS));
    }
}

#[cfg(test)]
mod tests;
