//! `foretaste search`

use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::sync::Arc;

use clap::Args;
use foretaste_parser::query::QueryError;
use foretaste_simulator::repository::Repository;
use foretaste_simulator::search::{Answer, Plan, SearchIndex};
use serde_json::{Value as Json, json};

use crate::args::{Format, Global};
use crate::context::Streams;
use crate::error::Failure;
use crate::exit::Exit;
use crate::load::nodes;
use crate::load::tree::Shared;
use crate::render::paint::printable;

/// What a search returns, and why
///
/// The index holds the inventory's node objects as they were last saved, and the repository's JSON roles,
/// environments and data bag items.
#[derive(Debug, Args)]
pub struct Arguments {
    /// node, role, environment, client or a data bag [default with --batch: node]
    #[arg(required_unless_present = "batch")]
    pub index: Option<String>,
    #[arg(required_unless_present = "batch", conflicts_with = "batch")]
    pub query: Option<String>,
    /// Say how the server reads the query
    #[arg(long, conflicts_with = "batch")]
    pub explain: bool,
    /// Read queries from the standard input, each a JSON string on its line
    #[arg(long)]
    pub batch: bool,
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
    let source = global.source(streams)?;
    let revision = source.one(arguments.head.as_deref())?;
    let config = global.config(&source, &revision, streams)?;
    let loaded = source.load(&revision, &config, &mut Shared::default(), &Arc::default())?;
    let nodes = nodes::nodes(
        &loaded,
        &config,
        &source.root,
        &global.inventory_paths(streams),
    )?;
    for problem in &nodes.inventory.problems {
        writeln!(
            streams.err,
            "warning: {}: {}",
            problem.location, problem.message
        )?;
    }
    let mut index = SearchIndex::new(global.search_profile(&config));
    put_objects(&mut index, &loaded.repository);
    for node in nodes.inventory.nodes.into_values() {
        index.put_node(node);
    }
    let name = arguments.index.as_deref().unwrap_or("node");
    if arguments.batch {
        return batch(&index, name, streams);
    }
    let query = arguments.query.as_deref().unwrap_or("*:*");
    one(global, arguments, &index, name, query, streams)
}

/// Roles, environments and data bag items that are JSON.
fn put_objects(index: &mut SearchIndex, repository: &Repository) {
    let json = |path: &str| repository.json(path).and_then(Result::ok);
    for (name, path) in &repository.roles {
        if let Some(role) = json(path) {
            index.put_role(name, role);
        }
    }
    for (name, path) in &repository.environments {
        if let Some(environment) = json(path) {
            index.put_environment(name, environment);
        }
    }
    for (bag, items) in &repository.data_bags {
        index.put_data_bag(bag);
        for (id, path) in items {
            if let Some(item) = json(path) {
                index.put_item(bag, id, item);
            }
        }
    }
}

fn one(
    global: &Global,
    arguments: &Arguments,
    index: &SearchIndex,
    name: &str,
    query: &str,
    streams: &mut Streams<'_>,
) -> Result<Exit, Failure> {
    let answer = index.search(name, query);
    let refused = matches!(answer, Answer::Refused(_) | Answer::NoSuchIndex);
    global.write(streams, |format, _| match format {
        Format::Json => format!("{}\n", answer_json(name, query, &answer)),
        _ => human(arguments, index, name, query, &answer),
    })?;
    let is_empty = index
        .documents(name)
        .is_none_or(|mut all| all.next().is_none());
    Ok(match (refused, is_empty) {
        (true, _) => Exit::Findings,
        // That nothing is found among nothing says nothing.
        (false, true) => Exit::NotEvaluated,
        (false, false) => Exit::Clean,
    })
}

fn human(
    arguments: &Arguments,
    index: &SearchIndex,
    name: &str,
    query: &str,
    answer: &Answer,
) -> String {
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
                    document.name()
                );
            }
            let of = index.documents(name).map_or(0, Iterator::count);
            let _ = writeln!(out, "{} of {of} match", certain.len());
        }
        Answer::Refused(error) => out += &refusal(query, error),
        Answer::NoSuchIndex => {
            let _ = writeln!(
                out,
                "there is no index and no data bag `{name}`: the server answers 404"
            );
        }
    }
    if arguments.explain {
        out.push('\n');
        out += &explanation(index, name, query);
    }
    out
}

/// The refused query with a mark under the place where the server stopped.
fn refusal(query: &str, error: &QueryError) -> String {
    let before = query.get(..error.offset).unwrap_or(query).chars().count();
    let mut out = format!(
        "the server refuses this query: {} {}\n  {query}\n  {}^\n",
        error.status,
        error.message,
        " ".repeat(before)
    );
    if let Some(help) = &error.help {
        let _ = writeln!(out, "help: {help}");
    }
    out
}

/// How each profile reads the query, so that a difference between Kitchen and production shows.
fn explanation(index: &SearchIndex, name: &str, query: &str) -> String {
    use foretaste_parser::query::{Meaning, Profile, parse};
    let mut out = String::new();
    if let Ok(plan) = Plan::new(query, index.profile()) {
        for clause in index.unmatched(name, &plan) {
            let _ = writeln!(out, "nothing has {}: {}", clause.field, clause.value);
            for (value, holders) in &clause.nearest.values {
                let _ = writeln!(out, "  {holders} have the near value {value}");
            }
            for (field, holders) in &clause.nearest.fields {
                let _ = writeln!(out, "  {holders} have the near field {field}");
            }
        }
    }
    for profile in Profile::ALL {
        let count = match index.with_profile(profile).search(name, query) {
            Answer::Results { certain, .. } => format!("{} match", certain.len()),
            Answer::Refused(error) => format!("refused: {} {}", error.status, error.message),
            Answer::NoSuchIndex => "no such index".to_owned(),
        };
        let _ = writeln!(out, "{}: {count}", profile.as_str());
        if let Ok(parsed) = parse(query, profile)
            && let Meaning::Lucene { rewritten, .. } = &parsed.meaning
        {
            let _ = writeln!(out, "  is sent to the search engine as: {rewritten}");
        }
    }
    out
}

/// A line of output for each line of input.
fn batch(index: &SearchIndex, name: &str, streams: &mut Streams<'_>) -> Result<Exit, Failure> {
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
        let answer = index.search(name, &query);
        writeln!(streams.out, "{}", answer_json(name, &query, &answer))?;
    }
    streams.out.flush()?;
    Ok(Exit::Clean)
}

fn answer_json(index: &str, query: &str, answer: &Answer) -> Json {
    match answer {
        Answer::Results { maybe, .. } => {
            let names = answer.names();
            let key = if index == "node" { "nodes" } else { "items" };
            let mut out = json!({"query": query, key: names});
            if !maybe.is_empty()
                && let Some(map) = out.as_object_mut()
            {
                let names: Vec<&str> = maybe.iter().map(|d| d.name()).collect();
                map.insert("maybe".to_owned(), json!(names));
            }
            out
        }
        Answer::Refused(error) => json!({
            "query": query,
            "error": {"message": error.message, "offset": error.offset},
        }),
        Answer::NoSuchIndex => json!({
            "query": query,
            "error": {"message": format!("I don't know how to search for {index} data objects."), "offset": 0},
        }),
    }
}
