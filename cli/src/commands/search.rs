//! `foretaste search`

use std::fmt::Write as _;
use std::io::{BufRead, BufReader};

use clap::Args;
use foretaste_parser::nearest::nearest;
use foretaste_parser::query::QueryError;
use foretaste_simulator::change::{self, Revision, Settings};
use foretaste_simulator::inventory::Problem;
use foretaste_simulator::search::{Answer, SearchIndex, client};
use foretaste_simulator::simulation::World;
use serde_json::{Value as Json, json};

use super::check::settings;
use crate::args::{Format, Global, Output};
use crate::context::Streams;
use crate::error::Failure;
use crate::exit::Exit;
use crate::gate::{revision_sources, revision_values};
use crate::load::side::Loader;
use crate::progress::Progress;
use crate::render::explained;
use crate::render::explanation::explanation;
use crate::render::paint::printable;
use crate::secrets::Secrets;

/// What a search returns, and why
///
/// The index holds the inventory's node objects as they were last saved (those that are made up, as their first converge
/// would save them), and the repository's roles, environments and data bag items as an upload puts them on the server.
#[derive(Debug, Args)]
pub struct Arguments {
    /// node, role, environment, client or a data bag [default with --batch: node]
    #[arg(required_unless_present = "batch")]
    pub index: Option<String>,
    /// As in a recipe: "roles:web AND chef_environment:prod"; behind `--` where it begins with a `-`
    #[arg(required_unless_present = "batch", conflicts_with = "batch")]
    pub query: Option<String>,
    /// Say how the query is read, what each part of it matches, and what the other profiles return
    #[arg(long)]
    pub explain: bool,
    /// Say of this node or object which parts of the query match it
    #[arg(long, value_name = "NODE")]
    pub why: Option<String>,
    /// Read queries from the standard input, each a JSON string on its line
    #[arg(long)]
    pub batch: bool,
    /// Search what every node saves after converging at this revision, not what it saved last
    #[arg(long)]
    pub converged: bool,
    /// The revision whose objects are searched [default: the work tree]
    #[arg(long, value_name = "REV|DIR")]
    pub head: Option<String>,
}

/// Searches.
///
/// # Errors
/// An unreadable repository or inventory; in a batch, a line that is no JSON string.
pub fn run(
    global: &Global,
    arguments: &Arguments,
    streams: &mut Streams<'_>,
) -> Result<Exit, Failure> {
    global.formats("search", &Format::PLAIN)?;
    let is_json = |o: &Output| o.format == Format::Json && o.file.is_none();
    if arguments.batch && !global.format.iter().all(is_json) {
        return Err(Failure::usage(
            "a batch is answered in JSON, on the standard output",
        ));
    }
    let source = global.source(streams)?;
    let revision = source.one(arguments.head.as_deref())?;
    let config = global.config(&source, &revision, streams)?;
    let settings = settings(global, &config);
    let progress = Progress::new(streams);
    progress.say(format!("reading {revision}"));
    let mut loader = Loader::new(&source, &config, global.inventory_paths(streams));
    let (side, notes) = loader.side(&revision)?;
    let (index, unread) = index(&side.revision, &settings, arguments.converged, &progress);
    drop(progress);
    let problems = &side.revision.inventory.problems;
    let problems = problems
        .iter()
        .chain(&unread)
        .map(|p| format!("{}: {}", p.location, p.message));
    for note in notes.into_iter().chain(problems) {
        writeln!(streams.err, "note: {}", printable(&note))?;
    }
    let keys = config.secret_keys();
    let secrets = if keys.is_empty() {
        Secrets::default()
    } else {
        let sources = revision_sources(&side.revision);
        Secrets::collect(&keys, &[], revision_values(&side.revision), sources)
    };
    let name = arguments.index.as_deref().unwrap_or("node");
    let asked = Asked {
        index: &index,
        name,
        query: arguments.query.as_deref().unwrap_or("*:*"),
        explain: arguments.explain || arguments.why.is_some(),
        why: arguments.why.as_deref(),
        secrets: &secrets,
    };
    match arguments.batch {
        true => batch(&asked, streams),
        false => one(global, &asked, streams),
    }
}

/// The index: exported nodes as they were last saved. A node that is made up never saved anything, so it is converged
/// first; with `converged` every node is. Also tells what of the repository is not in it.
fn index(
    revision: &Revision,
    settings: &Settings,
    converged: bool,
    progress: &Progress,
) -> (SearchIndex, Vec<Problem>) {
    let World {
        nodes,
        mut objects,
        problems,
    } = change::world(revision, settings);
    if !converged && nodes.iter().all(|node| !node.synthetic) {
        for node in nodes {
            objects.put_node(node);
        }
        return (objects, problems);
    }
    progress.say(format!("simulating {} nodes", nodes.len()));
    let settled = change::simulate(revision, settings).index;
    if converged {
        return (settled, problems);
    }
    for node in nodes {
        let saved = settled.document("node", &node.name);
        match saved.and_then(|document| document.saved().cloned()) {
            Some(saved) if node.synthetic => objects.put_node(saved),
            _ => objects.put_node(node),
        }
    }
    (objects, problems)
}

/// One query, and what it is asked of.
#[derive(Clone, Copy)]
struct Asked<'a> {
    index: &'a SearchIndex,
    /// The index' name: `node`.
    name: &'a str,
    query: &'a str,
    explain: bool,
    /// Of which object it is said why it matches or not.
    why: Option<&'a str>,
    secrets: &'a Secrets,
}

