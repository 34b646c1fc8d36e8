//! The engine answers as one document after the other does, whatever the documents and queries are.

use std::num::NonZeroUsize;
use std::sync::Arc;

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value as Json, json};

use super::{Engine, Family};
use crate::convergence::SavedNode;
use crate::search::documents::Documents;
use crate::search::{Answer, Document, Kind, Plan, Profile, SearchIndex};

/// Few names and values, so that queries hit.
const NAMES: [&str; 9] = [
    "a", "b", "a_b", "roles", "rols", "note", "kernel", "text", "x y",
];
const VALUES: [&str; 14] = [
    "web",
    "Web",
    "webs",
    "db",
    "a",
    "10",
    "9",
    "alpha beta",
    "beta alpha  x",
    "alpha x beta",
    "web alpha x beta",
    "a__=__b",
    "w-1.x",
    "",
];

fn value() -> impl Strategy<Value = Json> {
    let scalar = prop_oneof![
        6 => select(&VALUES[..]).prop_map(Json::from),
        1 => Just(Json::Null),
        1 => any::<bool>().prop_map(Json::from),
        1 => (0..20i64).prop_map(Json::from),
        1 => select(&[1.0, 0.5, 1e21][..]).prop_map(Json::from),
    ];
    scalar.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            map(inner).prop_map(Json::Object),
        ]
    })
}

fn map(value: impl Strategy<Value = Json>) -> impl Strategy<Value = Map<String, Json>> {
    prop::collection::vec((select(&NAMES[..]), value), 0..4)
        .prop_map(|pairs| pairs.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())
}

fn unknown() -> impl Strategy<Value = Vec<Vec<String>>> {
    let part = prop_oneof![4 => select(&NAMES[..]), 1 => Just("*")].prop_map(str::to_owned);
    let path = prop::collection::vec(part, 0..3);
    prop_oneof![
        3 => Just(Vec::new()),
        1 => prop::collection::vec(path, 1..3),
    ]
}

prop_compose! {
    fn node()(
        name in 0..8u8,
        default in map(value()),
        normal in map(value()),
        automatic in map(value()),
        run_list in prop::collection::vec(select(&["role[web]", "recipe[a::b]", "role[db]"][..]), 0..3),
        unknown in unknown(),
        synthetic in prop::bool::weighted(0.1),
    ) -> SavedNode {
        SavedNode {
            name: format!("n{name}"),
            run_list: run_list.into_iter().map(str::to_owned).collect(),
            default: default.into(),
            normal: normal.into(),
            automatic: automatic.into(),
            unknown,
            synthetic,
            ..SavedNode::default()
        }
    }
}

fn query() -> impl Strategy<Value = String> {
    let field = prop_oneof![
        6 => select(&["a", "b", "a_b", "roles", "note", "role", "name", "text"][..]),
        2 => select(&["rol*", "*", "?", "a*", "X_CHEF_type_CHEF_X"][..]),
    ];
    let wanted = select(
        &[
            "web", "Web", "w*", "*", "?", "*b", "web~", "web~1", "rols~", "10", "/we.s?/", "db^2",
            "nod", "node", "w\\-1.x", "w-1.x", "beta", "n1", "a\\:\\:b", "true", "1.0", "0000*",
            "chef_*",
        ][..],
    );
    let range = select(
        &[
            "[1 TO 5]",
            "[a TO *]",
            "{db TO web}",
            "[* TO *]",
            "[* TO b]",
            "{a TO b}",
        ][..],
    );
    let phrase = select(&["\"alpha beta\"", "\"beta\"", "\"alpha\"", "\"web\""][..]);
    let leaf = prop_oneof![
        6 => (field.clone(), wanted.clone()).prop_map(|(f, v)| format!("{f}:{v}")),
        2 => (field.clone(), range).prop_map(|(f, r)| format!("{f}:{r}")),
        2 => (field.clone(), phrase.clone()).prop_map(|(f, p)| format!("{f}:{p}")),
        2 => wanted.prop_map(str::to_owned),
        1 => phrase.prop_map(str::to_owned),
        1 => select(&["\"alpha beta\"~1", "\"beta alpha\"~2"][..]).prop_map(str::to_owned),
        1 => Just("*:*".to_owned()),
        1 => Just("+a".to_owned()),
        1 => field.prop_map(|f| format!("{f}:(web OR b:c)")),
    ];
    leaf.prop_recursive(4, 12, 3, |inner| {
        let between = select(
            &[
                " ",
                " AND ",
                " OR ",
                " NOT ",
                " AND NOT ",
                " AND -",
                " OR +",
            ][..],
        );
        prop_oneof![
            4 => (inner.clone(), between, inner.clone()).prop_map(|(a, o, b)| format!("{a}{o}{b}")),
            1 => inner.clone().prop_map(|a| format!("({a})")),
            1 => inner.clone().prop_map(|a| format!("NOT {a}")),
            1 => (select(&["a", "note"][..]), inner).prop_map(|(f, a)| format!("{f}:({a})")),
        ]
    })
}

