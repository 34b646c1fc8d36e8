//! Node objects out of JSON texts.
//!
//! An export may hold a whole fleet, so no text is made into one tree: it is first cut into the texts of its node
//! objects, and these are read one by one.

use std::collections::BTreeMap;
use std::sync::Arc;

use foretaste_parser::source::Location;
use serde_json::value::RawValue;
use serde_json::{Error, Map, Value as Json};

use super::{Inventory, Problem};
use crate::convergence::SavedNode;

/// What stands under the keys of an object.
type Parts<'a> = BTreeMap<String, &'a RawValue>;

/// Adds the node objects of a text, as [`Inventory::add_json`] says.
pub fn add(inventory: &mut Inventory, path: &str, bytes: &[u8]) {
    let mut reader = Reader {
        path: Arc::from(path),
        bytes,
        counted: (0, 1),
        inventory,
    };
    if let Err(error) = reader.read() {
        reader.no_json(&error, 1);
    }
}

fn at_least_one(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX).max(1)
}

/// Takes the nodes out of one text.
struct Reader<'a> {
    path: Arc<str>,
    bytes: &'a [u8],
    /// An offset and its line: places are asked for in order.
    counted: (usize, usize),
    inventory: &'a mut Inventory,
}

impl Reader<'_> {
    fn read(&mut self) -> Result<(), Error> {
        let whole: &RawValue = serde_json::from_slice(self.bytes)?;
        match whole.get().chars().next() {
            Some('[') => self.all(&serde_json::from_str::<Vec<&RawValue>>(whole.get())?),
            Some('{') => {
                let parts: Parts<'_> = serde_json::from_str(whole.get())?;
                match parts.get("rows") {
                    Some(rows) if rows.get().starts_with('[') => {
                        self.all(&serde_json::from_str::<Vec<&RawValue>>(rows.get())?);
                    }
                    Some(_) => self.problem("`rows` is no array of node objects", 1),
                    None if is_node(&parts) => {
                        let stem = self.path.rsplit('/').next().unwrap_or("");
                        let stem = stem.strip_suffix(".json").unwrap_or(stem).to_owned();
                        self.node(serde_json::from_slice(self.bytes)?, &stem, 1);
                    }
                    None if parts.values().any(|part| part.get().starts_with('{')) => {
                        self.by_name(&parts);
                    }
                    None => self.problem(
                        "no node object: it has no `name`, `run_list` or `automatic`",
                        1,
                    ),
                }
            }
            _ => self.problem("no node object, and no array or object of them", 1),
        }
        Ok(())
    }

    fn all(&mut self, rows: &[&RawValue]) {
        for (row, i) in rows.iter().zip(1..) {
            let line = self.line_of(row.get());
            let Some(parts) = parts(row) else {
                self.problem(&format!("entry {i} is no node object"), line);
                continue;
            };
            // `knife search -a` prints `{"web1": {"roles": [...]}}`: parts of a node cannot be simulated.
            if !is_node(&parts) {
                let message =
                    format!("entry {i} is a part of a node: export it with `-l` and without `-a`");
                self.problem(&message, line);
                continue;
            }
            let named = match parts.get("name") {
                Some(name) => self.line_of(name.get()),
                None => line,
            };
            self.object(row, "", line, named);
        }
    }

    fn by_name(&mut self, parts_by_name: &Parts<'_>) {
        let mut all: Vec<_> = parts_by_name.iter().collect();
        all.sort_by_key(|(_, part)| self.offset(part.get()));
        for (name, part) in all {
            let line = self.line_of(part.get());
            match parts(part) {
                Some(parts) if is_node(&parts) => self.object(part, name, line, line),
                _ => self.problem(&format!("`{name}` is no node object"), line),
            }
        }
    }

    /// Reads a part of the text that begins on one line and has its name on another.
    fn object(&mut self, text: &RawValue, default_name: &str, first: u32, named: u32) {
        match serde_json::from_str(text.get()) {
            Ok(map) => self.node(map, default_name, named),
            Err(error) => self.no_json(&error, first),
        }
    }

    fn node(&mut self, mut map: Map<String, Json>, default_name: &str, line: u32) {
        let text = |map: &Map<String, Json>, key: &str| {
            map.get(key)
                .and_then(Json::as_str)
                .filter(|t| !t.is_empty())
                .map(str::to_owned)
        };
        let name = text(&map, "name").unwrap_or_else(|| default_name.to_owned());
        if name.is_empty() {
            self.problem("a node object without a name", line);
            return;
        }
        if text(&map, "chef_type").is_some_and(|t| t != "node") {
            self.problem(&format!("`{name}` is no node but another object"), line);
            return;
        }
        let mut run_list = Vec::new();
        match map.get("run_list") {
            None | Some(Json::Null) => {}
            Some(Json::Array(items)) => {
                for item in items {
                    match item.as_str() {
                        Some(item) => run_list.push(item.to_owned()),
                        None => self.problem(
                            &format!("`{name}` has a run list item that is no text"),
                            line,
                        ),
                    }
                }
            }
            Some(_) => self.problem(&format!("the run list of `{name}` is no array"), line),
        }
        let chef_environment =
            text(&map, "chef_environment").unwrap_or_else(|| "_default".to_owned());
        let policy_name = text(&map, "policy_name");
        let policy_group = text(&map, "policy_group");
        let mut level = |key: &str| match map.shift_remove(key) {
            None | Some(Json::Null) => Map::new(),
            Some(Json::Object(level)) => level,
            Some(_) => {
                self.problem(&format!("`{key}` of `{name}` is no object"), line);
                Map::new()
            }
        };
        let automatic = level("automatic");
        let node = SavedNode {
            chef_environment,
            run_list,
            policy_name,
            policy_group,
            default: level("default").into(),
            normal: level("normal").into(),
            r#override: level("override").into(),
            // An export without `-l` and a hand-written file tell nothing of the machine: unknown, not absent.
            synthetic: automatic.is_empty(),
            automatic: automatic.into(),
            unknown: Vec::new(),
            location: Some(Location::line(self.path.clone(), line)),
            name: name.clone(),
        };
        self.inventory.nodes.insert(name, node);
    }

    /// Where a part of the text begins.
    fn offset(&self, part: &str) -> usize {
        let start = part.as_ptr() as usize;
        start.saturating_sub(self.bytes.as_ptr() as usize)
    }

    /// The line on which a part of the text begins.
    fn line_of(&mut self, part: &str) -> u32 {
        let offset = self.offset(part);
        let (from, line) = match self.counted {
            known if known.0 <= offset => known,
            _ => (0, 1),
        };
        let between = self.bytes.get(from..offset).unwrap_or_default();
        let line = line + between.iter().filter(|b| **b == b'\n').count();
        self.counted = (offset, line);
        at_least_one(line)
    }

    /// Reports an error of a part of the text, which begins on a line.
    fn no_json(&mut self, error: &Error, first: u32) {
        let line = first.saturating_add(at_least_one(error.line()) - 1);
        let mut location = Location::line(self.path.clone(), line);
        location.column = at_least_one(error.column());
        location.end_column = location.column;
        // It ends with its place, which may be counted from the beginning of a part.
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or_default();
        self.inventory.problems.push(Problem {
            message: format!("this is no JSON: {message}"),
            location,
        });
    }

    fn problem(&mut self, message: &str, line: u32) {
        self.inventory.problems.push(Problem {
            message: message.to_owned(),
            location: Location::line(self.path.clone(), line),
        });
    }
}