fn one(global: &Global, asked: &Asked<'_>, streams: &mut Streams<'_>) -> Result<Exit, Failure> {
    let answer = asked.index.search(asked.name, asked.query);
    let refused = matches!(answer, Answer::Refused(_) | Answer::NoSuchIndex);
    global.write(streams, |format, _| {
        let text = match format {
            Format::Json => format!("{}\n", answer_json(asked, &answer)),
            _ => human(asked, &answer),
        };
        asked.secrets.hide(&text)
    })?;
    Ok(match (refused, is_empty(asked.index, asked.name)) {
        (true, _) => Exit::Findings,
        // That nothing is found among nothing says nothing.
        (false, true) => Exit::NotEvaluated,
        (false, false) => Exit::Clean,
    })
}

fn is_empty(index: &SearchIndex, name: &str) -> bool {
    let documents = index.documents(name);
    documents.is_none_or(|mut all| all.next().is_none())
}

fn human(asked: &Asked<'_>, answer: &Answer) -> String {
    let Asked {
        index, name, query, ..
    } = *asked;
    let mut out = String::new();
    match answer {
        Answer::Results { certain, maybe } => {
            for document in certain {
                let _ = writeln!(out, "{}", printable(document.name()));
            }
            for document in maybe {
                let _ = writeln!(
                    out,
                    "{} (perhaps: it depends on something unknown)",
                    printable(document.name())
                );
            }
            let of = index.documents(name).map_or(0, Iterator::count);
            let _ = writeln!(out, "{} of {of} match", certain.len());
            let given = client::total(index.profile(), certain.len());
            if given < certain.len() {
                let _ = writeln!(
                    out,
                    "note: the server gives a client {given} of them, and says not which"
                );
            }
            if certain.is_empty() && maybe.is_empty() && of > 0 && !asked.explain {
                out += "help: --explain says what is near\n";
            }
            if of == 0 && name == "node" {
                out += "help: the inventory is empty: give node objects with --inventory, in nodes/ or in foretaste.toml\n";
            }
        }
        Answer::Refused(error) => out += &refusal(query, error),
        Answer::NoSuchIndex => {
            let _ = writeln!(
                out,
                "there is no index and no data bag `{}`: the server answers 404",
                printable(name)
            );
            if let Some(meant) = nearest(name, index.indexes()) {
                let _ = writeln!(out, "help: did you mean `{}`?", printable(meant));
            }
        }
    }
    if asked.explain {
        out.push('\n');
        out += &explanation(index, name, query, asked.why);
    }
    out
}

/// The refused query with a mark under the place where the server stopped.
fn refusal(query: &str, error: &QueryError) -> String {
    let before = query.get(..error.offset).unwrap_or(query).chars().count();
    // The mark counts on one line.
    let line = printable(query).replace(['\n', '\t'], " ");
    let mut out = format!(
        "the server refuses this query: {} {}\n  {line}\n  {}^\n",
        error.status,
        printable(&error.message),
        " ".repeat(before)
    );
    if let Some(help) = &error.help {
        let _ = writeln!(out, "help: {}", printable(help));
    }
    out
}

/// A line of output for each line of input.
fn batch(asked: &Asked<'_>, streams: &mut Streams<'_>) -> Result<Exit, Failure> {
    for (i, line) in BufReader::new(&mut streams.input).lines().enumerate() {
        let line = line.map_err(|e| Failure::unreadable(std::path::Path::new("-"), &e))?;
        if line.trim().is_empty() {
            continue;
        }
        let query: String = serde_json::from_str(&line).map_err(|e| {
            Failure::usage(format!(
                "line {} of the batch is no JSON string: {e}",
                i + 1
            ))
            .help("write each query as JSON: \"role:web\"")
        })?;
        let asked = Asked {
            query: &query,
            ..*asked
        };
        let answer = asked.index.search(asked.name, &query);
        let line = answer_json(&asked, &answer).to_string();
        writeln!(streams.out, "{}", asked.secrets.hide(&line))?;
    }
    streams.out.flush()?;
    // That nothing is found among nothing says nothing.
    Ok(match is_empty(asked.index, asked.name) {
        true => Exit::NotEvaluated,
        false => Exit::Clean,
    })
}

/// The answer as docs/search.md has it.
fn answer_json(asked: &Asked<'_>, answer: &Answer) -> Json {
    let Asked {
        index, name, query, ..
    } = *asked;
    let mut out = match answer {
        Answer::Results { maybe, .. } => {
            let names = answer.names();
            let key = if name == "node" { "nodes" } else { "items" };
            let mut out = json!({"query": query, key: names});
            if !maybe.is_empty() {
                let names: Vec<&str> = maybe.iter().map(|d| d.name()).collect();
                explained::set(&mut out, "maybe", json!(names));
            }
            out
        }
        Answer::Refused(error) => json!({
            "query": query,
            "error": {"message": error.message, "offset": error.offset},
        }),
        Answer::NoSuchIndex => json!({
            "query": query,
            "error": {"message": format!("I don't know how to search for {name} data objects."), "offset": 0},
        }),
    };
    if asked.explain {
        explained::set(
            &mut out,
            "explain",
            explained::json(index, name, query, asked.why),
        );
    }
    out
}
