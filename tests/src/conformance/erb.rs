//! Kind `erb`: templates against what Chef's own template context and Erubis 2.7 made of them.

use std::path::Path;
use std::rc::Rc;
use std::sync::{Arc, LazyLock};

use foretaste_parser::name::Name;
use foretaste_parser::source::{Location, Source};
use foretaste_simulator::ruby::Interp;
use foretaste_simulator::ruby::budget::with_stack;
use foretaste_simulator::ruby::builtin::{Builtin, def, table};
use foretaste_simulator::ruby::class::Table;
use foretaste_simulator::ruby::env::{Args, Cref, Definee};
use foretaste_simulator::ruby::flow::{Flow, R};
use foretaste_simulator::ruby::object::{Data, Hash, Key};
use foretaste_simulator::ruby::output::Buffer;
use foretaste_simulator::ruby::unknown::first_hole;
use foretaste_simulator::ruby::value::Value;
use serde_json::Value as Json;

use super::Report;
use super::ruby::rows;

/// What became of one template.
#[derive(Debug)]
enum Outcome {
    Rendered(String),
    /// Class, message and the line of the template.
    Raised(String, String, Option<u32>),
    Unknown(String),
}

const CONTEXT: &str = "Chef::Mixin::Template::TemplateContext";

static METHODS: &[Builtin] = &[
    def("node", 0, 0, node),
    def("render", 1, 2, render).takes_unknown(),
    def("inspect", 0, 0, |i, _, _| {
        Ok(i.str(format!("#<{CONTEXT} template_name=nil cookbook_name=nil>")))
    }),
    def("template_name", 0, 0, |_, _, _| Ok(Value::NIL)),
    def("cookbook_name", 0, 0, |_, _, _| Ok(Value::NIL)),
];
static TABLE: Table = LazyLock::new(|| table(METHODS));

/// Runs `erb.jsonl` of a folder, or one such file.
///
/// # Errors
/// Files that are missing or not lines of JSON.
pub fn run(path: &Path) -> Result<Report, String> {
    let mut report = Report::new("erb");
    let file = if path.is_dir() {
        path.join("erb.jsonl")
    } else {
        path.to_path_buf()
    };
    for row in rows(&file)? {
        let text = |key: &str| row.get(key).and_then(Json::as_str).unwrap_or_default();
        let outcome = rendered(text("template"), row.get("vars").unwrap_or(&Json::Null));
        let line = failure(&row, &outcome)
            .map(|why| format!("{} {:?}: {why}", text("id"), text("template")));
        report.count(text("class"), line);
    }
    Ok(report)
}

fn node(interp: &mut Interp, this: Value, _: &Args) -> R {
    match interp.ivar(this, Name::new("@node")) {
        Some(node) if node.truthy() != Some(false) => Ok(node),
        _ => {
            let message = "Could not find a value for node. If you are explicitly setting variables in a template, \
                           include a node variable if you plan to use it.";
            Err(interp.error(interp.core.runtime_error, message))
        }
    }
}

fn render(interp: &mut Interp, _: Value, _: &Args) -> R {
    let class = interp.core.runtime_error;
    Err(interp.error(class, "You cannot render partials in this context"))
}

/// Renders a template in a fresh machine, in a context with these variables.
fn rendered(template: &str, variables: &Json) -> Outcome {
    let source = Arc::new(Source::new("template.erb", template));
    let program = Arc::new(foretaste_parser::erb::parse(source));
    if let Some(error) = program.errors.first() {
        let line = program.source.location(error.span).line;
        return Outcome::Raised("SyntaxError".into(), error.message.clone(), Some(line));
    }
    with_stack(|| {
        let mut interp = Interp::default();
        let object = interp.core.object;
        interp.define_class("Chef", object);
        interp.define_module("Chef::Mixin");
        interp.define_module("Chef::Mixin::Template");
        let class = interp.define_class(CONTEXT, object);
        interp.add_methods(class, &foretaste_simulator::ruby::builtin::erubis::TABLE);
        interp.add_methods(class, &TABLE);
        let context: Value = interp.alloc(class, Data::Plain).into();
        let modules = interp.array(Vec::new());
        if interp
            .set_ivar(context, Name::new("@_extension_modules"), modules)
            .is_err()
        {
            return Outcome::Unknown("a context that refuses variables".into());
        }
        for (name, json) in variables.as_object().into_iter().flatten() {
            let value = from_json(&mut interp, json, name == "node");
            if interp
                .set_ivar(context, Name::new(&format!("@{name}")), value)
                .is_err()
            {
                return Outcome::Unknown("a context that refuses variables".into());
            }
        }
        interp.buffers.push(Buffer::default());
        let definee = Definee::SingletonOf(context);
        let cref = Rc::new(Cref {
            class: object,
            parent: None,
        });
        let result = interp.run_template(&program, context, cref, definee);
        let mut written = interp.buffers.pop().unwrap_or_default().text;
        let result = result.and_then(|instead| match instead {
            None => Ok(()),
            Some(value) => interp.to_text(value).map(|text| written = text),
        });
        ended(&mut interp, result, written)
    })
}

