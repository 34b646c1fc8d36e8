//! From files to incidents.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{Expect, Incident, LoadError, Story, Tree};

const DESCRIPTION: &str = "incident.toml";

/// `incident.toml` as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Description {
    title: String,
    story: Story,
    /// The slug of another incident whose `before/` and `inventory/` are this one's too.
    base: Option<String>,
    /// Files of `before/` that the change deletes.
    #[serde(default)]
    deleted: Vec<String>,
    expect: Vec<Expect>,
    #[serde(default)]
    twin: BTreeMap<String, TwinDescription>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TwinDescription {
    title: String,
    /// The twin after which this one comes: its change is made to what that one leaves.
    after: Option<String>,
    #[serde(default)]
    deleted: Vec<String>,
}

/// Loads every incident among `files`, each followed by its twins, in the order of their slugs.
///
/// Paths are relative to the folder that was given, with `/` on every system. The folder may hold
/// incidents or be one: then its slug is empty.
///
/// # Errors
/// The first folder that is not well formed: a description that does not parse or has unknown fields,
/// an incident without expectations or without a change, a twin that is described but has no files
/// (or the reverse), a deletion of a file that is not there, a base that is not among `files`.
pub fn from_files(files: Tree) -> Result<Vec<Incident>, LoadError> {
    let mut slugs: Vec<String> = Vec::new();
    for path in files.keys() {
        let Some(folder) = path.strip_suffix(DESCRIPTION) else {
            continue;
        };
        // A repository under test may hold a file of this name too; only the outermost describes.
        if (folder.is_empty() || folder.ends_with('/'))
            && !slugs.iter().any(|slug| folder.starts_with(slug.as_str()))
        {
            slugs.push(folder.to_owned());
        }
    }

    let mut by_slug: BTreeMap<&str, Tree> = BTreeMap::new();
    for (path, bytes) in files {
        if let Some(folder) = slugs
            .iter()
            .find(|folder| path.starts_with(folder.as_str()))
        {
            let inner = path.strip_prefix(folder.as_str()).unwrap_or(&path);
            by_slug
                .entry(folder)
                .or_default()
                .insert(inner.to_owned(), bytes);
        }
    }

    let mut folders = BTreeMap::new();
    for (folder, files) in by_slug {
        let slug = folder.trim_end_matches('/').to_owned();
        folders.insert(slug, sort_out(folder, files)?);
    }
    let mut incidents = Vec::new();
    for (slug, folder) in &folders {
        finish(slug, folder, &folders, &mut incidents)?;
    }
    Ok(incidents)
}

/// One incident's folder, its files told apart.
struct Folder {
    /// Where the description is, for messages.
    path: String,
    description: Description,
    before: Tree,
    after: Tree,
    inventory: Tree,
    twins: BTreeMap<String, Tree>,
}

fn sort_out(folder: &str, files: Tree) -> Result<Folder, LoadError> {
    let mut description = Vec::new();
    let mut before = Tree::new();
    let mut after = Tree::new();
    let mut inventory = Tree::new();
    let mut twins: BTreeMap<String, Tree> = BTreeMap::new();
    for (path, bytes) in files {
        let (tree, inner) = match path.split_once('/') {
            None if path == DESCRIPTION => {
                description = bytes;
                continue;
            }
            Some(("before", inner)) => (&mut before, inner),
            Some(("after", inner)) => (&mut after, inner),
            Some(("inventory", inner)) => (&mut inventory, inner),
            Some(("twins", inner)) if let Some((name, inner)) = inner.split_once('/') => {
                (twins.entry(name.to_owned()).or_default(), inner)
            }
            _ => {
                return Err(LoadError::new(
                    format!("{folder}{path}"),
                    "an incident holds incident.toml, before/, after/, inventory/ and twins/<name>/",
                ));
            }
        };
        tree.insert(inner.to_owned(), bytes);
    }
    let path = format!("{folder}{DESCRIPTION}");
    let text = str::from_utf8(&description).map_err(|e| LoadError::new(&path, e.to_string()))?;
    Ok(Folder {
        description: toml::from_str(text).map_err(|e| LoadError::new(&path, e.to_string()))?,
        path,
        before,
        after,
        inventory,
        twins,
    })
}

fn finish(
    slug: &str,
    folder: &Folder,
    folders: &BTreeMap<String, Folder>,
    incidents: &mut Vec<Incident>,
) -> Result<(), LoadError> {
    let error = |message: String| LoadError::new(&folder.path, message);
    let description = &folder.description;
    if description.expect.is_empty() {
        return Err(error(
            "an incident says what must be found: `expect`".into(),
        ));
    }
    let (before, inventory) = match &description.base {
        None => (&folder.before, &folder.inventory),
        Some(_) if !folder.before.is_empty() || !folder.inventory.is_empty() => {
            return Err(error(
                "has a `base` and also files of its own before the change".into(),
            ));
        }
        Some(base) => folders
            .get(base)
            .filter(|base| base.description.base.is_none())
            .map(|base| (&base.before, &base.inventory))
            .ok_or_else(|| error(format!("no incident `{base}` with files to start from")))?,
    };

    let after = overlay(before, &folder.after, &description.deleted).map_err(error)?;
    incidents.push(Incident {
        slug: slug.to_owned(),
        title: description.title.clone(),
        story: Some(description.story.clone()),
        harmless_twin_of: None,
        before: before.clone(),
        after,
        inventory: inventory.clone(),
        expect: description.expect.clone(),
    });
    let none = Tree::new();
    let changed = |before: &Tree, name: &String, twin: &TwinDescription| {
        let change = folder.twins.get(name).unwrap_or(&none);
        overlay(before, change, &twin.deleted)
            .map_err(|message| error(format!("twin.{name}: {message}")))
    };
    for (name, twin) in &description.twin {
        let earlier = match &twin.after {
            None => None,
            Some(first) => match description.twin.get(first) {
                Some(twin) if twin.after.is_none() => Some(changed(before, first, twin)?),
                _ => {
                    let message =
                        format!("twin.{name}: no twin `{first}` of the change's own base");
                    return Err(error(message));
                }
            },
        };
        let before = earlier.as_ref().unwrap_or(before);
        let after = changed(before, name, twin)?;
        incidents.push(Incident {
            slug: format!("{slug}/{name}"),
            title: twin.title.clone(),
            story: None,
            harmless_twin_of: Some(slug.to_owned()),
            before: before.clone(),
            after,
            inventory: inventory.clone(),
            expect: Vec::new(),
        });
    }
    match folder
        .twins
        .keys()
        .find(|name| !description.twin.contains_key(*name))
    {
        Some(name) => Err(error(format!("twins/{name}/ has no `[twin.{name}]`"))),
        None => Ok(()),
    }
}

