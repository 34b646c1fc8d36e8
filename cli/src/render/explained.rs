//! The JSON form of what [`super::explanation`] says to people; docs/search.md describes its fields.

use std::collections::BTreeSet;

use foretaste_parser::query::{Meaning, Occur, Profile};
use foretaste_simulator::search::{Answer, Explanation, Outline, Plan, SearchIndex, Truth};
use serde_json::{Value as Json, json};

/// Explains a query; `why` names an object of which it is said part by part.
#[must_use]
pub fn json(index: &SearchIndex, name: &str, query: &str, why: Option<&str>) -> Json {
    let mut out = json!({"profile": index.profile().as_str()});
    if let Ok(plan) = Plan::new(query, index.profile()) {
        set(&mut out, "tree", outline(&index.outline(name, &plan)));
        if let Meaning::Lucene { rewritten, .. } = &plan.query().meaning {
            set(&mut out, "sent", json!(rewritten));
        }
        set(&mut out, "unmatched", unmatched(index, name, &plan));
        set(&mut out, "first_words", first_words(index, name, &plan));
        if let Some(object) = why {
            set(&mut out, "why", because(index, name, &plan, object));
        }
    }
    set(&mut out, "profiles", profiles(index, name, query));
    out
}

/// Adds a field to an object.
pub fn set(object: &mut Json, key: &str, value: Json) {
    if let Some(map) = object.as_object_mut() {
        map.insert(key.to_owned(), value);
    }
}

fn outline(of: &Outline) -> Json {
    json!({
        "text": of.text,
        "start": of.span.start,
        "end": of.span.end,
        "occur": occur(of.occur),
        "idle": of.idle,
        "matches": of.matches,
        "children": of.children.iter().map(outline).collect::<Vec<_>>(),
    })
}

fn explained(of: &Explanation) -> Json {
    json!({
        "text": of.text,
        "start": of.span.start,
        "end": of.span.end,
        "occur": occur(of.occur),
        "idle": of.idle,
        "truth": truth(of.truth),
        "children": of.children.iter().map(explained).collect::<Vec<_>>(),
    })
}

fn occur(occur: Option<Occur>) -> Option<&'static str> {
    Some(match occur? {
        Occur::Must => "required",
        Occur::Should => "optional",
        Occur::MustNot => "excluded",
    })
}

fn truth(truth: Truth) -> &'static str {
    match truth {
        Truth::Yes => "yes",
        Truth::No => "no",
        Truth::Maybe => "maybe",
    }
}

fn unmatched(index: &SearchIndex, name: &str, plan: &Plan) -> Json {
    let near = |what: &str, found: &[(String, usize)]| -> Vec<Json> {
        let one = |(text, holders): &(String, usize)| json!({what: text, "holders": holders});
        found.iter().map(one).collect()
    };
    index
        .unmatched(name, plan)
        .iter()
        .map(|clause| {
            json!({
                "field": clause.field,
                "value": clause.value,
                "start": clause.span.start,
                "end": clause.span.end,
                "holders": clause.nearest.holders,
                "near_values": near("value", &clause.nearest.values),
                "near_fields": near("field", &clause.nearest.fields),
            })
        })
        .collect()
}

fn first_words(index: &SearchIndex, name: &str, plan: &Plan) -> Json {
    index
        .first_words(name, plan)
        .iter()
        .map(|found| {
            json!({
                "field": found.field,
                "word": found.word,
                "start": found.span.start,
                "end": found.span.end,
                "values": found.values,
            })
        })
        .collect()
}

fn because(index: &SearchIndex, name: &str, plan: &Plan, object: &str) -> Json {
    match index.document(name, object) {
        Some(document) => json!({
            "object": object,
            "found": true,
            "tree": explained(&plan.explain(document)),
        }),
        None => json!({"object": object, "found": false}),
    }
}

fn profiles(index: &SearchIndex, name: &str, query: &str) -> Json {
    let ask = |profile: Profile| index.with_profile(profile).search(name, query);
    let ours = ask(index.profile());
    let here: BTreeSet<&str> = ours.names().into_iter().collect();
    let one = |profile: Profile| {
        let answer = ask(profile);
        let there: BTreeSet<&str> = answer.names().into_iter().collect();
        let mut out = json!({"profile": profile.as_str(), "matches": there.len()});
        match &answer {
            Answer::Results { .. } => {}
            Answer::Refused(error) => {
                set(
                    &mut out,
                    "error",
                    json!({"status": error.status, "message": error.message}),
                );
            }
            Answer::NoSuchIndex => set(
                &mut out,
                "error",
                json!({"status": 404, "message": "no such index"}),
            ),
        }
        set(
            &mut out,
            "also",
            json!(there.difference(&here).collect::<Vec<_>>()),
        );
        set(
            &mut out,
            "not",
            json!(here.difference(&there).collect::<Vec<_>>()),
        );
        out
    };
    Profile::ALL.into_iter().map(one).collect()
}
