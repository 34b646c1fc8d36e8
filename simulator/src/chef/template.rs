//! Rendering templates and taking files of cookbooks.

use std::sync::{Arc, LazyLock};

use foretaste_parser::name::Name;
use foretaste_parser::ruby::ast::Program;
use foretaste_parser::source::Location;

use super::dsl::{cookbook_of, fact, raise};
use super::file_specificity::{self, Host, Segment, Wanted};
use super::property::force;
use super::resource::{label, read};
use super::run::{evidence, run};
use crate::convergence::RenderedFile;
use crate::ruby::Interp;
use crate::ruby::builtin::{Builtin, def, table};
use crate::ruby::class::{ClassId, Table};
use crate::ruby::env::{Args, Cref, Definee};
use crate::ruby::flow::{Flow, R};
use crate::ruby::object::{Data, Key, Str};
use crate::ruby::output::Buffer;
use crate::ruby::unknown::{first_hole, is_hole};
use crate::ruby::value::{Origin, Value};

static CONTEXT: &[Builtin] = &[
    def("node", 0, 0, node),
    def("render", 1, 2, render_partial).takes_unknown(),
    def("template_name", 0, 0, |i, v, _| {
        Ok(i.ivar(v, Name::new("@template_name")).unwrap_or(Value::NIL))
    }),
    def("cookbook_name", 0, 0, |i, v, _| {
        Ok(i.ivar(v, Name::new("@cookbook_name")).unwrap_or(Value::NIL))
    }),
    def("recipe_name", 0, 0, |i, v, _| {
        Ok(i.ivar(v, Name::new("@recipe_name")).unwrap_or(Value::NIL))
    }),
];
static CONTEXT_TABLE: Table = LazyLock::new(|| table(CONTEXT));

/// `node` of a template, which a partial that is given variables has only where it is one of them.
fn node(interp: &mut Interp, this: Value, _: &Args) -> R {
    let node = interp.ivar(this, Name::new("@node"));
    node.filter(|n| n.truthy() != Some(false)).ok_or_else(|| {
        interp.error(
            interp.core.runtime_error,
            "Could not find a value for node. If you are explicitly setting variables in a template, include a node \
             variable if you plan to use it.",
        )
    })
}

pub fn install(interp: &mut Interp, class: ClassId) {
    interp.add_methods(class, &CONTEXT_TABLE);
}

/// The text of a property, where it is known to be one.
fn text_of(interp: &mut Interp, this: Value, name: &str) -> R<Option<String>> {
    let value = read(interp, this, Name::new(name))?;
    if value.is_nil() {
        return Ok(None);
    }
    interp.to_text(value).map(Some)
}

/// Where a file resource writes: `path`, else its name.
fn target(interp: &mut Interp, this: Value) -> R<String> {
    let path = text_of(interp, this, "path")?;
    match path {
        Some(path) => Ok(path),
        None => {
            let name = interp.ivar(this, Name::new("@name")).unwrap_or(Value::NIL);
            interp.to_text(name)
        }
    }
}

/// What of this node decides which of several files is meant; a fact that is unknown chooses none.
pub struct Facts {
    fqdn: Option<String>,
    platform: Option<String>,
    version: Option<String>,
}

impl Facts {
    pub fn of(interp: &mut Interp) -> Self {
        let mut known = |name| fact(interp, name).ok().filter(|t| first_hole(t).is_none());
        Self {
            fqdn: known("fqdn"),
            platform: known("platform"),
            version: known("platform_version"),
        }
    }

    pub fn host(&self) -> Host<'_> {
        Host {
            fqdn: self.fqdn.as_deref(),
            platform: self.platform.as_deref(),
            platform_version: self.version.as_deref(),
        }
    }
}

