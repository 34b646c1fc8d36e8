//! `foretaste demo`

use std::sync::Arc;

use clap::Args;
use foretaste_corpus::{DEMO, Incident, Tree, incidents};
use foretaste_simulator::change::{Revision, Settings};
use foretaste_simulator::inventory::Inventory;
use foretaste_simulator::repository::{Files, Layout, ParseCache, Repository};

use super::check;
use crate::args::{Format, Global};
use crate::context::Streams;
use crate::error::Failure;
use crate::exit::Exit;
use crate::gate::{self, Side, Terms};
use crate::progress::Progress;

/// Judge a change that once took a product down, from an example that is built in
#[derive(Debug, Args)]
pub struct Arguments {}

/// Judges the built-in incident.
///
/// # Errors
/// Output that cannot be written.
pub fn run(global: &Global, _: &Arguments, streams: &mut Streams<'_>) -> Result<Exit, Failure> {
    global.formats("demo", &Format::ALL)?;
    let incident = incidents()
        .map_err(|e| Failure::usage(e.to_string()))?
        .into_iter()
        .find(|incident| incident.slug == DEMO)
        .ok_or_else(|| Failure::usage(format!("the incident `{DEMO}` is not built in")))?;
    let config = crate::load::config::Config::default();
    let terms = Terms {
        settings: Settings {
            threads: gate::threads(),
            ..Settings::default()
        },
        ..check::terms(global, &config)
    };
    let cache = Arc::default();
    let base = side("the tree before", &incident.before, &incident, &cache);
    let head = side("the tree after", &incident.after, &incident, &cache);
    let progress = Progress::new(streams);
    let report = gate::weigh(Some(base), head, &terms, Vec::new(), &progress);
    drop(progress);
    let is_told = global.format.is_empty()
        || global
            .format
            .iter()
            .any(|o| o.format == Format::Human && o.file.is_none());
    if is_told {
        let paint = global.paint(streams.terminals.out, streams.terminals.width);
        let told = story(&incident);
        streams.out.write_all(
            format!(
                "{}\n\n{}\n{}\n\n",
                paint.bold(&incident.title),
                paint.paragraph("", &told),
                paint.bold("What `foretaste check` says of that change before anybody converges:")
            )
            .as_bytes(),
        )?;
    }
    check::write(global, &report, streams)?;
    Ok(Exit::Clean)
}

fn story(incident: &Incident) -> String {
    let nodes = incident.inventory.len();
    let happened = incident.story.as_ref().map_or("", |s| &s.happened);
    format!(
        "{happened}\nIts shape is kept in a small Chef repository with {nodes} nodes that is built into this program."
    )
}

fn side(name: &str, tree: &Tree, incident: &Incident, cache: &Arc<ParseCache>) -> Side {
    let files = Files(
        tree.iter()
            .map(|(path, bytes)| (Arc::from(path.as_str()), Arc::from(bytes.as_slice())))
            .collect(),
    );
    let layout = Layout::detect(&files);
    let repository = Arc::new(Repository::new(files, layout, cache.clone()));
    let mut inventory = Inventory::default();
    for (path, bytes) in &incident.inventory {
        inventory.add_json(path, bytes);
    }
    Side {
        name: name.to_owned(),
        revision: Revision {
            repository,
            inventory,
        },
        unread: Default::default(),
    }
}
