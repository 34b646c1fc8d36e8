//! Why a search returns what it returns: the query as a tree, what each part matches, what is near, and what the other
//! profiles return.

use std::collections::BTreeSet;
use std::fmt::Write;

use foretaste_parser::nearest::nearest as similar;
use foretaste_parser::query::{Meaning, Occur, Profile};
use foretaste_simulator::search::{Answer, Explanation, Outline, Plan, SearchIndex, Truth};

use super::paint::{count, names, printable};

/// Names shown of what only one profile finds.
const NAMES: usize = 6;

/// Explains a query; `why` names an object of which it is said part by part.
#[must_use]
pub fn explanation(index: &SearchIndex, name: &str, query: &str, why: Option<&str>) -> String {
    let mut out = String::new();
    if let Ok(plan) = Plan::new(query, index.profile()) {
        let _ = writeln!(out, "{} reads it as", index.profile().as_str());
        outline(&index.outline(name, &plan), 1, &mut out);
        if let Meaning::Lucene { rewritten, .. } = &plan.query().meaning {
            let _ = writeln!(out, "  sent to the search engine: {}", printable(rewritten));
        }
        nearest(index, name, &plan, &mut out);
        if let Some(object) = why {
            out.push('\n');
            because(index, name, &plan, object, &mut out);
        }
    }
    out.push('\n');
    others(index, name, query, &mut out);
    out
}

fn outline(of: &Outline, depth: usize, out: &mut String) {
    let idle = match of.idle {
        true => "; changes nothing beside what is required",
        false => "",
    };
    let _ = writeln!(
        out,
        "{}{}{}: {}{idle}",
        "  ".repeat(depth),
        part(of.occur),
        printable(&of.text),
        count(of.matches, "match", "matches"),
    );
    for child in &of.children {
        outline(child, depth + 1, out);
    }
}

/// What a clause is to the group around it.
fn part(occur: Option<Occur>) -> &'static str {
    match occur {
        None => "",
        Some(Occur::Must) => "required: ",
        Some(Occur::Should) => "optional: ",
        Some(Occur::MustNot) => "excluded: ",
    }
}

/// What exists instead of what matches nothing.
fn nearest(index: &SearchIndex, name: &str, plan: &Plan, out: &mut String) {
    for clause in index.unmatched(name, plan) {
        let near = &clause.nearest;
        let (field, value) = (printable(&clause.field), printable(&clause.value));
        let _ = match near.holders {
            0 => writeln!(out, "  nothing has `{field}`"),
            n => {
                let objects = count(n, "object", "objects");
                let value = match value.is_empty() {
                    true => "an empty one".to_owned(),
                    false => format!("`{value}`"),
                };
                writeln!(out, "  of {objects} with `{field}` none has {value}")
            }
        };
        for (what, holders) in near.values.iter().chain(&near.fields) {
            let holders = count(*holders, "object has", "objects have");
            let _ = writeln!(out, "    {holders} the near `{}`", printable(what));
        }
    }
    for found in index.first_words(name, plan) {
        for (value, holders) in &found.values {
            let _ = writeln!(
                out,
                "  `{}:{}` also matches `{}` by its first word: {}",
                printable(&found.field),
                printable(&found.word),
                printable(value),
                printable(&names(holders, NAMES)),
            );
        }
    }
}

/// Which parts of a query match one object.
fn because(index: &SearchIndex, name: &str, plan: &Plan, object: &str, out: &mut String) {
    let Some(document) = index.document(name, object) else {
        let _ = writeln!(out, "there is no {} in the index", printable(object));
        let all = index.documents(name).into_iter().flatten();
        let names: Vec<&str> = all.map(|document| document.name()).collect();
        if let Some(meant) = similar(object, names.into_iter()) {
            let _ = writeln!(out, "help: did you mean `{}`?", printable(meant));
        }
        return;
    };
    let whole = plan.explain(document);
    let verdict = match whole.truth {
        Truth::Yes => "matches",
        Truth::No => "does not match",
        Truth::Maybe => "may match: it depends on something unknown",
    };
    let _ = writeln!(out, "{} {verdict}", printable(object));
    explained(&whole, 1, out);
}