/// The file of a cookbook that a source means on this node.
fn locate(interp: &mut Interp, cookbook: &str, segment: Segment, sources: &[String]) -> R<String> {
    let Some(chosen) = run(interp).cookbooks.get(cookbook).cloned() else {
        if run(interp).elsewhere.iter().any(|c| c == cookbook) {
            let reason = format!("a file of cookbook {cookbook}, which is not in the repository");
            let unknown = interp.outside(reason).unknown();
            return Err(unknown.map_or(Flow::Next(Value::NIL), Flow::Unknown));
        }
        let message = format!("Cookbook {cookbook} not found.");
        return Err(raise(interp, "CookbookNotFound", message));
    };
    let facts = Facts::of(interp);
    let host = facts.host();
    let wanted = match sources {
        [one] => Wanted::One(one),
        several => Wanted::Several(several),
    };
    for candidate in file_specificity::candidates(segment, wanted, host) {
        let path = chosen.cookbook.path(&candidate);
        run(interp).looked_at(&path);
        if chosen.cookbook.has(&path) {
            return Ok(path);
        }
    }
    let version = chosen
        .cookbook
        .version
        .clone()
        .unwrap_or_else(|| "0.0.0".to_owned());
    let prefix = chosen.cookbook.path("");
    let existing: Vec<String> = chosen
        .cookbook
        .below(segment.name(), "")
        .map(|p| {
            p.strip_prefix(&prefix)
                .unwrap_or(p)
                .trim_start_matches('/')
                .to_owned()
        })
        .collect();
    let message =
        file_specificity::not_found_message(cookbook, &version, segment, wanted, host, &existing);
    Err(raise(interp, "FileNotFound", message))
}

fn sources(interp: &mut Interp, this: Value, default: String) -> R<Vec<String>> {
    let value = read(interp, this, Name::new("source"))?;
    if value.is_nil() {
        return Ok(vec![default]);
    }
    if let Some(id) = interp.unknown_or_hole(value) {
        return Err(Flow::Unknown(id));
    }
    match interp.array_items(value).map(<[Value]>::to_vec) {
        Some(items) => items.into_iter().map(|i| interp.to_text(i)).collect(),
        None => Ok(vec![interp.to_text(value)?]),
    }
}

/// Renders a `template` resource into the node's files.
pub fn template(interp: &mut Interp, this: Value, conditional: Option<String>) -> R<()> {
    let path = target(interp, this)?;
    let name = path.rsplit('/').next().unwrap_or("").to_owned();
    let list = match sources(interp, this, format!("{name}.erb")) {
        Err(Flow::Unknown(id)) => return unknown_file(interp, this, &path, id, conditional),
        other => other?,
    };
    let cookbook = match text_of(interp, this, "cookbook")? {
        Some(cookbook) => cookbook,
        None => cookbook_of(interp, this),
    };
    let local = read(interp, this, Name::new("local"))?.truthy() == Some(true);
    if local {
        let reason = interp.outside("a template that lies on the node").unknown();
        return match reason {
            Some(id) => unknown_file(interp, this, &path, id, conditional),
            None => Ok(()),
        };
    }
    let file = match locate(interp, &cookbook, Segment::Templates, &list) {
        Err(Flow::Unknown(id)) => return unknown_file(interp, this, &path, id, conditional),
        other => other?,
    };
    run(interp).looked_at(&file);
    let Some(tree) = run(interp).repository.erb(&file) else {
        return Ok(());
    };
    let context = context(interp, this, &file)?;
    let variables = read(interp, this, Name::new("variables"))?;
    let unknown_variables = set_variables(interp, this, context, variables)?;
    let buffer = match render(interp, &tree, context) {
        Ok(buffer) => buffer,
        Err(Flow::Raise(exception)) => return Err(template_error(interp, exception, &tree)),
        Err(flow) => return Err(flow),
    };
    let origin = interp.deep_origin(variables);
    let origin = interp.origins.union(origin, buffer.origin);
    let conditional = conditional.or(unknown_variables);
    keep(
        interp,
        this,
        path,
        &buffer,
        origin,
        Some(&tree),
        conditional,
    )
}

/// `Chef::Mixin::Template::TemplateError`, with where in the template it was raised.
fn template_error(interp: &mut Interp, exception: Value, tree: &Arc<Program>) -> Flow {
    let frames = match exception.obj().map(|id| interp.data(id)) {
        Some(Data::Exception(e)) => e.backtrace.clone(),
        _ => Vec::new(),
    };
    let place = frames
        .iter()
        .find(|f| f.path == *tree.source.path())
        .cloned();
    let message = interp.exception_text(exception);
    let class = super::error_class_at(interp, "Chef::Mixin::Template::TemplateError");
    if interp.is_a(exception, class) {
        return Flow::Raise(exception);
    }
    run(interp).template_place = place.or_else(|| frames.first().cloned());
    let flow = interp.error(class, message);
    if let Flow::Raise(wrapped) = &flow
        && let Some(id) = wrapped.obj()
        && let Data::Exception(e) = &mut interp.heap.get_mut(id).data
    {
        e.cause = Some(exception);
        if !frames.is_empty() {
            e.backtrace = frames;
        }
    }
    flow
}

