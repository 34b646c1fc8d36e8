//! Values that reach no output: those under the keys that `[secrets]` of foretaste.toml names.
//!
//! What such a key holds is looked up in node objects, JSON roles, environments and data bag items, and in the
//! attributes that simulated runs compute. It is then hidden wherever it turns up, also where it was copied into a
//! template. So are strings beside such a key in a source, and whatever runs decrypted of encrypted data bag items.

use std::collections::BTreeSet;

use serde_json::Value as Json;

/// Shorter values are not hidden: to black out each `1` and `yes` would make output unreadable and hide nothing.
const SHORTEST: usize = 4;
/// Lines of a value of several (a private key) are hidden one by one from this length on.
const SHORTEST_LINE: usize = 8;

/// Texts to hide.
#[derive(Clone, Debug, Default)]
pub struct Secrets {
    /// Longest first, so that no part of one is left when another is contained in it.
    texts: Vec<String>,
}

impl Secrets {
    /// Everything that stands under one of the keys, in values and in the lines of source texts; and all of what was
    /// encrypted.
    pub fn collect<'a>(
        keys: &[String],
        encrypted: &[Json],
        values: impl IntoIterator<Item = Json>,
        sources: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let keys: BTreeSet<&str> = keys.iter().map(String::as_str).collect();
        let mut found = BTreeSet::new();
        for value in encrypted {
            search(value, &keys, true, &mut found);
        }
        for value in values {
            search(&value, &keys, false, &mut found);
        }
        for text in sources {
            search_source(text, &keys, &mut found);
        }
        let mut texts: Vec<String> = found.into_iter().collect();
        texts.sort_by_key(|t| std::cmp::Reverse(t.len()));
        Self { texts }
    }

    /// The text for people and machines.
    #[must_use]
    pub fn hide(&self, text: &str) -> String {
        self.replace(text, |_| "‹secret›".to_owned())
    }

    /// The text with as many bytes as before, so that places in it stay the same.
    #[must_use]
    pub fn hide_in_place(&self, text: &str) -> String {
        self.replace(text, |secret| "*".repeat(secret.len()))
    }

    fn replace(&self, text: &str, with: impl Fn(&str) -> String) -> String {
        let mut out = text.to_owned();
        for secret in &self.texts {
            if out.contains(secret.as_str()) {
                out = out.replace(secret.as_str(), &with(secret));
            }
        }
        out
    }

    /// Hides in every text of a value.
    pub fn hide_in_json(&self, value: &mut Json) {
        if self.texts.is_empty() {
            return;
        }
        match value {
            Json::String(text) => *text = self.hide(text),
            Json::Array(items) => items.iter_mut().for_each(|i| self.hide_in_json(i)),
            Json::Object(map) => map.values_mut().for_each(|v| self.hide_in_json(v)),
            Json::Null | Json::Bool(_) | Json::Number(_) => {}
        }
    }
}

fn search(value: &Json, keys: &BTreeSet<&str>, is_secret: bool, found: &mut BTreeSet<String>) {
    match value {
        Json::Object(map) => {
            for (key, value) in map {
                search(value, keys, is_secret || keys.contains(key.as_str()), found);
            }
        }
        Json::Array(items) => {
            for item in items {
                search(item, keys, is_secret, found);
            }
        }
        Json::String(text) if is_secret && text.len() >= SHORTEST => {
            // As it stands in a JSON file.
            let quoted = value.to_string();
            if let Some(inner) = quoted.get(1..quoted.len() - 1) {
                found.insert(inner.to_owned());
            }
            if text.contains('\n') {
                let lines = text.lines().map(str::trim);
                found.extend(
                    lines
                        .filter(|l| l.len() >= SHORTEST_LINE)
                        .map(str::to_owned),
                );
            }
            found.insert(text.clone());
        }
        Json::Number(number) if is_secret => {
            let text = number.to_string();
            if text.len() >= SHORTEST {
                found.insert(text);
            }
        }
        _ => {}
    }
}

/// Finds strings after a key on its line: `default['db']['password'] = 'x'`, `password: "x"`, `"password": "x"`.
fn search_source(text: &str, keys: &BTreeSet<&str>, found: &mut BTreeSet<String>) {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    for key in keys {
        if !text.contains(key) {
            continue;
        }
        for line in text.lines() {
            for (at, _) in line.match_indices(key) {
                let (before, after) = (line.get(..at), line.get(at + key.len()..));
                let (Some(before), Some(after)) = (before, after) else {
                    continue;
                };
                if !before.ends_with(is_word) && !after.starts_with(is_word) {
                    found.extend(strings(after.trim_start_matches(['"', '\''])));
                }
            }
        }
    }
}

/// The quoted strings of the rest of a line that are long enough to hide and plain text.
fn strings(mut rest: &str) -> Vec<String> {
    let mut out = Vec::new();
    while let Some(start) = rest.find(['"', '\'']) {
        let (opened, inner) = rest.get(start..).unwrap_or("").split_at(1);
        // One that is not closed, in a file that does not parse, goes to the end of the line.
        let end = inner.find(opened).unwrap_or(inner.len());
        let text = inner.get(..end).unwrap_or("");
        if text.len() >= SHORTEST && !text.contains("#{") {
            out.push(text.to_owned());
        }
        rest = inner.get(end + 1..).unwrap_or("");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_stands_under_a_key_is_hidden_everywhere() {
        let value = json!({
            "db": {"password": "hunter2!", "host": "db1", "deep": {"token": {"a": ["tok-1234"], "b": "no"}}},
            "key": "-----BEGIN KEY-----\nMIIEabcdef\n"
        });
        let keys = ["password", "token", "key"].map(str::to_owned);
        let secrets = Secrets::collect(&keys, &[], [value], []);
        assert_eq!(
            secrets.hide("server db1 pass hunter2! tok-1234 no MIIEabcdef"),
            "server db1 pass ‹secret› ‹secret› no ‹secret›"
        );
        assert_eq!(secrets.hide_in_place("a hunter2! b"), "a ******** b");
    }

    #[test]
    fn what_stands_beside_a_key_in_a_source_is_hidden() {
        let keys = ["password".to_owned()];
        let source = "default['db']['password'] = 'ruby-1'\nx password: \"sym-2\", host: 'h'\n  \"password\": \"json-3\"\n\
            passwords = 'plain'\nmy_password = 'plain'\npassword = \"#{plain}\" + 'open";
        let secrets = Secrets::collect(&keys, &[], [], [source]);
        assert_eq!(secrets.texts, ["json-3", "ruby-1", "sym-2", "open"]);
    }
}