fn ended(interp: &mut Interp, result: R<()>, written: String) -> Outcome {
    match result {
        Ok(_) => match first_hole(&written) {
            Some(id) => Outcome::Unknown(interp.unknowns.reason(id).to_owned()),
            None => Outcome::Rendered(written),
        },
        Err(Flow::Raise(exception)) => {
            let class = interp
                .class_name(interp.real_class_of(exception))
                .to_string();
            let message = interp.exception_text(exception);
            let line = template_line(interp, exception);
            Outcome::Raised(class, message, line)
        }
        Err(Flow::Halt(id) | Flow::Unknown(id)) => {
            Outcome::Unknown(interp.unknowns.reason(id).to_owned())
        }
        Err(other) => Outcome::Unknown(format!("left by {other:?}")),
    }
}

fn template_line(interp: &Interp, exception: Value) -> Option<u32> {
    let Data::Exception(e) = interp.data(exception.obj()?) else {
        return None;
    };
    let in_template = |l: &&Location| &*l.path == "template.erb";
    e.backtrace.iter().find(in_template).map(|l| l.line)
}

/// A value of JSON; hashes below `node` take symbols for strings.
fn from_json(interp: &mut Interp, json: &Json, mash: bool) -> Value {
    match json {
        Json::Null => Value::NIL,
        Json::Bool(b) => (*b).into(),
        Json::Number(n) => match (n.as_i64(), n.as_f64()) {
            (Some(n), _) => n.into(),
            (None, Some(f)) => f.into(),
            (None, None) => Value::NIL,
        },
        Json::String(s) => interp.str(s.as_str()),
        Json::Array(items) => {
            let items = items.iter().map(|v| from_json(interp, v, mash)).collect();
            interp.array(items)
        }
        Json::Object(object) => {
            let mut hash = Hash {
                indifferent: mash,
                ..Hash::default()
            };
            for (key, value) in object {
                let value = from_json(interp, value, mash);
                let stored = interp.str(key.as_str());
                hash.map
                    .insert(Key::Str(key.as_str().into()), (stored, value));
            }
            interp.hash(hash)
        }
    }
}

/// Why an outcome is not the recorded one.
fn failure(row: &Json, outcome: &Outcome) -> Option<String> {
    let text = |key: &str| row.get(key).and_then(Json::as_str).unwrap_or_default();
    let wanted = if row.get("ok").and_then(Json::as_bool) == Some(true) {
        format!("{:?}", text("rendered"))
    } else {
        format!(
            "{}: {} ({:?})",
            text("exception"),
            text("message"),
            row.get("line")
        )
    };
    match outcome {
        Outcome::Unknown(reason) => Some(format!("unknown: {reason}; want {wanted}")),
        Outcome::Rendered(got) if row.get("ok").and_then(Json::as_bool) == Some(true) => {
            (got != text("rendered")).then(|| format!("got {got:?}; want {wanted}"))
        }
        Outcome::Rendered(got) => Some(format!("got {got:?}; want {wanted}")),
        Outcome::Raised(class, message, line) => {
            let line_wanted = row.get("line").and_then(Json::as_u64);
            let first = message.lines().next().unwrap_or_default();
            // Places and messages of syntax errors are the parser generator's own.
            let same = class == text("exception")
                && (class == "SyntaxError"
                    || first == text("message") && line.map(u64::from) == line_wanted);
            (!same).then(|| format!("raised {class}: {first} ({line:?}); want {wanted}"))
        }
    }
}
