//! The embedded incidents keep the promises that the loader cannot check one by one.

use std::collections::BTreeSet;

use foretaste_corpus::{DEMO, incidents};

#[test]
fn every_incident_loads_and_tells_its_story() {
    let incidents = incidents().expect("well formed");
    let mut slugs = BTreeSet::new();
    for incident in &incidents {
        assert!(slugs.insert(&incident.slug), "{} twice", incident.slug);
        assert_eq!(
            incident.is_silent(),
            incident.harmless_twin_of.is_some(),
            "{}: a twin and nothing else is silent",
            incident.slug
        );
        for place in incident.expect.iter().filter_map(|e| e.cause.as_ref()) {
            let text = incident.after.get(&place.path).map(Vec::as_slice);
            let lines = text.map_or(0, |t| t.split(|&b| b == b'\n').count());
            assert!(
                (place.line as usize) <= lines,
                "{}: no line {place} after the change",
                incident.slug
            );
        }
        let nodes = if incident.inventory.is_empty() {
            (incident.before.keys())
                .filter(|path| path.starts_with("nodes/"))
                .count()
        } else {
            incident.inventory.len()
        };
        assert!(nodes > 0, "{}: no node objects", incident.slug);
        for expect in &incident.expect {
            for node in &expect.nodes {
                let file = format!("{node}.json");
                assert!(
                    incident.inventory.contains_key(&file)
                        || incident.after.contains_key(&format!("nodes/{file}")),
                    "{}: no node `{node}`",
                    incident.slug
                );
            }
        }
    }
    assert!(slugs.iter().any(|slug| *slug == DEMO), "the demonstration");
}
