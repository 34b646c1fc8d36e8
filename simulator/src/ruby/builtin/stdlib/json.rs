//! `JSON`, as version 2.6.1 of the gem reads and writes it, with its error texts.

use std::sync::LazyLock;

use foretaste_parser::name::Name;

use super::super::super::Interp;
use super::super::super::call::Form;
use super::super::super::class::Table;
use super::super::super::env::Args;
use super::super::super::flow::{Flow, R};
use super::super::super::value::{Kind, Value};
use super::super::{Builtin, def, table};

mod read;
mod write;

use write::{Layout, State};

static STATIC: &[Builtin] = &[
    def("[]", 1, 2, |i, t, a| match i.text(a.get(0)) {
        Some(_) => parse(i, t, a),
        None => generate(i, t, a),
    })
    .takes_unknown(),
    def("dump", 1, 3, dump).takes_unknown(),
    def("fast_generate", 1, 2, generate).takes_unknown(),
    def("generate", 1, 2, generate).takes_unknown(),
    def("load", 1, 3, load),
    def("load_file", 1, 2, load_file),
    def("parse", 1, 2, parse),
    def("parse!", 1, 2, |i, t, a| read(i, t, a, true)),
    def("pretty_generate", 1, 2, pretty_generate).takes_unknown(),
    def("restore", 1, 3, load),
];
static TABLE: Table = LazyLock::new(|| table(STATIC));

static TO_JSON: &[Builtin] = &[def("to_json", 0, -1, to_json).takes_unknown()];
static TO_JSON_TABLE: Table = LazyLock::new(|| table(TO_JSON));

static KERNEL: &[Builtin] = &[
    def("JSON", 1, 2, |i, t, a| match i.text(a.get(0)) {
        Some(_) => parse(i, t, a),
        None => generate(i, t, a),
    })
    .takes_unknown(),
    def("j", 0, -1, |i, t, a| print(i, t, a, false)).takes_unknown(),
    def("jj", 0, -1, |i, t, a| print(i, t, a, true)).takes_unknown(),
];
static KERNEL_TABLE: Table = LazyLock::new(|| table(KERNEL));

/// Defines `JSON` and gives every object `to_json`.
pub fn install(interp: &mut Interp) {
    let json = interp.define_module("JSON");
    interp.add_static(json, &TABLE);
    let parent = interp.core.standard_error;
    let error = interp.define_class("JSON::JSONError", parent);
    let parser = interp.define_class("JSON::ParserError", error);
    interp.define_class("JSON::NestingError", parser);
    interp.define_class("JSON::GeneratorError", error);
    let object = interp.core.object;
    interp.define_module("JSON::Ext");
    interp.define_module("JSON::Ext::Generator");
    let state = interp.define_class("JSON::Ext::Generator::State", object);
    let value = interp.class_value(state);
    let version = interp.str("2.6.1");
    let constants = &mut interp.classes.get_mut(json).constants;
    constants.insert(Name::new("State"), value);
    constants.insert(Name::new("VERSION"), version);
    for (name, value) in [
        ("NaN", f64::NAN),
        ("Infinity", f64::INFINITY),
        ("MinusInfinity", f64::NEG_INFINITY),
    ] {
        let constants = &mut interp.classes.get_mut(json).constants;
        constants.insert(Name::new(name), value.into());
    }
    interp.add_methods(interp.core.kernel, &TO_JSON_TABLE);
    interp.add_methods(interp.core.kernel, &KERNEL_TABLE);
}

fn error(interp: &mut Interp, class: &str, message: impl Into<String>) -> Flow {
    let class = interp.class_named(class);
    interp.error(class, message)
}

/// Options, given as keywords or as a hash.
struct Options(Option<Value>);

impl Options {
    fn of(interp: &Interp, args: &Args, at: usize) -> Self {
        Self(args.opt(at).filter(|v| interp.hash_data(*v).is_some()))
    }

    fn get(&self, interp: &mut Interp, name: &str) -> R<Option<Value>> {
        match self.0 {
            Some(hash) => super::super::hash::lookup(interp, hash, Value::sym(name)),
            None => Ok(None),
        }
    }

    fn on(&self, interp: &mut Interp, name: &str, default: bool) -> R<bool> {
        match self.get(interp, name)? {
            Some(value) => interp.truth(value),
            None => Ok(default),
        }
    }

    fn text(&self, interp: &mut Interp, name: &str) -> R<Option<String>> {
        match self.get(interp, name)? {
            Some(value) if !value.is_nil() => interp.str_arg(value).map(Some),
            _ => Ok(None),
        }
    }

    /// How deep a text may nest; nil, false and 0 lift the limit.
    fn nesting(&self, interp: &mut Interp, default: usize) -> R<usize> {
        match self.get(interp, "max_nesting")?.map(|v| v.kind) {
            Some(Kind::Int(0) | Kind::Nil | Kind::Bool(false)) => Ok(usize::MAX),
            Some(Kind::Int(n)) => Ok(usize::try_from(n).unwrap_or(usize::MAX)),
            _ => Ok(default),
        }
    }
}

