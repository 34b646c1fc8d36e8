//! Symbolic links, followed inside the tree only: what they mean is decided on the listing, never by the disk.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::tree::{Listing, Place};

/// Links to links are followed so often.
const ROUNDS: usize = 4;
/// A link to a folder adds its files under another name; no more than so many in all.
const ADDED: usize = 100_000;

/// The listing with each link replaced by the files that it leads to. A link that leads to none is unreadable.
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
            return out;
        }
        let mut found: BTreeMap<Arc<str>, Place> = BTreeMap::new();
        for (path, target) in links {
            match follow(&out, &path, &target, ADDED.saturating_sub(found.len())) {
                Ok(files) => found.extend(files),
                Err(reason) => {
                    found.insert(path, Place::Unreadable(reason));
                }
            }
        }
        out.retain(|_, place| !matches!(place, Place::Link(_)));
        out.extend(found);
    }
    for place in out.values_mut() {
        if let Place::Link(target) = place {
            *place = Place::Unreadable(format!("a link to {target}: too many links on the way"));
        }
    }
    out
}

/// The files that a link adds, under its name; or why it leads to none.
fn follow(
    listing: &Listing,
    path: &str,
    target: &str,
    at_most: usize,
) -> Result<BTreeMap<Arc<str>, Place>, String> {
    let to = target_path(path, target)
        .ok_or_else(|| format!("a link out of the repository, to {target}"))?;
    if let Some(place) = listing.get(&*to) {
        return Ok([(Arc::from(path), place.clone())].into());
    }
    let folder = format!("{to}/");
    // A link to a folder that holds the link itself would add files without end.
    if to.is_empty() || path.starts_with(&folder) {
        return Err(format!("a link to {target}, which holds the link"));
    }
    let mut found = BTreeMap::new();
    for (file, place) in listing.range(Arc::<str>::from(folder.as_str())..) {
        let Some(rest) = file.strip_prefix(&folder) else {
            break;
        };
        if found.len() >= at_most {
            return Err("links add too many files".to_owned());
        }
        found.insert(format!("{path}/{rest}").into(), place.clone());
    }
    if found.is_empty() {
        return Err(format!("a link to {target}, where nothing is"));
    }
    Ok(found)
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
    Some(parts.join("/"))
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
            ("roles/gone.rb", link("away.rb")),
            ("roles/one", link("two")),
            ("roles/two", link("one")),
        ]
        .into_iter()
        .map(|(path, place)| (Arc::from(path), place))
        .collect();
        let shown: Vec<String> = resolve(&listing)
            .iter()
            .map(|(path, place)| match place {
                Place::Disk(file) => format!("{path} = {}", file.display()),
                Place::Unreadable(reason) => format!("{path}: {reason}"),
                other => format!("{path}: {other:?}"),
            })
            .collect();
        insta::assert_snapshot!(shown.join("\n"), @r"
        cookbooks/loop: a link to ../cookbooks, which holds the link
        cookbooks/web/recipes/default.rb = recipe
        roles/a.rb = b
        roles/b.rb = b
        roles/gone.rb: a link to away.rb, where nothing is
        roles/one: a link to one: too many links on the way
        roles/passwd: a link out of the repository, to ../../etc/passwd
        roles/root: a link out of the repository, to /etc/shadow
        roles/two: a link to two: too many links on the way
        shared/web/recipes/default.rb = recipe
        ");
    }
}
