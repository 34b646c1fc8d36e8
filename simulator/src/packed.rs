//! Attributes in as few bytes as there is to say.
//!
//! An inventory holds the node objects of a whole fleet, and few of their attributes are ever asked for. As trees of
//! JSON values they take several times the text they were read from. Here a level of attributes is one run of bytes
//! that clones share; what is asked for is unpacked, and the search index reads the bytes as they are.
//!
//! Every value begins with a number of seven bits a byte, low ones first: the length of what follows, times eight,
//! plus the kind. An array's values follow one another; so do an object's, each behind its key, which is a length and
//! a text.

use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value as Json};

/// One level of a node's attributes.
#[derive(Clone, Default)]
pub struct Attributes {
    /// What an object's values take, without the number in front.
    bytes: Arc<[u8]>,
}

const NULL: usize = 0;
const FALSE: usize = 1;
const TRUE: usize = 2;
const NUMBER: usize = 3;
const TEXT: usize = 4;
const ARRAY: usize = 5;
const OBJECT: usize = 6;
/// Bits that tell the kind.
const KIND: u32 = 3;

/// A packed value, to be read in place.
#[derive(Clone, Copy, Debug)]
pub enum Packed<'a> {
    Null,
    Bool(bool),
    /// As JSON writes it.
    Number(&'a str),
    Text(&'a str),
    Array(Values<'a>),
    Object(Entries<'a>),
}

/// The values of an array.
#[derive(Clone, Copy, Debug)]
pub struct Values<'a>(&'a [u8]);

/// The keys of an object with their values, in the order of its text.
#[derive(Clone, Copy, Debug)]
pub struct Entries<'a>(&'a [u8]);

impl Attributes {
    /// One attribute's value, unpacked.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Json> {
        self.value(key).map(Packed::to_json)
    }

    /// One attribute's value, to be read in place.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<Packed<'_>> {
        self.entries().get(key)
    }

    #[must_use]
    pub fn contains_key(&self, key: &str) -> bool {
        self.value(key).is_some()
    }

    /// The top-level names, in order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.entries().map(|(key, _)| key)
    }

    #[must_use]
    pub fn entries(&self) -> Entries<'_> {
        Entries(&self.bytes)
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// All of it, unpacked.
    #[must_use]
    pub fn to_map(&self) -> Map<String, Json> {
        self.entries().to_map()
    }

    /// Sets one attribute; for more than one, [`Self::edit`] does less work.
    pub fn insert(&mut self, key: String, value: Json) {
        self.edit(|map| map.insert(key, value));
    }

    /// Unpacks, changes and packs again.
    pub fn edit<T>(&mut self, change: impl FnOnce(&mut Map<String, Json>) -> T) -> T {
        let mut map = self.to_map();
        let out = change(&mut map);
        *self = Self::from(&map);
        out
    }
}

impl From<&Map<String, Json>> for Attributes {
    fn from(map: &Map<String, Json>) -> Self {
        let mut bytes = Vec::new();
        pack_entries(map, &mut bytes);
        Self {
            bytes: bytes.into(),
        }
    }
}

impl From<Map<String, Json>> for Attributes {
    fn from(map: Map<String, Json>) -> Self {
        Self::from(&map)
    }
}

/// As of JSON objects: the order of keys does not count.
impl PartialEq for Attributes {
    fn eq(&self, other: &Self) -> bool {
        // Equal values in another order take as many bytes.
        self.bytes == other.bytes
            || (self.bytes.len() == other.bytes.len() && self.to_map() == other.to_map())
    }
}

impl Eq for Attributes {}

impl fmt::Debug for Attributes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_map().fmt(f)
    }
}

impl<'a> Packed<'a> {
    /// Unpacks this value.
    #[must_use]
    pub fn to_json(self) -> Json {
        match self {
            Self::Null => Json::Null,
            Self::Bool(b) => Json::Bool(b),
            Self::Number(text) => serde_json::from_str(text).unwrap_or_default(),
            Self::Text(text) => Json::from(text),
            Self::Array(values) => values.map(Self::to_json).collect(),
            Self::Object(entries) => Json::Object(entries.to_map()),
        }
    }

    /// The value under a key of an object.
    #[must_use]
    pub fn get(self, key: &str) -> Option<Self> {
        match self {
            Self::Object(mut entries) => entries.get(key),
            _ => None,
        }
    }

    /// A text's characters.
    #[must_use]
    pub fn as_str(self) -> Option<&'a str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Takes a value off the front of some bytes.
    fn take(bytes: &mut &'a [u8]) -> Option<Self> {
        let head = take_number(bytes)?;
        let own = take_bytes(bytes, head >> KIND)?;
        Some(match head & ((1 << KIND) - 1) {
            NULL => Self::Null,
            FALSE => Self::Bool(false),
            TRUE => Self::Bool(true),
            NUMBER => Self::Number(std::str::from_utf8(own).ok()?),
            TEXT => Self::Text(std::str::from_utf8(own).ok()?),
            ARRAY => Self::Array(Values(own)),
            OBJECT => Self::Object(Entries(own)),
            _ => return None,
        })
    }
}