/// Modules that extend a template's context, and those of its partials.
const HELPERS: &str = "@__helpers";
/// The cookbook in which partials are looked for: the one that declares the resource.
const PARTIALS: &str = "@__partials";

/// The object that a template's code runs in.
fn context(interp: &mut Interp, this: Value, file: &str) -> R {
    let class = run(interp).classes.template_context;
    let object: Value = interp.alloc(class, Data::Plain).into();
    let node = run(interp).node_value;
    let cookbook = cookbook_of(interp, this);
    let cookbook = interp.str(cookbook);
    let recipe = interp
        .ivar(this, Name::new("@recipe_name"))
        .unwrap_or(Value::NIL);
    let helpers = interp.ivar(this, Name::new(HELPERS)).unwrap_or(Value::NIL);
    for (name, value) in [
        ("@node", node),
        ("@cookbook_name", cookbook),
        (PARTIALS, cookbook),
        ("@recipe_name", recipe),
        (HELPERS, helpers),
    ] {
        interp.set_ivar(object, Name::new(name), value)?;
    }
    // A client keeps the cookbooks that it has fetched in its cache.
    let meta = super::resource::meta(interp, this);
    let place = meta.map(|m| (m.location.path.to_string(), m.location.line));
    if let Some((path, line)) = place {
        let path = format!("/var/chef/cache/{path}");
        let whole = interp.str(format!("{path}:{line}:in `from_file'"));
        let path = interp.str(path);
        interp.set_ivar(object, Name::new("@recipe_line_string"), whole)?;
        interp.set_ivar(object, Name::new("@recipe_path"), path)?;
        interp.set_ivar(object, Name::new("@recipe_line"), i64::from(line).into())?;
    }
    let source = read(interp, this, Name::new("source"))?;
    interp.set_ivar(object, Name::new("@template_name"), source)?;
    let file = interp.str(format!("/var/chef/cache/{file}"));
    interp.set_ivar(object, Name::new("@template_path"), file)?;
    extend(interp, object, helpers)?;
    Ok(object)
}

fn extend(interp: &mut Interp, context: Value, helpers: Value) -> R<()> {
    let modules = interp.array_items(helpers).map(<[Value]>::to_vec);
    for module in modules.unwrap_or_default() {
        interp.call(context, "extend", &[module])?;
    }
    Ok(())
}

/// Gives the context the template's variables; the reason why some are unknown as a whole.
fn set_variables(
    interp: &mut Interp,
    this: Value,
    context: Value,
    variables: Value,
) -> R<Option<String>> {
    if let Some(id) = interp.unknown_of(variables) {
        // Every variable could be there: reading one gives nil, which would be a guess.
        return Ok(Some(interp.unknowns.reason(id).to_owned()));
    }
    let pairs: Vec<(Key, Value)> = interp
        .hash_data(variables)
        .map(|h| h.map.iter().map(|(k, (_, v))| (k.clone(), *v)).collect())
        .unwrap_or_default();
    for (key, value) in pairs {
        let Some(name) = super::json::key_text(&key) else {
            continue;
        };
        let name = Name::new(&format!("@{name}"));
        let value = force(interp, this, value)?;
        interp.set_ivar(context, name, value)?;
    }
    Ok(None)
}

/// Runs a template's code and gives back what it wrote.
pub fn render(interp: &mut Interp, tree: &Arc<Program>, context: Value) -> R<Buffer> {
    super::load::check_syntax(interp, tree)?;
    run(interp).template_depth += 1;
    if run(interp).template_depth > 60 {
        run(interp).template_depth -= 1;
        return Err(interp.error(interp.core.system_stack_error, "stack level too deep"));
    }
    let depth = interp.buffers.len();
    interp.buffers.push(Buffer::default());
    let definee = Definee::SingletonOf(context);
    let cref = std::rc::Rc::new(Cref {
        class: interp.core.object,
        parent: None,
    });
    let result = interp.run_template(tree, context, cref, definee);
    run(interp).template_depth -= 1;
    let buffer = interp
        .buffers
        .get_mut(depth)
        .map(std::mem::take)
        .unwrap_or_default();
    interp.buffers.truncate(depth);
    match result? {
        None => Ok(buffer),
        Some(value) => instead(interp, value, buffer),
    }
}

