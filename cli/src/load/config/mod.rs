//! `foretaste.toml`: what cannot be guessed about a repository. Everything in it is optional; what would have no effect
//! is refused.

mod keys;
mod model;
mod readers;
mod rotation;

use std::ops::Range;
use std::path::Path;

use foretaste_parser::nearest::nearest;
use foretaste_parser::source::{Location, Source as Text};
use foretaste_rules::catalogue::RULES;
use foretaste_rules::{Config as RuleConfig, Date, PoolLimits, Waiver};
use foretaste_simulator::change::Settings;
use foretaste_simulator::chef::Options as Model;
use foretaste_simulator::chef::run_list::RunListItem;
use foretaste_simulator::inventory::{Entry, Platform};
use foretaste_simulator::readers::Readers;
use foretaste_simulator::repository::Layout;
use foretaste_simulator::rollout::{Options, Rotation};
use toml::Spanned;

use super::revision::{Revision, Source};
use crate::error::Failure;
use keys::{Keys, NodeKeys, WaiverKeys};
pub use keys::{Profile, Severity, Synthesize};

pub const FILE: &str = "foretaste.toml";

/// What the file decides, checked.
#[derive(Clone, Debug, Default)]
pub struct Config {
    pub keys: Keys,
    /// Severities, limits of pools, waivers.
    pub rules: RuleConfig,
    /// What reads the files of nodes.
    pub readers: Readers,
    /// What is said of the world outside the repository.
    pub model: Model,
    /// Where customers are sent.
    pub rotation: Rotation,
    /// Of nodes that do not say.
    pub platform: Option<Platform>,
    /// Nodes described by hand, with their places in the file.
    pub nodes: Vec<(Entry, Location)>,
}

impl Config {
    /// The configuration that a head is judged by: a file that is named, else that of the head's folder where it is one
    /// and has one, else the repository's.
    ///
    /// # Errors
    /// As [`Self::parse`], and a named file that is not there.
    pub fn of(source: &Source, head: &Revision, named: Option<&Path>) -> Result<Self, Failure> {
        let path = match (named, head) {
            (Some(path), _) => path.to_owned(),
            (None, Revision::Folder(folder)) if folder.join(FILE).exists() => folder.join(FILE),
            _ => source.root.join(FILE),
        };
        match std::fs::read_to_string(&path) {
            Ok(text) => {
                let name = match named {
                    Some(path) => path.display().to_string(),
                    None => FILE.to_owned(),
                };
                Self::parse(&name, &text)
            }
            Err(e) if named.is_none() && e.kind() == std::io::ErrorKind::NotFound => {
                Ok(Self::default())
            }
            Err(e) => Err(Failure::unreadable(&path, &e)),
        }
    }

    /// Reads a text.
    ///
    /// # Errors
    /// What is no TOML, has keys or values that mean nothing here, or names what does not exist.
    pub fn parse(name: &str, text: &str) -> Result<Self, Failure> {
        let keys = toml::from_str(text).map_err(|error| {
            let message = error.message();
            let mut failure = Failure::usage(format!("{name}: {message}"));
            if let Some(meant) = did_you_mean(message) {
                failure = failure.help(format!("did you mean `{meant}`?"));
            }
            if message == "invalid type: map, expected a sequence" {
                failure = failure.help("write the name in two pairs of brackets, as `[[format]]`");
            }
            match error.span() {
                Some(span) => failure.at(name, text, span),
                None => failure,
            }
        })?;
        Reader { name, text }.config(keys)
    }

    /// The layout that was found, with what the file says instead.
    #[must_use]
    pub fn layout(&self, mut layout: Layout) -> Layout {
        let keys = &self.keys.repository;
        if let Some(paths) = &keys.cookbook_paths {
            layout.cookbooks = paths.iter().map(|p| clean(p.as_ref())).collect();
        }
        for (folder, said) in [
            (&mut layout.roles, &keys.roles),
            (&mut layout.environments, &keys.environments),
            (&mut layout.data_bags, &keys.data_bags),
            (&mut layout.nodes, &keys.nodes),
        ] {
            if let Some(path) = said {
                *folder = clean(path.as_ref());
            }
        }
        layout
    }