fn layout(interp: &mut Interp, options: &Options, base: Layout) -> R<Layout> {
    let mut layout = base;
    for (name, place) in [
        ("indent", &mut layout.indent),
        ("space", &mut layout.space),
        ("space_before", &mut layout.space_before),
        ("object_nl", &mut layout.object_nl),
        ("array_nl", &mut layout.array_nl),
    ] {
        if let Some(text) = options.text(interp, name)? {
            *place = text;
        }
    }
    layout.allow_nan = options.on(interp, "allow_nan", layout.allow_nan)?;
    layout.ascii_only = options.on(interp, "ascii_only", false)?;
    layout.script_safe = options.on(interp, "escape_slash", false)?;
    layout.max_nesting = options.nesting(interp, layout.max_nesting)?;
    Ok(layout)
}

fn generate(interp: &mut Interp, _: Value, args: &Args) -> R {
    let options = Options::of(interp, args, 1);
    let layout = layout(interp, &options, Layout::default())?;
    write::whole(interp, args.get(0), State::new(layout))
}

fn pretty_generate(interp: &mut Interp, _: Value, args: &Args) -> R {
    let options = Options::of(interp, args, 1);
    let layout = layout(interp, &options, Layout::pretty())?;
    write::whole(interp, args.get(0), State::new(layout))
}

fn dump(interp: &mut Interp, _: Value, args: &Args) -> R {
    let layout = Layout {
        allow_nan: true,
        max_nesting: usize::MAX,
        ..Layout::default()
    };
    let text = write::whole(interp, args.get(0), State::new(layout))?;
    match args.opt(1) {
        Some(io) if io.obj().is_some() && interp.hash_data(io).is_none() => {
            interp.call(io, "write", &[text])?;
            Ok(io)
        }
        _ => Ok(text),
    }
}

fn print(interp: &mut Interp, this: Value, args: &Args, pretty: bool) -> R {
    for value in &args.list {
        let layout = if pretty {
            Layout::pretty()
        } else {
            Layout::default()
        };
        let text = write::whole(interp, *value, State::new(layout))?;
        interp.call(this, "puts", &[text])?;
    }
    Ok(Value::NIL)
}

/// `to_json`, given options or the state of a text that is being written.
fn to_json(interp: &mut Interp, this: Value, args: &Args) -> R {
    if let Some(state) = interp.host_data::<State>(args.get(0)).cloned() {
        return write::plain(interp, this, &state);
    }
    let options = Options::of(interp, args, 0);
    let layout = layout(interp, &options, Layout::default())?;
    write::plain(interp, this, &State::new(layout))
}

fn parse(interp: &mut Interp, this: Value, args: &Args) -> R {
    read(interp, this, args, false)
}

fn read(interp: &mut Interp, _: Value, args: &Args, loose: bool) -> R {
    let options = Options::of(interp, args, 1);
    let text = interp.str_arg(args.get(0))?;
    let wanted = read::Wanted {
        symbols: options.on(interp, "symbolize_names", false)?,
        nan: options.on(interp, "allow_nan", loose)?,
        max_nesting: options.nesting(interp, if loose { usize::MAX } else { 100 })?,
        object_class: options
            .get(interp, "object_class")?
            .filter(|c| interp.as_class(*c).is_some_and(|c| c != interp.core.hash)),
        array_class: options
            .get(interp, "array_class")?
            .filter(|c| interp.as_class(*c).is_some_and(|c| c != interp.core.array)),
        freeze: options.on(interp, "freeze", false)?,
    };
    if options.on(interp, "create_additions", false)? && text.contains("json_class") {
        return Err(interp.not_supported("JSON that makes objects of other classes"));
    }
    read::document(interp, &text, &wanted)
}

/// `JSON.load`: nothing is nil, and there is no limit.
fn load(interp: &mut Interp, this: Value, args: &Args) -> R {
    let mut source = args.get(0);
    if interp.text(source).is_none() && source.obj().is_some() && interp.responds(source, "read") {
        source = interp.call(source, "read", &[])?;
    }
    if source.is_nil() || interp.text(source).is_some_and(str::is_empty) {
        return Ok(Value::NIL);
    }
    let options = args.list.iter().skip(1);
    let hash = options.copied().find(|v| interp.hash_data(*v).is_some());
    let mut list = vec![source];
    list.extend(hash);
    let value = read(interp, this, &Args::of(&list), true)?;
    let proc = args
        .opt(1)
        .filter(|p| !p.is_nil() && interp.hash_data(*p).is_none() && p.obj().is_some());
    if let Some(proc) = proc {
        visit(interp, value, proc, 0)?;
    }
    Ok(value)
}

/// Calls the proc of `JSON.load` with every part, the whole last.
fn visit(interp: &mut Interp, value: Value, proc: Value, depth: usize) -> R<()> {
    if depth < 200 {
        let parts = match interp.array_items(value) {
            Some(items) => items.to_vec(),
            None => super::super::hash::pairs(interp, value)
                .into_iter()
                .flat_map(|(k, v)| [k, v])
                .collect(),
        };
        for part in parts {
            visit(interp, part, proc, depth + 1)?;
        }
    }
    let name = Name::new("call");
    interp
        .send(proc, name, Args::of(&[value]), Form::Own)
        .map(|_| ())
}

fn load_file(interp: &mut Interp, _: Value, args: &Args) -> R {
    let path = interp.to_text(args.get(0))?;
    Ok(interp.outside(format!("the content of {path}")))
}
