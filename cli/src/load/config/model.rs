//! `[model]`: answers about the machines and their world, which no repository holds.

use foretaste_simulator::chef::{Command, NodeFile, Options};

use super::Reader;
use super::keys::{CommandKeys, CommandParts, FileKeys, ModelKeys, VariableKeys};
use crate::error::Failure;

impl Reader<'_> {
    /// # Errors
    /// A path that is not absolute, a command without a text, a pattern that is none, or `true` for a variable.
    pub(super) fn model(&self, keys: &ModelKeys) -> Result<Options, Failure> {
        let mut out = Options::default();
        for (command, said) in &keys.commands {
            let text = command.as_ref();
            if text.trim().is_empty() {
                return Err(self.refuse(command, "a command without a text is never run"));
            }
            if let Some(problem) = Command::problem(text) {
                return Err(self.refuse(command, problem));
            }
            let parts = match said.clone() {
                CommandKeys::Whole(parts) => parts,
                CommandKeys::Text(stdout) => CommandParts {
                    stdout,
                    ..CommandParts::default()
                },
            };
            out.commands.push(Command {
                command: text.clone(),
                stdout: parts.stdout,
                stderr: parts.stderr,
                status: parts.status,
            });
        }
        for (path, said) in &keys.files {
            let text = path.as_ref();
            if !text.starts_with('/') {
                return Err(self
                    .refuse(path, "this is no path of a node")
                    .help("write it from the root: \"/etc/hosts\""));
            }
            let is_folder = text.ends_with('/');
            let state = match said {
                FileKeys::There(false) => NodeFile::Absent,
                FileKeys::There(true) if is_folder => NodeFile::Folder,
                FileKeys::There(true) => NodeFile::Exists,
                FileKeys::Text(_) if is_folder => {
                    return Err(self.refuse(path, "a folder has no text"));
                }
                FileKeys::Text(text) => NodeFile::Text(text.clone()),
                FileKeys::Holds(names) if is_folder => {
                    if let Some(name) = names.iter().find(|n| n.is_empty() || n.contains('/')) {
                        let what = format!("`{name}` is no name in a folder");
                        return Err(self.refuse(path, &what));
                    }
                    NodeFile::Holds(names.clone())
                }
                FileKeys::Holds(paths) if text.contains(['*', '?', '[', '{']) => {
                    NodeFile::Holds(paths.clone())
                }
                FileKeys::Holds(_) => {
                    return Err(self
                        .refuse(path, "only a folder or a pattern has a list")
                        .help("end a folder's path with a slash: \"/etc/sysctl.d/\""));
                }
            };
            let key = text.trim_end_matches('/');
            let key = if key.is_empty() { "/" } else { key };
            out.files.insert(key.to_owned(), state);
        }
        for (name, said) in &keys.environment {
            let value = match said {
                VariableKeys::Text(text) => Some(text.clone()),
                VariableKeys::Set(false) => None,
                VariableKeys::Set(true) => {
                    return Err(Failure::usage(format!(
                        "{}: model.environment.{name}: `true` is no value of a variable",
                        self.name
                    ))
                    .help("write the text that it has, or false where it is not set"));
                }
            };
            out.environment.insert(name.clone(), value);
        }
        for (key, value) in &keys.attributes {
            out.facts.insert(key.clone(), json(value));
        }
        Ok(out)
    }
}

/// A value as a node object has it; a date is its text.
fn json(value: &toml::Value) -> serde_json::Value {
    use serde_json::Value as Json;
    match value {
        toml::Value::String(text) => Json::from(text.as_str()),
        toml::Value::Integer(n) => Json::from(*n),
        toml::Value::Float(n) => Json::from(*n),
        toml::Value::Boolean(b) => Json::from(*b),
        toml::Value::Datetime(date) => Json::from(date.to_string()),
        toml::Value::Array(items) => items.iter().map(json).collect(),
        toml::Value::Table(table) => table
            .iter()
            .map(|(key, value)| (key.clone(), json(value)))
            .collect(),
    }
}
