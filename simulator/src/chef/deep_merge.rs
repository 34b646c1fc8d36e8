//! Merging attributes: `Chef::Mixin::DeepMerge` on plain JSON.

use serde_json::map::Entry;
use serde_json::{Map, Value as Json};

/// Merges `winner` into `onto`: hashes key by key, arrays as a union without duplicates, all else replaced.
/// This is how roles combine with each other, and levels within one precedence.
pub fn deep_merge(onto: &mut Map<String, Json>, winner: &Map<String, Json>) {
    for (key, value) in winner {
        match onto.entry(key) {
            Entry::Vacant(entry) => {
                entry.insert(value.clone());
            }
            Entry::Occupied(mut entry) => merge_value(entry.get_mut(), value),
        }
    }
}

fn merge_value(onto: &mut Json, winner: &Json) {
    match (onto, winner) {
        (Json::Object(onto), Json::Object(winner)) => deep_merge(onto, winner),
        (Json::Array(onto), Json::Array(winner)) => *onto = union(onto, winner),
        (onto, winner) => *onto = winner.clone(),
    }
}

/// Ruby's `a | b`: order of first appearance, each value once (also those that `a` itself repeats).
fn union(a: &[Json], b: &[Json]) -> Vec<Json> {
    let mut seen = crate::hash::HashSet::default();
    a.iter()
        .chain(b)
        .filter(|v| seen.insert(v.to_string()))
        .cloned()
        .collect()
}

/// Merges `winner` into `onto`: hashes key by key, all else replaced, arrays too. This is how an override
/// meets a default.
pub fn hash_only_merge(onto: &mut Map<String, Json>, winner: &Map<String, Json>) {
    for (key, value) in winner {
        match (onto.get_mut(key), value) {
            (Some(Json::Object(onto)), Json::Object(winner)) => hash_only_merge(onto, winner),
            _ => {
                onto.insert(key.clone(), value.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn merged(merge: fn(&mut Map<String, Json>, &Map<String, Json>), a: Json, b: Json) -> String {
        let (Json::Object(mut a), Json::Object(b)) = (a, b) else {
            panic!("both are objects")
        };
        merge(&mut a, &b);
        Json::Object(a).to_string()
    }

    #[test]
    fn arrays_are_united_only_in_a_deep_merge() {
        let a = json!({"a": [1, 1, 2], "h": {"x": 1, "y": [1]}, "s": "t"});
        let b = json!({"a": [2, 3], "h": {"y": [2]}, "s": null});
        insta::assert_snapshot!(merged(deep_merge, a.clone(), b.clone()), @r#"{"a":[1,2,3],"h":{"x":1,"y":[1,2]},"s":null}"#);
        insta::assert_snapshot!(merged(hash_only_merge, a, b), @r#"{"a":[2,3],"h":{"x":1,"y":[2]},"s":null}"#);
    }

    #[test]
    fn kinds_that_differ_replace_each_other() {
        insta::assert_snapshot!(merged(deep_merge, json!({"a": [1]}), json!({"a": {"b": 1}})), @r#"{"a":{"b":1}}"#);
        insta::assert_snapshot!(merged(deep_merge, json!({"a": [1]}), json!({"a": "x"})), @r#"{"a":"x"}"#);
    }
}
