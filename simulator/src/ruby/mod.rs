//! The Ruby machine: a tree-walking abstract interpreter. It knows nothing of Chef.
//!
//! # How evaluation works
//!
//! * **Values** ([`value`]) are small copies: immediates, references into the [`heap`], or
//!   `Unknown` with a reason. Each carries its **origin**: the set of places that it was derived
//!   from. A native call's result has the origins of receiver and arguments; whatever is created
//!   while a branch is taken has the origins of the branch's condition (`Interp::control`).
//! * **Unknown** values spread: a call on one gives it back. A string may have *holes*: characters
//!   that stand for unknown text, so that a rendered file keeps all that is known.
//! * **A branch on an unknown** runs both ways ([`fork`]): each side's writes are taken back by the
//!   heap's journal, and the two states are joined; what differs becomes unknown. What a side
//!   declares to the host while it runs is conditional (`Interp::condition`).
//! * **Leaving** an expression (`raise`, `break`, `return`, …) is the error side of a `Result`
//!   ([`flow::Flow`]).
//! * **Methods** are found along the ancestors of a class ([`class`]); native ones are declared in
//!   tables ([`builtin`]). A method that real Ruby has and we lack gives an unsupported unknown.
//! * **Budgets** ([`budget`]) bound steps, depth and memory; running out is `Flow::Halt`.
//! * **The host** (the layer above) adds classes with native tables, keeps its state in
//!   `Interp::host`, and answers for missing constants, `require` and commands through [`Hooks`].

use crate::hash::IndexMap;
use std::any::Any;
use std::rc::Rc;
use std::sync::Arc;

use foretaste_parser::name::Name;
use foretaste_parser::source::{Location, Source, Span};

mod blocks;
pub mod boot;
pub mod budget;
pub mod builtin;
pub mod call;
pub mod class;
pub mod convert;
pub mod encoding;
pub mod env;
mod eval;
pub mod flow;
pub mod fork;
pub mod heap;
pub mod library;
pub mod object;
pub mod origin;
pub mod output;
pub mod params;
mod programs;
pub mod together;
pub mod unknown;
pub mod value;

use budget::Budget;
use class::{ClassId, Classes};
use flow::R;
use heap::Heap;
use object::{Data, Hash, Str};
use origin::Origins;
use unknown::Unknowns;
use value::{Kind, ObjId, Origin, UnknownId, Value};

