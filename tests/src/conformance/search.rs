//! Kind `search`: queries over recorded nodes under the three profiles, and the exact text that is indexed.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use foretaste_simulator::convergence::SavedNode;
use foretaste_simulator::search::{Answer, Profile, SearchIndex};
use serde_json::{Map, Value as Json};

use super::Report;

/// Runs all cases of a folder. The server profile counts; the others are noted.
///
/// # Errors
/// Files that are missing or not in the form expected.
pub fn run(path: &Path) -> Result<Report, String> {
    let index = load(&path.join("nodes"))?;
    let expected = json(&path.join("expected.json"))?;
    let cases = expected.as_array().ok_or("expected.json holds no array")?;
    let mut report = Report::new("search");
    let mut passed: BTreeMap<Profile, usize> = BTreeMap::new();
    for profile in Profile::ALL {
        let index = index.with_profile(profile);
        for case in cases {
            let text = |key: &str| case.get(key).and_then(Json::as_str).unwrap_or_default();
            let failure = failure(&index, text("query"), &case[profile.as_str()]);
            let line = failure.map(|why| {
                format!(
                    "{} {} {:?}: {why}",
                    text("id"),
                    profile.as_str(),
                    text("query")
                )
            });
            *passed.entry(profile).or_default() += usize::from(line.is_none());
            if profile == Profile::Server {
                report.count(text("class"), line);
            } else {
                report.failures.extend(line);
            }
        }
    }
    for (profile, count) in passed {
        report
            .notes
            .push(format!("{}: {count}/{}", profile.as_str(), cases.len()));
    }
    contents(&index, &json(&path.join("content.json"))?, &mut report);
    Ok(report)
}

/// Why an answer is not the expected one.
fn failure(index: &SearchIndex, query: &str, expected: &Json) -> Option<String> {
    let got = match index.search("node", query) {
        Answer::Results { certain, maybe } if maybe.is_empty() => {
            Json::from(certain.iter().map(|d| d.name()).collect::<Vec<_>>())
        }
        Answer::Results { .. } => return Some("undecided".to_string()),
        Answer::NoSuchIndex => return Some("no such index".to_string()),
        Answer::Refused(error) => {
            let agrees =
                expected["error"] == error.status && expected["message"] == error.message.as_str();
            return (!agrees).then(|| {
                format!(
                    "refused: {} {}, expected {expected}",
                    error.status, error.message
                )
            });
        }
    };
    (got != *expected).then(|| match (got.as_array(), expected.as_array()) {
        (Some(got), Some(wanted)) => {
            let missing: Vec<&Json> = wanted.iter().filter(|n| !got.contains(n)).collect();
            let extra: Vec<&Json> = got.iter().filter(|n| !wanted.contains(n)).collect();
            format!(
                "{} results; missing {missing:?}, too many {extra:?}",
                got.len()
            )
        }
        _ => format!("accepted, expected {expected}"),
    })
}

/// Compares the indexed texts. The server's ids are random, so the recorded one is put into ours.
fn contents(index: &SearchIndex, expected: &Json, report: &mut Report) {
    let mut same = 0;
    let empty = Map::new();
    let expected = expected.as_object().unwrap_or(&empty);
    for (name, text) in expected {
        let ours = index.document("node", name).map(|d| d.content());
        let (ours, text) = (ours.unwrap_or_default(), text.as_str().unwrap_or_default());
        if without_id(ours) == without_id(text) {
            same += 1;
        } else {
            let at = without_id(ours)
                .bytes()
                .zip(without_id(text).bytes())
                .take_while(|(a, b)| a == b)
                .count();
            let near = |t: &str| {
                without_id(t)
                    .chars()
                    .skip(at.saturating_sub(20))
                    .take(60)
                    .collect::<String>()
            };
            report.failures.push(format!(
                "content of {name}: {:?}, expected {:?}",
                near(ours),
                near(text)
            ));
        }
    }
    report
        .notes
        .push(format!("indexed text identical: {same}/{}", expected.len()));
}

fn without_id(text: &str) -> String {
    const KEY: &str = "X_CHEF_id_CHEF_X__=__";
    match text.split_once(KEY) {
        Some((before, after)) => {
            format!(
                "{before}{}",
                after.split_once(' ').map_or("", |(_, rest)| rest)
            )
        }
        None => text.to_string(),
    }
}

/// Loads node objects as `knife node show -F json -l` prints them.
///
/// # Errors
/// Files that cannot be read or parsed.
pub fn load(folder: &Path) -> Result<SearchIndex, String> {
    let mut index = SearchIndex::new(Profile::Server);
    let entries = fs::read_dir(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    for entry in entries {
        let path = entry.map_err(|e| e.to_string())?.path();
        index.put_node(saved(&json(&path)?));
    }
    Ok(index)
}

fn json(path: &Path) -> Result<Json, String> {
    let text = fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    serde_json::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))
}

fn saved(node: &Json) -> SavedNode {
    let text = |key: &str| node.get(key).and_then(Json::as_str).map(str::to_string);
    let level = |key: &str| {
        node.get(key)
            .and_then(Json::as_object)
            .cloned()
            .unwrap_or_default()
    };
    let run_list = node.get("run_list").and_then(Json::as_array);
    SavedNode {
        name: text("name").unwrap_or_default(),
        chef_environment: text("chef_environment").unwrap_or_default(),
        run_list: run_list
            .into_iter()
            .flatten()
            .filter_map(|entry| entry.as_str().map(str::to_string))
            .collect(),
        policy_name: text("policy_name"),
        policy_group: text("policy_group"),
        default: level("default").into(),
        normal: level("normal").into(),
        r#override: level("override").into(),
        automatic: level("automatic").into(),
        ..SavedNode::default()
    }
}