impl<'a> Iterator for Values<'a> {
    type Item = Packed<'a>;

    fn next(&mut self) -> Option<Packed<'a>> {
        Packed::take(&mut self.0)
    }
}

impl<'a> Entries<'a> {
    fn get(&mut self, key: &str) -> Option<Packed<'a>> {
        self.find(|(name, _)| *name == key).map(|(_, value)| value)
    }

    /// All of it, unpacked.
    #[must_use]
    pub fn to_map(self) -> Map<String, Json> {
        self.map(|(key, value)| (key.to_owned(), value.to_json()))
            .collect()
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = (&'a str, Packed<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let length = take_number(&mut self.0)?;
        let key = std::str::from_utf8(take_bytes(&mut self.0, length)?).ok()?;
        Some((key, Packed::take(&mut self.0)?))
    }
}

fn take_number(bytes: &mut &[u8]) -> Option<usize> {
    let mut out = 0;
    let mut shift = 0;
    loop {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        out |= usize::from(first & 0x7f).checked_shl(shift)?;
        if first & 0x80 == 0 {
            return Some(out);
        }
        shift += 7;
    }
}

fn take_bytes<'a>(bytes: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (own, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(own)
}

/// Packs one value.
fn pack(value: &Json, out: &mut Vec<u8>) {
    let start = out.len();
    let kind = match value {
        Json::Null => NULL,
        Json::Bool(false) => FALSE,
        Json::Bool(true) => TRUE,
        Json::Number(number) => {
            out.extend_from_slice(number.to_string().as_bytes());
            NUMBER
        }
        Json::String(text) => {
            out.extend_from_slice(text.as_bytes());
            TEXT
        }
        Json::Array(values) => {
            values.iter().for_each(|value| pack(value, out));
            ARRAY
        }
        Json::Object(map) => {
            pack_entries(map, out);
            OBJECT
        }
    };
    // How long it is comes first and is known last.
    let head = number((out.len() - start) << KIND | kind);
    out.splice(start..start, head);
}

fn pack_entries(map: &Map<String, Json>, out: &mut Vec<u8>) {
    for (key, value) in map {
        out.extend(number(key.len()));
        out.extend_from_slice(key.as_bytes());
        pack(value, out);
    }
}

fn number(n: usize) -> impl Iterator<Item = u8> {
    let mut left = Some(n);
    std::iter::from_fn(move || {
        let n = left?;
        let low = (n & 0x7f) as u8;
        left = (n > 0x7f).then_some(n >> 7);
        Some(if left.is_some() { low | 0x80 } else { low })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn packed(json: &Json) -> Attributes {
        json.as_object().unwrap().into()
    }

    #[test]
    fn what_is_packed_is_unpacked_alike() {
        let long = "x".repeat(70_000);
        let text = format!(
            r#"{{"": null, "yes": [true, false], "deep": {{"a": {{"b": [[], {{}}, [1, -2.50, 1e400, 18446744073709551616]]}}}}, "é": "{long}"}}"#
        );
        let json: Json = serde_json::from_str(&text).unwrap();
        let attributes = packed(&json);
        assert_eq!(Json::Object(attributes.to_map()), json);
        assert_eq!(
            Json::Object(attributes.to_map()).to_string(),
            json.to_string()
        );
        let keys: Vec<&str> = attributes.keys().collect();
        assert_eq!(keys, ["", "yes", "deep", "é"]);
        let b = attributes.value("deep").unwrap().get("a").unwrap().get("b");
        assert_eq!(b.unwrap().to_json(), json["deep"]["a"]["b"]);
        assert_eq!(attributes.get("").unwrap(), Json::Null);
        assert_eq!(attributes.get("d"), None);
        assert!(Attributes::default().is_empty());
    }

    #[test]
    fn the_order_of_keys_does_not_make_attributes_differ() {
        let (one, other) = (
            json!({"a": {"b": 1, "c": 2}}),
            json!({"a": {"c": 2, "b": 1}}),
        );
        assert_eq!(packed(&one), packed(&other));
        assert_ne!(packed(&one), packed(&json!({"a": {"c": 1, "b": 2}})));
        assert_ne!(packed(&one), packed(&json!({"a": {"b": 1}})));
    }

    #[test]
    fn bytes_cut_short_end_the_values() {
        let whole = packed(&json!({"a": [1, {"b": "text"}], "c": "d"}));
        for length in 0..whole.bytes.len() {
            let bytes = whole.bytes[..length].into();
            assert!(Attributes { bytes }.entries().count() < 2);
        }
    }
}