/// One run of the machine. Not shared between threads; trees and native tables are.
pub struct Interp {
    pub heap: Heap,
    pub origins: Origins,
    pub unknowns: Unknowns,
    pub classes: Classes,
    pub core: boot::Core,
    pub globals: IndexMap<Name, Value>,
    /// Sources of the conditions under which evaluation stands now.
    pub control: Origin,
    /// Union of the origins of all conditions that were branched on.
    pub branched_on: Origin,
    /// Collections whose items were not all looked at: what comes after depends on them together.
    pub cut_short: Origin,
    /// Collections of whose number of items, or the like, something was computed that may fail with another number.
    pub counted_on: Origin,
    /// Collections whose items were treated together anywhere.
    pub treated_together: Origin,
    /// Where the loop over the items of a collection began, while one runs.
    gathering: Option<together::Gathering>,
    pub budget: Budget,
    /// Why the pattern that was tried last did not match, as Ruby words it.
    pub(crate) mismatch: eval::Mismatch,
    /// Hashes that are being walked through: no key can be added to them.
    pub iterating: Vec<ObjId>,
    /// Templates being rendered, innermost last.
    pub buffers: Vec<output::Buffer>,
    /// What `puts` and its like wrote.
    pub stdout: String,
    /// The layer above keeps its state here.
    pub host: Option<Box<dyn Any>>,
    pub hooks: Hooks,
    /// `$~`
    match_cell: env::MatchCell,
    /// `$!`
    pub current_exception: Option<Value>,
    /// The main object.
    pub main: Value,
    stack: Vec<StackFrame>,
    /// Native methods being run, each with the height of the stack that called it.
    natives: Vec<(usize, &'static str)>,
    /// The first file that was run, for `TOPLEVEL_BINDING`.
    toplevel: Option<(env::Env, Box<[Name]>)>,
    /// Whose code makes the call being evaluated.
    sender: Value,
    /// The call being evaluated, in the source of the innermost frame.
    current: Span,
    conditions: Vec<UnknownId>,
    /// Class bodies being run, for `private` and its like.
    class_bodies: Vec<(ClassId, Rc<env::Activation>)>,
    regions: Vec<fork::Region>,
    /// Objects whose `inspect` is under way, for recursive structures.
    pub inspecting: Vec<ObjId>,
    /// Tags of the `catch` blocks being run.
    pub catching: Vec<Value>,
    /// Which files of the standard library have been run, a bit each.
    loaded: u64,
    next_id: u64,
}

#[derive(Clone)]
struct StackFrame {
    source: Arc<Source>,
    /// The call in the frame below that led here.
    call: Span,
    label: Label,
}

/// What a frame runs, as backtraces name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label {
    Main,
    Method(Name),
    /// A block so many levels inside a method, or a file.
    Block(Option<Name>, u16),
    /// The body of a class.
    Class(ClassId),
    Native(&'static str),
}

/// What the layer above answers for. The defaults model a plain Ruby.
#[derive(Clone, Copy)]
pub struct Hooks {
    /// A constant that is defined nowhere, by its scope and name; `None` raises `NameError`.
    pub const_missing: fn(&mut Interp, ClassId, Name) -> R<Option<Value>>,
    /// `require "name"`.
    pub require: fn(&mut Interp, &str) -> R,
    /// Backticks and `system`; the text may have holes.
    pub shell: fn(&mut Interp, Value) -> R,
    /// A question about a path of the machine, by the name of `File`'s method; `None` where nobody has answered it.
    pub file: fn(&mut Interp, &str, &str) -> R<Option<Value>>,
    /// A call that found no method; `None` goes on to `NoMethodError`.
    pub method_missing: fn(&mut Interp, Value, Name, &env::Args) -> R<Option<Value>>,
    /// The standard library counts as loaded, without `require`.
    pub preloaded: bool,
    /// What a write to a frozen object raises, where that is not `FrozenError`.
    pub frozen: fn(&mut Interp, Value) -> Option<flow::Flow>,
}

impl Default for Hooks {
    fn default() -> Self {
        Self {
            const_missing: |_, _, _| Ok(None),
            require: |interp, name| {
                let loaded = interp.require_library(name)?;
                if loaded || library::exists(name) {
                    return Ok(Value::TRUE);
                }
                let message = format!("cannot load such file -- {name}");
                let flow = interp.error(interp.core.load_error, message);
                let path = interp.str(name);
                Err(interp.with_detail(flow, "path", path))
            },
            preloaded: false,
            shell: |interp, _| Ok(interp.outside("the output of a command")),
            file: |_, _, _| Ok(None),
            method_missing: |_, _, _, _| Ok(None),
            frozen: |_, _| None,
        }
    }
}

impl Interp {
    pub fn alloc(&mut self, class: ClassId, data: Data) -> ObjId {
        self.heap.alloc(class, data, self.control)
    }

    /// A new string.
    pub fn str(&mut self, text: impl Into<String>) -> Value {
        let id = self.alloc(
            self.core.string,
            Data::Str(Str {
                text: text.into(),
                encoding: encoding::Encoding::Utf8,
            }),
        );
        Value {
            kind: Kind::Obj(id),
            origin: Origin::HERE,
        }
    }

    pub fn array(&mut self, items: Vec<Value>) -> Value {
        self.alloc(self.core.array, Data::Array(items)).into()
    }

    pub fn hash(&mut self, hash: Hash) -> Value {
        self.alloc(self.core.hash, Data::Hash(Box::new(hash)))
            .into()
    }

    pub fn data(&self, id: ObjId) -> &Data {
        &self.heap.get(id).data
    }

    /// The text of a string value; with holes where parts are unknown.
    pub fn text(&self, value: Value) -> Option<&str> {
        match self.data(value.obj()?) {
            Data::Str(s) => Some(&s.text),
            _ => None,
        }
    }

    /// The text of a string or symbol.
    pub fn text_or_sym(&self, value: Value) -> Option<&str> {
        match value.kind {
            Kind::Sym(name) => Some(name.as_str()),
            _ => self.text(value),
        }
    }

    pub fn array_items(&self, value: Value) -> Option<&[Value]> {
        match self.data(value.obj()?) {
            Data::Array(items) => Some(items),
            _ => None,
        }
    }

    pub fn hash_data(&self, value: Value) -> Option<&Hash> {
        match self.data(value.obj()?) {
            Data::Hash(hash) => Some(hash),
            _ => None,
        }
    }

    /// The hash for writing; refuses frozen ones.
    #[expect(clippy::unreachable, reason = "the kind is checked just before")]
    pub fn hash_mut(&mut self, value: Value) -> R<&mut Hash> {
        let id = self.writable(value)?;
        if !matches!(self.data(id), Data::Hash(_)) {
            return Err(self.type_error("not a hash"));
        }
        match &mut self.heap.get_mut(id).data {
            Data::Hash(hash) => Ok(hash),
            _ => unreachable!("checked above"),
        }
    }

