//! The documents of one index by name, of which another moment's copy shares what is the same.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::document::Document;

/// Documents by name. A copy costs what has changed of late, not what there is.
#[derive(Clone, Debug, Default)]
pub struct Documents {
    base: Arc<BTreeMap<Arc<str>, Arc<Document>>>,
    /// What is otherwise than in `base`; `None` is gone.
    changed: BTreeMap<Arc<str>, Option<Arc<Document>>>,
}

impl Documents {
    pub fn get(&self, name: &str) -> Option<&Arc<Document>> {
        match self.changed.get(name) {
            Some(now) => now.as_ref(),
            None => self.base.get(name),
        }
    }

    /// Sets a document, or takes it away.
    pub fn put(&mut self, name: Arc<str>, document: Option<Arc<Document>>) {
        if self.changed.is_empty()
            && let Some(base) = Arc::get_mut(&mut self.base)
        {
            put(base, name, document);
            return;
        }
        self.changed.insert(name, document);
        // Copying the changes and, now and then, everything: both together are least at the square root.
        if self.changed.len().saturating_pow(2) > self.base.len() {
            let base = Arc::make_mut(&mut self.base);
            for (name, document) in std::mem::take(&mut self.changed) {
                put(base, name, document);
            }
        }
    }

    /// All documents by name.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Document>> {
        let mut base = self.base.iter().peekable();
        let mut changed = self.changed.iter().peekable();
        std::iter::from_fn(move || {
            loop {
                let is_changed = match (changed.peek(), base.peek()) {
                    (Some((name, _)), Some((other, _))) => name <= other,
                    (next, _) => next.is_some(),
                };
                if !is_changed {
                    return base.next().map(|(_, document)| document);
                }
                let (name, document) = changed.next()?;
                base.next_if(|(other, _)| *other == name);
                if document.is_some() {
                    return document.as_ref();
                }
            }
        })
    }
}

fn put(
    base: &mut BTreeMap<Arc<str>, Arc<Document>>,
    name: Arc<str>,
    document: Option<Arc<Document>>,
) {
    match document {
        Some(document) => base.insert(name, document),
        None => base.remove(&name),
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::Kind;

    #[test]
    fn a_copy_goes_its_own_way() {
        let document = |name: &str, round: usize| {
            let json = Arc::new(serde_json::json!({ "round": round }));
            Some(Arc::new(Document::object(Kind::Client, name, json)))
        };
        let shown = |documents: &Documents| {
            let each = documents
                .iter()
                .map(|d| format!("{}{}", d.name(), d.json()["round"]));
            each.collect::<Vec<_>>().join(" ")
        };
        let mut documents = Documents::default();
        for name in ["b", "d", "f", "h", "j"] {
            documents.put(name.into(), document(name, 0));
        }
        let before = documents.clone();
        documents.put("d".into(), document("d", 1));
        documents.put("a".into(), document("a", 1));
        assert_eq!(documents.changed.len(), 2);
        assert_eq!(shown(&documents), "a1 b0 d1 f0 h0 j0");
        let between = documents.clone();
        documents.put("b".into(), None);
        documents.put("z".into(), document("z", 2));
        documents.put("a".into(), None);
        assert_eq!(shown(&documents), "d1 f0 h0 j0 z2");
        assert_eq!(shown(&between), "a1 b0 d1 f0 h0 j0");
        assert_eq!(shown(&before), "b0 d0 f0 h0 j0");
        assert!(documents.get("a").is_none() && documents.get("b").is_none());
        assert!(between.get("a").is_some() && documents.get("z").is_some());
    }
}
