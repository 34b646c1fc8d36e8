//! Attributes that a cookbook's Ohai plugins report of the machine.

use std::collections::BTreeSet;

use crate::repository::{Cookbook, Files};

/// Folders of a cookbook in which plugins lie: `ohai/` is where Chef itself looks for them, the others are what
/// `ohai_plugin`, `cookbook_file` and `template` install from.
const FOLDERS: &[&str] = &["ohai", "files", "templates"];

/// The top-level attributes that the plugins of a cookbook say they provide. Their values come from the machine, so
/// nobody but an exported node object knows them.
#[must_use]
pub fn provided(files: &Files, cookbook: &Cookbook) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    for folder in FOLDERS {
        for path in cookbook.below(folder, "") {
            let text = files.get(path).and_then(|b| std::str::from_utf8(b).ok());
            if let Some(text) = text.filter(|text| text.contains("Ohai.plugin")) {
                out.extend(text.lines().flat_map(provides));
            }
        }
    }
    out
}

/// `provides "hardware", "lldp/ports"`: the first part of each path.
fn provides(line: &str) -> Vec<String> {
    let Some(rest) = line.trim_start().strip_prefix("provides") else {
        return Vec::new();
    };
    let quoted = rest.split(['"', '\'']).skip(1).step_by(2);
    quoted
        .filter_map(|path| path.split('/').next())
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}
