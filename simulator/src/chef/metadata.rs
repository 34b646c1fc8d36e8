//! A cookbook's metadata: its name, version and dependencies.

use crate::hash::IndexMap;
use std::sync::Arc;

use foretaste_parser::name::Name;
use foretaste_parser::ruby::ast::Program;
use foretaste_parser::source::Location;
use serde_json::Value as Json;

use super::version::{Constraint, Flavour};
use crate::convergence::Undetermined;
use crate::ruby::Interp;
use crate::ruby::env::Args;
use crate::ruby::flow::{Flow, R};
use crate::ruby::object::Data;
use crate::ruby::value::Value;

/// The constraint of a dependency that names none.
const ANY: &str = ">= 0.0.0";

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metadata {
    pub name: Option<String>,
    /// `None` where the file names none; Chef takes `0.0.0` then.
    pub version: Option<String>,
    /// Constraints by cookbook, in the order of the file.
    pub depends: IndexMap<String, String>,
    /// Why Chef refuses the file.
    pub error: Option<MetadataError>,
    /// What of its name, version and dependencies could not be evaluated.
    pub open: Option<Undetermined>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetadataError {
    pub class: String,
    pub message: String,
    pub location: Option<Location>,
}

impl Metadata {
    /// Reads what `metadata.json` or a policy's artifact says.
    #[must_use]
    pub fn from_json(json: &Json) -> Self {
        let text = |name: &str| json.get(name).and_then(Json::as_str).map(str::to_owned);
        let mut out = Self {
            name: text("name"),
            version: text("version"),
            ..Self::default()
        };
        let dependencies = json.get("dependencies").and_then(Json::as_object);
        for (cookbook, constraint) in dependencies.into_iter().flatten() {
            let constraint = match constraint {
                Json::String(text) => text.as_str(),
                // Old files have a list; a single constraint in it counts.
                Json::Array(list) if list.len() == 1 => {
                    list.first().and_then(Json::as_str).unwrap_or(ANY)
                }
                _ => ANY,
            };
            out.depends.insert(cookbook.clone(), constraint.to_owned());
        }
        out
    }

    /// Runs `metadata.rb` on a machine of its own. Words that Chef does not know are ignored, as Chef does.
    #[must_use]
    pub fn from_ruby(program: &Arc<Program>) -> Self {
        if let Some(error) = program.errors.first() {
            return Self {
                error: Some(MetadataError {
                    class: "SyntaxError".into(),
                    message: error.message.clone(),
                    location: Some(program.source.location(error.span)),
                }),
                ..Self::default()
            };
        }
        let mut interp = Interp::default();
        interp.budget.max_depth = 2_000;
        interp.budget.steps = 1_000_000;
        interp.define_class("Chef", interp.core.object);
        interp.define_module("Chef::Cookbook");
        let class = interp.define_class("Chef::Cookbook::Metadata", interp.core.object);
        let this: Value = interp.alloc(class, Data::Plain).into();
        interp.hooks.method_missing = |interp, _, name, args| word(interp, name, args);
        interp.host = Some(Box::new(Self::default()));
        let result = interp.run_program(program, this, class);
        let error = match result {
            Err(Flow::Raise(exception)) => Some(MetadataError {
                class: interp
                    .class_name(interp.real_class_of(exception))
                    .to_string(),
                message: interp.exception_text(exception),
                location: interp.exception_location(exception),
            }),
            _ => None,
        };
        // Where the file was not read to its end, a dependency may have been there.
        let cut = match result {
            Err(Flow::Halt(id)) => interp.unknowns.one(id),
            _ => None,
        };
        let mut out = std::mem::take(interp.host_mut::<Self>());
        out.error = error;
        out.open = out.open.or(cut);
        out
    }
}

fn word(interp: &mut Interp, name: Name, args: &Args) -> R<Option<Value>> {
    let mut texts = Vec::new();
    for arg in &args.list {
        if let Some(id) = interp.unknown_or_hole(*arg) {
            if let "name" | "version" | "depends" = name.as_str()
                && let Some(mut open) = interp.unknowns.one(id)
            {
                open.reason = format!("{name} in metadata.rb: {}", open.reason);
                interp.host_mut::<Metadata>().open.get_or_insert(open);
            }
            return Ok(Some(Value::NIL));
        }
        texts.extend(interp.text_or_sym(*arg).map(str::to_owned));
    }
    let out = interp.host_mut::<Metadata>();
    match (name.as_str(), texts.as_slice()) {
        ("name", [text]) => out.name = Some(text.clone()),
        ("version", [text]) => out.version = Some(text.clone()),
        ("name", []) => return text_value(interp, |m| m.name.clone()),
        ("version", []) => return text_value(interp, |m| m.version.clone()),
        ("depends", [cookbook, constraints @ ..]) => {
            if out.name.as_ref() == Some(cookbook) {
                let message = format!(
                    "Cookbook depends on itself in cookbook {cookbook}, please remove the this unnecessary self-dependency"
                );
                let class = interp
                    .class_by_path("RuntimeError")
                    .unwrap_or(interp.core.object);
                return Err(interp.error(class, message));
            }
            let constraint = constraints.first().map_or(ANY, String::as_str);
            // Platform versions, as Chef has it: `~> 1` is fine here.
            let constraint = Constraint::parse(constraint, Flavour::Platform)
                .map_or_else(|_| constraint.to_owned(), |c| c.to_string());
            out.depends.insert(cookbook.clone(), constraint);
        }
        _ => {}
    }
    Ok(Some(Value::NIL))
}

fn text_value(interp: &mut Interp, field: fn(&Metadata) -> Option<String>) -> R<Option<Value>> {
    let text = field(interp.host_mut::<Metadata>());
    Ok(Some(text.map_or(Value::NIL, |t| interp.str(t))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        use foretaste_parser::source::Source;
        let source = Arc::new(Source::new("metadata.rb", text));
        let m = Metadata::from_ruby(&Arc::new(foretaste_parser::ruby::parse(source)));
        format!(
            "{} {} {:?} {:?} {:?}",
            m.name.unwrap_or_default(),
            m.version.unwrap_or_default(),
            m.depends,
            m.error.map(|e| e.message),
            m.open.map(|open| open.reason)
        )
    }

    #[test]
    fn dependencies_may_come_from_a_loop() {
        insta::assert_snapshot!(
            read("name 'web'\nversion '1.2.0'\nmaintainer 'us'\nchef_version '>= 16'\n%w(ntp nginx).each { |c| depends c }\ndepends 'java', '~> 1'\ngem 'x'\n"),
            @r#"web 1.2.0 {"ntp": ">= 0.0.0", "nginx": ">= 0.0.0", "java": "~> 1"} None None"#
        );
    }

    #[test]
    fn what_cannot_be_known_is_said() {
        insta::assert_snapshot!(read("name 'web'\nversion `git describe`\n"), @r#"web  {} None Some("version in metadata.rb: the output of a command")"#);
    }

    #[test]
    fn a_cookbook_cannot_depend_on_itself() {
        insta::assert_snapshot!(read("name 'web'\ndepends 'web'\n"), @r#"web  {} Some("Cookbook depends on itself in cookbook web, please remove the this unnecessary self-dependency") None"#);
    }

    #[test]
    fn json_may_be_of_the_old_kind() {
        let m = Metadata::from_json(&serde_json::json!({
            "name": "web", "version": "1.0", "dependencies": {"a": "~> 1.0", "b": [], "c": ["= 2.0.0"]}
        }));
        insta::assert_snapshot!(format!("{:?}", m.depends), @r#"{"a": "~> 1.0", "b": ">= 0.0.0", "c": "= 2.0.0"}"#);
    }
}