/// What a template gives that `return` or `next` end: their value, and not what was written.
fn instead(interp: &mut Interp, value: Value, written: Buffer) -> R<Buffer> {
    let text = interp.to_text(value)?;
    let origin = interp.origin_of(value);
    Ok(Buffer {
        marks: written.marks.into_iter().take(1).collect(),
        origin: interp.origins.union(written.origin, origin),
        encoding: None,
        text,
    })
}

/// `render 'partial.erb', variables: {…}, cookbook: …` inside a template.
fn render_partial(interp: &mut Interp, this: Value, args: &Args) -> R {
    if let Some(id) = interp.unknown_or_hole(args.get(0)) {
        return Ok(id.into());
    }
    let mut name = interp.to_text(args.get(0))?;
    let options = args.opt(1);
    let option = |interp: &Interp, key: &str| {
        let hash = interp.hash_data(options?)?;
        hash.map.get(&Key::Sym(Name::new(key))).map(|(_, v)| *v)
    };
    let hidden = |interp: &Interp, name: &str| {
        let value = interp.ivar(this, Name::new(name));
        value.unwrap_or(Value::NIL)
    };
    if option(interp, "local").is_some_and(|l| l.truthy() != Some(false)) {
        return Ok(interp.outside("a template that lies on the node"));
    }
    if let Some(other) = option(interp, "source") {
        name = interp.to_text(other)?;
    }
    let partials = hidden(interp, PARTIALS);
    let cookbook = option(interp, "cookbook").unwrap_or(partials);
    let cookbook = interp.to_text(cookbook)?;
    let file = locate(
        interp,
        &cookbook,
        Segment::Templates,
        std::slice::from_ref(&name),
    )?;
    let Some(tree) = run(interp).repository.erb(&file) else {
        return Ok(Value::NIL);
    };
    let helpers = hidden(interp, HELPERS);
    let inner = match option(interp, "variables").filter(|v| v.truthy() != Some(false)) {
        None => interp.call(this, "dup", &[])?,
        // Then it has these alone, without the template's own and without the node.
        Some(variables) => {
            if let Some(id) = interp.unknown_of(variables) {
                return Ok(id.into());
            }
            let class = run(interp).classes.template_context;
            let inner: Value = interp.alloc(class, Data::Plain).into();
            set_variables(interp, this, inner, variables)?;
            interp.set_ivar(inner, Name::new(HELPERS), helpers)?;
            interp.set_ivar(inner, Name::new(PARTIALS), partials)?;
            inner
        }
    };
    extend(interp, inner, helpers)?;
    let buffer = render(interp, &tree, inner)?;
    // What a template of bytes gives is bytes, too.
    let made = match buffer.encoding {
        Some(encoding) => Str::from_bytes(buffer.text.as_bytes(), encoding),
        None => Str {
            text: buffer.text,
            ..Str::default()
        },
    };
    let text: Value = interp.alloc(interp.core.string, Data::Str(made)).into();
    Ok(text.with_origin(buffer.origin))
}

/// Keeps a rendered text as a file of the node.
fn keep(
    interp: &mut Interp,
    this: Value,
    path: String,
    buffer: &Buffer,
    origin: Origin,
    tree: Option<&Arc<Program>>,
    conditional: Option<String>,
) -> R<()> {
    let holes = buffer
        .text
        .chars()
        .filter(|c| is_hole(*c))
        .filter_map(|c| first_hole(c.encode_utf8(&mut [0; 4])))
        .map(|id| interp.unknowns.reason(id).to_owned())
        .collect();
    let searches = interp.origins.tags(origin).map(|t| t as usize).collect();
    let together = interp.origins.taken_together(origin);
    let together = together.map(|t| t as usize).collect();
    let sensitive = read(interp, this, Name::new("sensitive"))?.truthy() == Some(true);
    let file = RenderedFile {
        text: buffer.text.as_str().into(),
        holes,
        resource: label(interp, this),
        location: location(interp, this),
        template: tree.map(|t| t.source.clone()),
        template_lines: if tree.is_some() {
            buffer.lines()
        } else {
            Vec::new()
        },
        searches,
        together,
        origins: evidence(interp, origin),
        conditional,
        sensitive,
    };
    let path = interp.show_holes(&path);
    run(interp).files.insert(path, file);
    Ok(())
}