    /// The folders that the file names, as they are written.
    pub fn folders(&self) -> impl Iterator<Item = &str> {
        let keys = &self.keys.repository;
        let objects = [
            &keys.roles,
            &keys.environments,
            &keys.data_bags,
            &keys.nodes,
        ];
        keys.cookbook_paths
            .iter()
            .flatten()
            .chain(objects.into_iter().flatten())
            .map(|path| path.as_ref().as_str())
    }

    /// How few may serve in a pool, where the file says it.
    fn floors(&self) -> Vec<(String, usize)> {
        let pools = self.keys.pools.iter();
        let said = pools.filter_map(|(name, keys)| Some((name.as_ref().clone(), keys.floor?)));
        said.collect()
    }

    /// What it decides about simulations.
    #[must_use]
    pub fn settings(&self) -> Settings {
        Settings {
            readers: self.readers.clone(),
            chef: self.model.clone(),
            rollout: Options {
                rotation: self.rotation.clone(),
                floors: self.floors(),
                round_minutes: self.keys.client.round_minutes(),
                ..Options::default()
            },
            ..Settings::default()
        }
    }

    /// Names of attributes and data bag keys whose values are never shown.
    #[must_use]
    pub fn secret_keys(&self) -> Vec<String> {
        let keys = &self.keys.secrets.keys;
        keys.iter().map(|k| k.as_ref().clone()).collect()
    }
}

/// A path relative to the repository as a layout has it.
#[must_use]
pub fn clean(path: &str) -> String {
    path.trim_start_matches("./")
        .trim_end_matches('/')
        .to_owned()
}

/// Turns keys into decisions, and refuses those that are none.
struct Reader<'a> {
    name: &'a str,
    text: &'a str,
}