fn explained(of: &Explanation, depth: usize, out: &mut String) {
    let truth = match of.truth {
        Truth::Yes => "yes",
        Truth::No => "no",
        Truth::Maybe => "perhaps",
    };
    let idle = match of.idle {
        true => "; changes nothing",
        false => "",
    };
    let _ = writeln!(
        out,
        "{}{truth}  {}{}{idle}",
        "  ".repeat(depth),
        part(of.occur),
        printable(&of.text),
    );
    for child in &of.children {
        explained(child, depth + 1, out);
    }
}

/// What the profiles return, and how that differs from the one in use.
fn others(index: &SearchIndex, name: &str, query: &str, out: &mut String) {
    let ask = |profile: Profile| index.with_profile(profile).search(name, query);
    let ours = ask(index.profile());
    let here: BTreeSet<&str> = ours.names().into_iter().collect();
    for profile in Profile::ALL {
        let answer = ask(profile);
        let said = match &answer {
            Answer::Results { certain, .. } => count(certain.len(), "match", "matches"),
            Answer::Refused(error) => format!("refused: {} {}", error.status, error.message),
            Answer::NoSuchIndex => "no such index".to_owned(),
        };
        let _ = write!(out, "{}: {}", profile.as_str(), printable(&said));
        let there: BTreeSet<&str> = answer.names().into_iter().collect();
        let mut difference = |word: &str, of: Vec<&&str>| {
            if !of.is_empty() {
                let _ = write!(out, "; {word} {}", printable(&names(&of, NAMES)));
            }
        };
        difference("also", there.difference(&here).collect());
        difference("not", here.difference(&there).collect());
        out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use foretaste_simulator::convergence::SavedNode;
    use serde_json::{Map, json};

    use super::*;

    fn index() -> SearchIndex {
        let mut index = SearchIndex::new(Profile::Server);
        for (name, role, site) in [("web1", "web", "york"), ("web2", "web", "york depot")] {
            let map =
                |key: &str, value| -> Map<_, _> { [(key.to_owned(), value)].into_iter().collect() };
            index.put_node(SavedNode {
                name: name.into(),
                normal: map("site", json!(site)).into(),
                automatic: map("roles", json!([role])).into(),
                ..SavedNode::default()
            });
        }
        index
    }

    #[test]
    fn each_part_says_what_it_matches() {
        let query = "roles:web OR x:y AND site:york NOT name:web3";
        insta::assert_snapshot!(explanation(&index(), "node", query, Some("web2")), @r"
        server reads it as
          all that is required: 0 matches
            optional: roles is `web`: 2 matches; changes nothing beside what is required
            required: x is `y`: 0 matches
            required: site is `york`: 2 matches
            excluded: name is `web3`: 0 matches
          sent to the search engine: content:roles__=__web OR content:x__=__y AND content:site__=__york NOT content:name__=__web3
          nothing has `x`
          of 2 objects with `name` none has `web3`
            1 object has the near `web1`
            1 object has the near `web2`

        web2 does not match
          no  all that is required
            yes  optional: roles is `web`; changes nothing
            no  required: x is `y`
            yes  required: site is `york`
            no  excluded: name is `web3`

        server: 0 matches
        solr4: 0 matches
        zero: 2 matches; also web1, web2
        ");
    }

    #[test]
    fn near_values_and_first_words_are_shown() {
        let query = "roles:WEBS OR site:york";
        insta::assert_snapshot!(explanation(&index(), "node", query, None), @r"
        server reads it as
          at least one of: 2 matches
            optional: roles is `WEBS`: 0 matches
            optional: site is `york`: 2 matches
          sent to the search engine: content:roles__=__WEBS OR content:site__=__york
          of 2 objects with `roles` none has `WEBS`
            2 objects have the near `web`
          `site:york` also matches `york depot` by its first word: web2

        server: 2 matches
        solr4: 2 matches
        zero: 2 matches
        ");
    }
}