/// `before` with the files of `change` added or replaced and those of `deleted` gone.
fn overlay(before: &Tree, change: &Tree, deleted: &[String]) -> Result<Tree, String> {
    if change.is_empty() && deleted.is_empty() {
        return Err("changes nothing".into());
    }
    let mut tree = before.clone();
    for path in deleted {
        if tree.remove(path).is_none() {
            return Err(format!("deletes `{path}`, which is not in before/"));
        }
    }
    for (path, bytes) in change {
        if tree.get(path) == Some(bytes) {
            return Err(format!("`{path}` is the same as in before/"));
        }
        tree.insert(path.clone(), bytes.clone());
    }
    Ok(tree)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STORY: &str = "title = 't'\n\
        [story]\nhappened='h'\nsource='s'\ndetection='d'\nrecovery='r'\nprevention='p'\n\
        response='r'\nkept='k'\nchanged='c'\n";

    fn files(description: &str, rest: &[(&str, &str)]) -> Tree {
        let mut files = Tree::from([("x/incident.toml".to_owned(), description.into())]);
        for (path, text) in rest {
            files.insert(format!("x/{path}"), (*text).into());
        }
        files
    }

    #[test]
    fn a_change_lies_over_the_tree_before_it() {
        let description = format!(
            "deleted = ['old']\n{STORY}[[expect]]\nrule='pool-emptied'\ncause='new:1'\n\
             [twin.calm]\ntitle='calm'\n"
        );
        let loaded = from_files(files(
            &description,
            &[
                ("before/old", "1"),
                ("before/kept", "1"),
                ("after/new", "2"),
                ("twins/calm/kept", "3"),
                ("inventory/n.json", "{}"),
            ],
        ))
        .expect("well formed");
        let shown: Vec<_> = loaded
            .iter()
            .map(|i| {
                let after: Vec<_> = i.after.keys().map(String::as_str).collect();
                format!("{} {} {}", i.slug, i.is_silent(), after.join(","))
            })
            .collect();
        assert_eq!(shown, ["x false kept,new", "x/calm true kept,old"]);
    }

    #[test]
    fn a_twin_may_come_after_another() {
        let description = format!(
            "{STORY}[[expect]]\nrule='r'\n[twin.first]\ntitle='1'\n[twin.then]\ntitle='2'\nafter='first'\n"
        );
        let rest = [
            ("before/a", "1"),
            ("after/a", "4"),
            ("twins/first/a", "2"),
            ("twins/then/a", "3"),
        ];
        let loaded = from_files(files(&description, &rest)).expect("well formed");
        let then = loaded
            .iter()
            .find(|i| i.slug == "x/then")
            .expect("is there");
        assert_eq!([&then.before["a"], &then.after["a"]], [b"2", b"3"]);
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        let refused = |description: &str, rest: &[(&str, &str)]| {
            from_files(files(description, rest))
                .map(|incidents| incidents.len())
                .expect_err("refused")
                .message
        };
        let expect = format!("{STORY}[[expect]]\nrule='r'\n");
        assert_eq!(refused(&expect, &[("before/a", "1")]), "changes nothing");
        assert_eq!(
            refused(&expect, &[("before/a", "1"), ("after/a", "1")]),
            "`a` is the same as in before/"
        );
        assert_eq!(
            refused(&format!("deleted=['b']\n{expect}"), &[("before/a", "1")]),
            "deletes `b`, which is not in before/"
        );
        assert_eq!(
            refused(&expect, &[("after/a", "1"), ("twins/t/a", "2")]),
            "twins/t/ has no `[twin.t]`"
        );
        assert_eq!(
            refused(
                &format!("{expect}[twin.t]\ntitle='t'\nafter='u'\n"),
                &[("after/a", "1"), ("twins/t/a", "2")]
            ),
            "twin.t: no twin `u` of the change's own base"
        );
        assert!(refused(&format!("{expect}colour='red'\n"), &[]).contains("unknown field"));
        assert!(refused(&format!("{expect}cause='a'\n"), &[]).contains("is not `path:line`"));
        let base = expect.replace("[story]", "base = 'y'\n[story]");
        assert_eq!(
            refused(&base, &[("after/a", "1")]),
            "no incident `y` with files to start from"
        );
        assert!(refused(&format!("expect=[]\n{STORY}"), &[]).contains("must be found"));
    }
}