    #[expect(clippy::unreachable, reason = "the kind is checked just before")]
    pub fn array_mut(&mut self, value: Value) -> R<&mut Vec<Value>> {
        let id = self.writable(value)?;
        if !matches!(self.data(id), Data::Array(_)) {
            return Err(self.type_error("not an array"));
        }
        match &mut self.heap.get_mut(id).data {
            Data::Array(items) => Ok(items),
            _ => unreachable!("checked above"),
        }
    }

    #[expect(clippy::unreachable, reason = "the kind is checked just before")]
    pub fn str_mut(&mut self, value: Value) -> R<&mut Str> {
        let id = self.writable(value)?;
        if !matches!(self.data(id), Data::Str(_)) {
            return Err(self.type_error("not a string"));
        }
        match &mut self.heap.get_mut(id).data {
            Data::Str(s) => Ok(s),
            _ => unreachable!("checked above"),
        }
    }

    /// The object behind a value, where it is not frozen.
    pub fn writable(&mut self, value: Value) -> R<ObjId> {
        match value.obj() {
            Some(id) if !self.heap.get(id).frozen => Ok(id),
            _ => Err(self.frozen_error(value)),
        }
    }

    /// Sources of a value: its own and those that reached its object.
    pub fn origin_of(&mut self, value: Value) -> Origin {
        match value.obj() {
            Some(id) => {
                let own = self.heap.get(id).origin;
                self.origins.union(value.origin, own)
            }
            None => value.origin,
        }
    }

    /// Sources of a value and of everything inside it.
    pub fn deep_origin(&mut self, value: Value) -> Origin {
        let mut seen = std::collections::BTreeSet::new();
        let mut todo = vec![value];
        let mut origin = Origin::HERE;
        while let Some(value) = todo.pop() {
            let own = self.origin_of(value);
            origin = self.origins.union(origin, own);
            let Some(id) = value.obj() else { continue };
            if !seen.insert(id) {
                continue;
            }
            let object = self.heap.get(id);
            match &object.data {
                Data::Array(items) => todo.extend(items),
                Data::Hash(hash) => todo.extend(hash.map.values().flat_map(|(k, v)| [*k, *v])),
                Data::Plain => todo.extend(object.ivars.iter().flat_map(|m| m.values())),
                _ => {}
            }
        }
        origin
    }

    /// Truth where it is known; an unknown leaves the builtin that asks.
    pub fn truth(&mut self, value: Value) -> R<bool> {
        match value.kind {
            Kind::Unknown(id) => Err(flow::Flow::Unknown(id)),
            Kind::Nil | Kind::Bool(false) => Ok(false),
            _ => Ok(true),
        }
    }

    /// The unknown that a value is or consists of: an unknown, or an object of unknown content.
    pub fn unknown_of(&self, value: Value) -> Option<UnknownId> {
        match value.kind {
            Kind::Unknown(id) => Some(id),
            Kind::Obj(id) => match self.data(id) {
                Data::Opaque(id) => Some(*id),
                _ => None,
            },
            _ => None,
        }
    }

    /// Like [`Self::unknown_of`], and strings with holes too.
    pub fn unknown_or_hole(&self, value: Value) -> Option<UnknownId> {
        self.unknown_of(value)
            .or_else(|| unknown::first_hole(self.text(value)?))
    }

    /// Where evaluation stands.
    pub fn location(&self) -> Option<Location> {
        let mut span = self.current;
        for frame in self.stack.iter().rev() {
            if !is_internal(&frame.source) {
                return Some(frame.source.location(span));
            }
            span = frame.call;
        }
        None
    }

    /// The frames, innermost first.
    pub fn backtrace(&self) -> Vec<Location> {
        let mut out = Vec::new();
        let mut span = self.current;
        for frame in self.stack.iter().rev() {
            if out.len() == 50 {
                break;
            }
            if !is_internal(&frame.source) {
                out.push(frame.source.location(span));
            }
            span = frame.call;
        }
        out
    }

    /// The frames with what runs in each, innermost first, native methods too.
    pub fn trace(&self) -> Vec<(Location, Label)> {
        let mut out = Vec::new();
        let mut span = self.current;
        let mut natives = self.natives.iter().rev().peekable();
        for (i, frame) in self.stack.iter().enumerate().rev() {
            if out.len() == MAX_TRACE {
                break;
            }
            while let Some((height, name)) = natives.next_if(|n| n.0 > i) {
                let shown = *height == i + 1 && !UNTRACED.contains(name);
                if shown && out.len() < MAX_TRACE && !is_internal(&frame.source) {
                    out.push((frame.source.location(span), Label::Native(name)));
                }
            }
            if out.len() < MAX_TRACE && !is_internal(&frame.source) {
                out.push((frame.source.location(span), frame.label));
            }
            span = frame.call;
        }
        out
    }