/// What stands under the keys of a text that is an object.
fn parts<'a>(text: &'a RawValue) -> Option<Parts<'a>> {
    serde_json::from_str(text.get()).ok()
}

/// Whether an object is one of a node, by what it has.
fn is_node(map: &Parts<'_>) -> bool {
    let begins = |key: &str, with: char| {
        map.get(key)
            .is_some_and(|part| part.get().starts_with(with))
    };
    begins("run_list", '[')
        || begins("name", '"')
        || begins("chef_environment", '"')
        || map.contains_key("json_class")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        let mut inventory = Inventory::default();
        inventory.add_json("nodes/web1.json", text.as_bytes());
        let nodes = inventory.nodes.values().map(|n| {
            let at = n.location.as_ref().map_or(0, |l| l.line);
            let kind = if n.synthetic { "partial" } else { "full" };
            format!(
                "{} {} {:?} line {at} {kind}",
                n.name, n.chef_environment, n.run_list
            )
        });
        let problems = inventory
            .problems
            .iter()
            .map(|p| format!("! {}:{}: {}", p.location, p.location.column, p.message));
        nodes.chain(problems).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn every_export_gives_its_nodes() {
        let full = r#"{"name": "web1", "run_list": ["role[web]"], "automatic": {"os": "linux"}}"#;
        assert_eq!(read(full), r#"web1 _default ["role[web]"] line 1 full"#);
        assert_eq!(
            read(r#"{"run_list": [], "chef_environment": "prod"}"#),
            "web1 prod [] line 1 partial"
        );
        let rows = format!("{{\"results\": 2, \"rows\": [\n{full},\n{{\"name\": \"db1\"}}]}}");
        assert_eq!(
            read(&rows),
            "db1 _default [] line 3 partial\nweb1 _default [\"role[web]\"] line 2 full"
        );
        assert_eq!(read(&format!("[{full}]")), read(full));
        assert_eq!(
            read("{\"a\": {\"run_list\": []},\n\"b\": {\"run_list\": []}}"),
            "a _default [] line 1 partial\nb _default [] line 2 partial"
        );
    }

    #[test]
    fn one_bad_node_of_an_export_leaves_the_others() {
        let bad = format!("{{\"name\": \"x\",\n\"normal\": {}", "[".repeat(200));
        let bad = bad + &"]".repeat(200) + "}";
        let rows = format!("[\n{{\"name\": \"a\"}},\n{bad},\n3,\n{{\"name\": \"b\"}}]");
        assert_eq!(
            read(&rows),
            "a _default [] line 2 partial\n\
             b _default [] line 6 partial\n\
             ! nodes/web1.json:4:137: this is no JSON: recursion limit exceeded\n\
             ! nodes/web1.json:5:1: entry 3 is no node object"
        );
    }

    #[test]
    fn what_is_no_node_is_reported_where_it_stands() {
        assert!(read("{\n  \"name\": }").starts_with("! nodes/web1.json:2:11: this is no JSON"));
        assert!(read(r#"{"rows": [{"web1": {"os": null}}]}"#).contains("without `-a`"));
        assert!(
            read(r#"{"name": "web", "chef_type": "role", "run_list": []}"#)
                .contains("another object")
        );
        assert!(read(r#"{"name": "x", "run_list": "role[a]"}"#).contains("is no array"));
        assert!(read("[1]").contains("entry 1"));
    }
}