fn names(answer: &Answer) -> Json {
    match answer {
        Answer::Results { certain, maybe } => json!([
            certain.iter().map(|d| d.name()).collect::<Vec<_>>(),
            maybe.iter().map(|d| d.name()).collect::<Vec<_>>(),
        ]),
        Answer::Refused(error) => json!(error.message),
        Answer::NoSuchIndex => json!(404),
    }
}

fn agree(index: &SearchIndex, name: &str, queries: &[String]) -> Result<(), TestCaseError> {
    for profile in Profile::ALL {
        let index = index.with_profile(profile);
        for query in queries {
            let Ok(plan) = Plan::new(query, profile) else {
                continue;
            };
            let slow = names(&index.run_slowly(name, &plan));
            let fast = names(&index.run(name, &plan));
            prop_assert_eq!(fast, slow, "{} of {} for {}", query, name, profile.as_str());
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_engine_agrees_with_the_rules(
        nodes in prop::collection::vec(node(), 0..10),
        later in prop::collection::vec(node(), 0..4),
        queries in prop::collection::vec(query(), 8),
    ) {
        let mut index = SearchIndex::new(Profile::Server);
        for node in nodes {
            index.put_node(node);
        }
        agree(&index, "node", &queries)?;
        // What is saved later is found, and what was there before is still there in the older index.
        let older = index.clone();
        for node in later {
            index.put_node(node);
        }
        agree(&index, "node", &queries)?;
        agree(&older, "node", &queries)?;
    }

    #[test]
    fn the_engine_agrees_on_other_objects(
        objects in prop::collection::vec((0..8u8, map(value())), 0..10),
        queries in prop::collection::vec(query(), 8),
    ) {
        let mut index = SearchIndex::new(Profile::Server);
        index.put_data_bag("a");
        for (i, object) in objects {
            let name = format!("n{}", i % 4);
            let json = Json::Object(object);
            match i / 2 {
                0 => index.put_item("a", &name, json),
                1 => index.put_role(&name, json),
                2 => index.put_environment(&name, json),
                _ => index.put_client(&name, json),
            }
        }
        for name in ["a", "role", "environment", "client", "none"] {
            agree(&index, name, &queries)?;
        }
    }
}

#[test]
fn a_save_indexes_one_document() {
    let document = |i: usize, round: usize| {
        let json = Arc::new(json!({ "round": round }));
        Arc::new(Document::object(Kind::Client, &format!("n{i:03}"), json))
    };
    let mut documents = Documents::default();
    for i in 0..300 {
        let document = document(i, 0);
        documents.put(document.name().into(), Some(document));
    }
    let threads = NonZeroUsize::new(2).unwrap();
    let before = Engine::new(Family::Text, &documents, threads);
    assert_eq!(before.parts.len(), 2);
    documents.put("n007".into(), Some(document(7, 1)));
    documents.put("n299".into(), None);
    // What is said to have changed and did not, is not read again.
    let changed = ["n007", "n200", "n299"].map(Arc::from).into();
    let after = before.updated(Family::Text, &documents, &changed, threads);
    for (old, new) in before.parts.iter().zip(&after.parts) {
        assert!(Arc::ptr_eq(&old.segment, &new.segment));
        assert_eq!(old.live.len() - new.live.len(), 1);
    }
    let added: Vec<&str> = after.parts[2..]
        .iter()
        .flat_map(|part| part.segment.documents())
        .map(|document| document.name())
        .collect();
    assert_eq!(added, ["n007"]);
}

#[test]
fn many_saves_are_joined_and_threads_change_nothing() {
    let node = |i: usize, round: usize| SavedNode {
        name: format!("n{i:03}"),
        default: json!({"round": round, "group": i % 7, "note": "alpha beta"})
            .as_object()
            .cloned()
            .unwrap_or_default()
            .into(),
        ..SavedNode::default()
    };
    let mut index = SearchIndex::new(Profile::Server).with_threads(NonZeroUsize::new(3).unwrap());
    for i in 0..300 {
        index.put_node(node(i, 0));
    }
    let queries = [
        "group:3 AND round:0",
        "NOT group:3",
        "note:\"alpha beta\" AND round:[20 TO *]",
    ];
    for round in 1..40 {
        for i in (0..300).step_by(round + 6) {
            index.put_node(node(i, round));
        }
        index.remove("node", &format!("n{:03}", round * 7));
        agree(&index, "node", &queries.map(str::to_owned)).unwrap();
    }
}