fn location(interp: &mut Interp, this: Value) -> Location {
    let found = this
        .obj()
        .and_then(|id| run(interp).metas.get(&id))
        .map(|m| m.location.clone());
    found.unwrap_or_else(|| Location::line("", 1))
}

/// A file whose whole content is unknown.
fn unknown_file(
    interp: &mut Interp,
    this: Value,
    path: &str,
    id: crate::ruby::value::UnknownId,
    conditional: Option<String>,
) -> R<()> {
    let buffer = Buffer {
        text: crate::ruby::unknown::hole(id).to_string(),
        ..Buffer::default()
    };
    keep(
        interp,
        this,
        path.to_owned(),
        &buffer,
        Origin::HERE,
        None,
        conditional,
    )
}

/// `file '/x' { content … }`
pub fn file(interp: &mut Interp, this: Value, conditional: Option<String>) -> R<()> {
    let content = read(interp, this, Name::new("content"))?;
    if content.is_nil() {
        return Ok(());
    }
    let path = target(interp, this)?;
    let origin = interp.deep_origin(content);
    let text = interp.to_text(content)?;
    let buffer = Buffer {
        text,
        ..Buffer::default()
    };
    keep(interp, this, path, &buffer, origin, None, conditional)
}

/// `cookbook_file '/x' { source … }`
pub fn cookbook_file(interp: &mut Interp, this: Value, conditional: Option<String>) -> R<()> {
    let path = target(interp, this)?;
    let name = path.rsplit('/').next().unwrap_or("").to_owned();
    let list = match sources(interp, this, name) {
        Err(Flow::Unknown(id)) => return unknown_file(interp, this, &path, id, conditional),
        other => other?,
    };
    let cookbook = match text_of(interp, this, "cookbook")? {
        Some(cookbook) => cookbook,
        None => cookbook_of(interp, this),
    };
    let file = match locate(interp, &cookbook, Segment::Files, &list) {
        Err(Flow::Unknown(id)) => return unknown_file(interp, this, &path, id, conditional),
        other => other?,
    };
    let Some(text) = run(interp).repository.text(&file) else {
        return Ok(());
    };
    let source = Arc::new(foretaste_parser::source::Source::new(
        file.as_str(),
        text.as_str(),
    ));
    let buffer = Buffer {
        text,
        ..Buffer::default()
    };
    keep(
        interp,
        this,
        path.clone(),
        &buffer,
        Origin::HERE,
        None,
        conditional,
    )?;
    let shown = interp.show_holes(&path);
    if let Some(kept) = run(interp).files.get_mut(&shown) {
        let lines = u32::try_from(kept.text.lines().count()).unwrap_or(u32::MAX);
        kept.template = Some(source);
        kept.template_lines = (1..=lines).collect();
    }
    Ok(())
}

/// `remote_directory '/x' { source … }`: every file below the folder.
pub fn remote_directory(interp: &mut Interp, this: Value, conditional: Option<String>) -> R<()> {
    let path = target(interp, this)?;
    let name = path.rsplit('/').next().unwrap_or("").to_owned();
    let folder = text_of(interp, this, "source")?.unwrap_or(name);
    let cookbook = match text_of(interp, this, "cookbook")? {
        Some(cookbook) => cookbook,
        None => cookbook_of(interp, this),
    };
    let Some(chosen) = run(interp).cookbooks.get(&cookbook).cloned() else {
        return Ok(());
    };
    for base in [
        format!("files/default/{folder}/"),
        format!("files/{folder}/"),
    ] {
        let prefix = chosen.cookbook.path(&base);
        for file in chosen
            .cookbook
            .files
            .iter()
            .filter(|f| f.starts_with(&prefix))
        {
            let Some(text) = run(interp).repository.text(file) else {
                continue;
            };
            let inside = file.get(prefix.len()..).unwrap_or("");
            let buffer = Buffer {
                text,
                ..Buffer::default()
            };
            keep(
                interp,
                this,
                format!("{path}/{inside}"),
                &buffer,
                Origin::HERE,
                None,
                conditional.clone(),
            )?;
        }
    }
    Ok(())
}
