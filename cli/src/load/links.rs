//! Symbolic links, followed inside the tree only: what they mean is decided on the listing, never by the disk.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::tree::{Listing, Place};

/// Links to links are followed so often.
const ROUNDS: usize = 4;
/// A link to a folder adds its files under another name; no more than so many in all.
const ADDED: usize = 100_000;

/// The listing with each link replaced by the files that it leads to. A link out of the tree leads nowhere.
pub(super) fn resolve(listing: &Listing) -> Listing {
    let mut out = listing.clone();
    for _ in 0..ROUNDS {
        let links: Vec<(Arc<str>, String)> = out
            .iter()
            .filter_map(|(path, place)| match place {
                Place::Link(target) => Some((path.clone(), target.clone())),
                _ => None,
            })
            .collect();
        if links.is_empty() {
            break;
        }
        let mut found: BTreeMap<Arc<str>, Place> = BTreeMap::new();
        for (path, target) in links {
            let Some(target) = target_path(&path, &target) else {
                continue;
            };
            if let Some(place) = out.get(&*target) {
                found.insert(path, place.clone());
                continue;
            }
            let folder = format!("{target}/");
            // A link to a folder that holds the link itself would add files without end.
            if path.starts_with(&folder) {
                continue;
            }
            for (file, place) in out.range(Arc::<str>::from(folder.as_str())..) {
                let Some(rest) = file.strip_prefix(&folder) else {
                    break;
                };
                if found.len() >= ADDED {
                    break;
                }
                found.insert(format!("{path}/{rest}").into(), place.clone());
            }
        }
        out.retain(|_, place| !matches!(place, Place::Link(_)));
        if found.is_empty() {
            break;
        }
        out.extend(found);
    }
    out.retain(|_, place| !matches!(place, Place::Link(_)));
    out
}

/// The path in the tree that a link at `path` names; `None` where it leaves the tree.
fn target_path(path: &str, target: &str) -> Option<String> {
    if target.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&str> = path.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_to_files_of_the_tree_and_never_out_of_it() {
        let file = |name: &str| Place::Disk(name.into());
        let link = |target: &str| Place::Link(target.into());
        let listing: Listing = [
            ("shared/web/recipes/default.rb", file("recipe")),
            ("cookbooks/web", link("../shared/web")),
            ("cookbooks/loop", link("../cookbooks")),
            ("roles/a.rb", link("b.rb")),
            ("roles/b.rb", file("b")),
            ("roles/passwd", link("../../etc/passwd")),
            ("roles/root", link("/etc/shadow")),
        ]
        .into_iter()
        .map(|(path, place)| (Arc::from(path), place))
        .collect();
        let resolved = resolve(&listing);
        let paths: Vec<&str> = resolved.keys().map(|p| &**p).collect();
        assert_eq!(
            paths,
            [
                "cookbooks/web/recipes/default.rb",
                "roles/a.rb",
                "roles/b.rb",
                "shared/web/recipes/default.rb"
            ]
        );
    }
}