    /// A frame as `backtrace` and `caller` give it.
    pub fn trace_line(&self, frame: &(Location, Label)) -> String {
        format!("{}:in `{}'", frame.0, self.label_text(frame.1))
    }

    pub fn label_text(&self, label: Label) -> String {
        let block = |method: &str, levels: u16| match levels {
            0 | 1 => format!("block in {method}"),
            n => format!("block ({n} levels) in {method}"),
        };
        match label {
            Label::Main => "<main>".into(),
            Label::Method(name) => name.to_string(),
            Label::Block(Some(name), levels) => block(name.as_str(), levels),
            Label::Block(None, levels) => block("<main>", levels),
            Label::Class(id) => {
                let class = self.classes.get(id);
                if class.attached.is_some() {
                    return "singleton class".into();
                }
                let word = if class.is_module { "module" } else { "class" };
                let name = self.class_name(id);
                format!("<{word}:{}>", name.rsplit("::").next().unwrap_or(&name))
            }
            Label::Native(name) => name.into(),
        }
    }

    /// The source of the innermost frame.
    pub fn source(&self) -> Option<&Arc<Source>> {
        self.stack.last().map(|f| &f.source)
    }

    fn fresh_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    /// The state of the layer above.
    ///
    /// # Panics
    /// If no host of this type was set, which is a mistake of the layer above.
    #[expect(
        clippy::expect_used,
        reason = "a mistake of the layer above, not of any input"
    )]
    pub fn host_mut<T: Any>(&mut self) -> &mut T {
        self.host
            .as_mut()
            .and_then(|h| h.downcast_mut())
            .expect("the host of this machine")
    }

    #[expect(
        clippy::expect_used,
        reason = "a mistake of the layer above, not of any input"
    )]
    pub fn host_ref<T: Any>(&self) -> &T {
        self.host
            .as_ref()
            .and_then(|h| h.downcast_ref())
            .expect("the host of this machine")
    }

    /// The class of a value, its singleton class where it has one.
    pub fn class_of(&self, value: Value) -> ClassId {
        match value.kind {
            Kind::Nil => self.core.nil,
            Kind::Bool(true) => self.core.true_class,
            Kind::Bool(false) => self.core.false_class,
            Kind::Int(_) => self.core.integer,
            Kind::Float(_) => self.core.float,
            Kind::Sym(_) => self.core.symbol,
            Kind::Obj(id) => self.heap.get(id).class,
            Kind::Unknown(_) => self.core.object,
        }
    }

    /// `value.class`
    pub fn real_class_of(&self, value: Value) -> ClassId {
        let mut class = self.class_of(value);
        while self.classes.get(class).attached.is_some() {
            match self.classes.get(class).superclass {
                Some(next) => class = next,
                None => break,
            }
        }
        class
    }

    pub fn is_a(&mut self, value: Value, class: ClassId) -> bool {
        let own = self.class_of(value);
        self.classes.is_a(own, class)
    }

    /// The class that a value is, where it is one.
    pub fn as_class(&self, value: Value) -> Option<ClassId> {
        match self.data(value.obj()?) {
            Data::Class(id) => Some(*id),
            _ => None,
        }
    }

    /// `Name`, or `#<Class:0x…>` where it has none.
    pub fn class_name(&self, class: ClassId) -> Rc<str> {
        let c = self.classes.get(class);
        match &c.name {
            Some(name) => name.clone(),
            None if c.is_module => format!("#<Module:{}>", address(c.object)).into(),
            None => format!("#<Class:{}>", address(c.object)).into(),
        }
    }

    pub fn ivar(&self, value: Value, name: Name) -> Option<Value> {
        self.heap
            .get(value.obj()?)
            .ivars
            .as_ref()?
            .get(&name)
            .copied()
    }

    pub fn set_ivar(&mut self, value: Value, name: Name, to: Value) -> R<()> {
        let id = self.writable(value)?;
        self.heap
            .get_mut(id)
            .ivars
            .get_or_insert_default()
            .insert(name, to);
        Ok(())
    }
}

/// Frames that a backtrace keeps at most.
const MAX_TRACE: usize = 100;

/// Native methods that leave no frame in Ruby's backtraces either.
const UNTRACED: &[&str] = &[
    "raise",
    "fail",
    "backtrace",
    "caller",
    "caller_locations",
    "exception",
    "send",
    "__send__",
    "public_send",
    "call",
    "()",
    "yield",
    "binding",
    "lambda",
    "proc",
];

/// Whether a source is the machine's own.
fn is_internal(source: &Source) -> bool {
    source.path().starts_with(library::INTERNAL)
}

/// How an object's address prints; the same in every run.
#[must_use]
pub fn address(id: ObjId) -> String {
    format!("0x{:016x}", u64::from(id.0) * 8 + 0x1000)
}