impl Reader<'_> {
    fn config(&self, keys: Keys) -> Result<Config, Failure> {
        let inventory = &keys.inventory;
        let mut nodes: Vec<(Entry, Location)> = Vec::new();
        for node in &inventory.nodes {
            let (entry, location) = self.node(node)?;
            if nodes.iter().any(|(known, _)| known.name == entry.name) {
                return Err(self.refuse(&node.name, "a node of this name is described above"));
            }
            nodes.push((entry, location));
        }
        let platform = inventory.platform.as_ref();
        let config = Config {
            rules: self.rules(&keys)?,
            readers: self.readers(&keys)?,
            model: self.model(&keys.model)?,
            rotation: self.rotation(&keys.rotation)?,
            platform: platform.map(|p| self.platform(p)).transpose()?,
            nodes,
            keys,
        };
        let keys = &config.keys;
        let folders = &keys.repository;
        let objects = [
            &folders.roles,
            &folders.environments,
            &folders.data_bags,
            &folders.nodes,
        ];
        let cookbooks = folders.cookbook_paths.iter().flatten();
        for path in cookbooks.chain(objects.into_iter().flatten()) {
            let inside = path.as_ref().split('/').all(|part| part != "..");
            if !inside || path.as_ref().starts_with(['/', '~']) {
                return Err(self
                    .refuse(path, "this path is not in the repository")
                    .help("write it as seen from the root of the repository: \"chef/roles\""));
            }
        }
        if let Some(key) = keys.secrets.keys.iter().find(|k| k.as_ref().is_empty()) {
            return Err(self.refuse(key, "a key without a name hides nothing"));
        }
        Ok(config)
    }

    fn refuse<T>(&self, at: &Spanned<T>, message: impl std::fmt::Display) -> Failure {
        self.refuse_at(at.span(), message)
    }

    fn refuse_at(&self, span: Range<usize>, message: impl std::fmt::Display) -> Failure {
        Failure::usage(format!("{}: {message}", self.name)).at(self.name, self.text, span)
    }

    fn rules(&self, keys: &Keys) -> Result<RuleConfig, Failure> {
        let mut out = RuleConfig::default();
        for (name, keys) in &keys.rules {
            self.known_rule(name)?;
            let Some(word) = keys.severity else {
                return Err(self
                    .refuse(name, "this decides nothing about the rule")
                    .help("give it a severity: \"off\", \"note\", \"warning\" or \"error\""));
            };
            out.severity.insert(name.as_ref().clone(), word.severity());
        }
        for (pool, keys) in &keys.pools {
            let usual = PoolLimits::default();
            let percent = keys.percent.as_ref();
            if let Some(percent) = percent.filter(|p| *p.as_ref() > 100) {
                return Err(self.refuse(percent, "more than 100 percent cannot go"));
            }
            if percent.is_none() && keys.floor.is_none() && keys.from.is_none() {
                return Err(self
                    .refuse(pool, "this decides nothing about the pool")
                    .help("give it a floor, a percent or a from"));
            }
            out.pools.push(PoolLimits {
                pool: pool.as_ref().clone(),
                percent: percent.map_or(usual.percent, |p| *p.as_ref()),
                from: keys.from.unwrap_or(usual.from),
                floor: keys.floor.unwrap_or(usual.floor),
            });
        }
        for waiver in &keys.waivers {
            out.waivers.push(self.waiver(waiver)?);
        }
        Ok(out)
    }

    fn waiver(&self, keys: &WaiverKeys) -> Result<Waiver, Failure> {
        self.known_rule(&keys.rule)?;
        let expires = keys.expires.as_ref().parse::<Date>();
        Ok(Waiver {
            rule: keys.rule.as_ref().clone(),
            path: keys.path.clone(),
            pool: keys.pool.clone(),
            node: keys.node.clone(),
            owner: keys.owner.clone(),
            reason: keys.reason.clone(),
            expires: expires.map_err(|e| self.refuse(&keys.expires, e))?,
            bound: keys.bound,
        })
    }

    fn known_rule(&self, name: &Spanned<String>) -> Result<(), Failure> {
        let known = || RULES.iter().map(|r| r.name);
        let name_text = name.as_ref().as_str();
        if known().any(|n| n == name_text) {
            return Ok(());
        }
        let failure = self.refuse(name, format!("there is no rule `{name_text}`"));
        Err(match nearest(name_text, known()) {
            Some(meant) => failure.help(format!("did you mean `{meant}`?")),
            None => failure.help("`foretaste explain` lists the rules"),
        })
    }

    fn platform(&self, text: &Spanned<String>) -> Result<Platform, Failure> {
        Platform::from_text(text.as_ref()).ok_or_else(|| {
            let message = format!("`{}` is no platform and version", text.as_ref());
            self.refuse(text, message)
                .help("write it as \"ubuntu 22.04\"")
        })
    }

    fn node(&self, keys: &NodeKeys) -> Result<(Entry, Location), Failure> {
        if keys.name.as_ref().is_empty() {
            return Err(self.refuse(&keys.name, "a node needs a name"));
        }
        for item in &keys.run_list {
            RunListItem::parse(item.as_ref()).map_err(|_| {
                let message = format!("`{}` is no item of a run list", item.as_ref());
                self.refuse(item, message)
                    .help("write it as \"role[web]\" or \"recipe[nginx::default]\"")
            })?;
        }
        for address in &keys.addresses {
            if address.as_ref().parse::<std::net::IpAddr>().is_err() {
                let message = format!("`{}` is no IP address", address.as_ref());
                return Err(self.refuse(address, message));
            }
        }
        let plain = |texts: &[Spanned<String>]| texts.iter().map(|t| t.as_ref().clone()).collect();
        let platform = keys.platform.as_ref();
        let entry = Entry {
            name: keys.name.as_ref().clone(),
            run_list: plain(&keys.run_list),
            environment: keys.environment.clone(),
            platform: platform.map(|p| self.platform(p)).transpose()?,
            addresses: plain(&keys.addresses),
        };
        let at = u32::try_from(keys.name.span().start).unwrap_or(u32::MAX);
        let line = Text::new(self.name, self.text).line(at);
        Ok((entry, Location::line(self.name, line)))
    }
}

/// The nearest of the names that serde lists as expected: "unknown field `x`, expected one of `a`, `b`".
fn did_you_mean(message: &str) -> Option<String> {
    let (unknown, expected) = message.split_once("expected")?;
    let unknown = unknown.split('`').nth(1)?;
    nearest(unknown, expected.split('`').skip(1).step_by(2)).map(str::to_owned)
}

#[cfg(test)]
mod tests;
