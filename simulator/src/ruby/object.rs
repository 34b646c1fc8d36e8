//! What lives in the heap.

use crate::hash::IndexMap;
use std::any::Any;
use std::borrow::Cow;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use foretaste_parser::name::Name;
use foretaste_parser::ruby::ast;
use foretaste_parser::source::Location;

use super::class::{ClassId, Method};
use super::encoding::{Encoding, is_plain, stray_byte};
use super::env::Env;
use super::value::{ObjId, Origin, UnknownId, Value};

#[derive(Clone, Debug)]
pub struct Object {
    pub data: Data,
    pub class: ClassId,
    /// Sources that reached this object by mutation or by the conditions under which it was made.
    pub origin: Origin,
    pub frozen: bool,
    pub ivars: Option<Box<IndexMap<Name, Value>>>,
}

#[derive(Clone, Debug)]
pub enum Data {
    /// An instance of a class written in Ruby: instance variables only.
    Plain,
    Str(Str),
    Array(Vec<Value>),
    Hash(Box<Hash>),
    Range(Box<Range>),
    Proc(Rc<Proc>),
    Regex(Rc<Regex>),
    /// An integer over 64 bits.
    Big(Rc<num_bigint::BigInt>),
    Match(Rc<Match>),
    /// A class or module as an object.
    Class(ClassId),
    Exception(Box<Exception>),
    /// `obj.method(:x)`
    Method(Rc<MethodObject>),
    /// Two branches left contents that cannot be joined.
    Opaque(UnknownId),
    /// What the layer above keeps in an object of one of its native classes.
    Host(Box<dyn HostData>),
}

/// A string: its encoding, and its bytes as characters (see [`super::encoding`]).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Str {
    pub text: String,
    pub encoding: Encoding,
}

impl Str {
    /// Bytes in an encoding.
    pub fn from_bytes(bytes: &[u8], encoding: Encoding) -> Str {
        Str {
            text: encoding.text_of(bytes),
            encoding,
        }
    }

    pub fn bytes(&self) -> Cow<'_, [u8]> {
        self.encoding.bytes_of(&self.text)
    }

    /// Only ASCII characters, as far as it is known.
    pub fn is_plain(&self) -> bool {
        self.encoding.ascii_compatible() && is_plain(&self.text)
    }

    /// Whether all its bytes are text of its encoding.
    pub fn is_valid(&self) -> bool {
        match self.encoding {
            Encoding::UsAscii => is_plain(&self.text),
            encoding if encoding.single_byte() => true,
            _ => !self.text.chars().any(|c| stray_byte(c).is_some()),
        }
    }

    /// The encoding of both joined (`rb_enc_compatible`): their own where they agree, else that of the one that is
    /// more than ASCII; `None` where both are.
    pub fn joint_encoding(&self, other: &Str) -> Option<Encoding> {
        if self.encoding == other.encoding || other.text.is_empty() {
            return Some(self.encoding);
        }
        if self.text.is_empty() {
            let keeps = self.encoding.ascii_compatible() && other.is_plain();
            return Some(if keeps { self.encoding } else { other.encoding });
        }
        if !self.encoding.ascii_compatible() || !other.encoding.ascii_compatible() {
            return None;
        }
        match (self.is_plain(), other.is_plain()) {
            (_, true) => Some(self.encoding),
            (true, false) => Some(other.encoding),
            (false, false) => None,
        }
    }

    /// Appends text that may be joined; bytes that only now make a character become one.
    pub fn push(&mut self, other: &str, encoding: Encoding) {
        let broken = |text: &str| {
            text.chars()
                .next_back()
                .is_some_and(|c| stray_byte(c).is_some())
        };
        let mends = encoding == Encoding::Utf8 && broken(&self.text);
        self.text.push_str(other);
        self.encoding = encoding;
        if mends {
            self.text = encoding.text_of(&encoding.bytes_of(&self.text));
        }
    }
}

/// A key by value, as `eql?` and `hash` compare.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    Nil,
    Bool(bool),
    Int(i64),
    Float(u64),
    Big(Rc<num_bigint::BigInt>),
    Sym(Name),
    Str(Rc<str>),
    Array(Box<[Key]>),
    Hash(Box<[(Key, Key)]>),
    /// By identity.
    Obj(ObjId),
}

#[derive(Clone, Debug, Default)]
pub struct Hash {
    pub map: IndexMap<Key, (Value, Value)>,
    pub default: Option<Value>,
    pub default_proc: Option<Value>,
    /// Symbols count as their strings (a Mash).
    pub indifferent: bool,
    /// `compare_by_identity`
    pub identity: bool,
    /// The host's own mark; zero for ordinary hashes.
    pub tag: u32,
}

#[derive(Clone, Debug)]
pub struct Range {
    pub low: Value,
    pub high: Value,
    pub exclusive: bool,
}

#[derive(Debug)]
pub struct Proc {
    pub body: ProcBody,
    pub lambda: bool,
}

#[derive(Debug)]
pub enum ProcBody {
    Block {
        block: Arc<ast::Block>,
        env: Env,
    },
    /// `&:name`, `:name.to_proc`
    Symbol(Name),
    Method(Rc<MethodObject>),
    /// A native function closed over values.
    Native {
        f: super::builtin::NativeFn,
        captured: Value,
    },
    /// `f >> g`: what runs first, then what runs on its result.
    Compose(Value, Value),
    /// `f.curry`, with the arguments so far and how many are wanted.
    Curry {
        f: Value,
        have: Vec<Value>,
        want: usize,
    },
}

pub struct Regex {
    /// As written, without delimiters.
    pub source: String,
    pub flags: ast::RegexFlags,
    /// `None` where the pattern is refused or beyond what the engine can do.
    pub compiled: Option<fancy_regex::Regex>,
    /// Group names in order, `None` for numbered groups; without the whole match.
    pub names: Vec<Option<Name>>,
}

impl fmt::Debug for Regex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}/", self.source)
    }
}

#[derive(Clone, Debug)]
pub struct Match {
    pub text: Rc<str>,
    pub regex: Rc<Regex>,
    /// Byte ranges; the whole match first.
    pub groups: Vec<Option<(usize, usize)>>,
    pub origin: Origin,
}

#[derive(Clone, Debug)]
pub struct Exception {
    pub message: Value,
    /// Innermost first.
    pub backtrace: Vec<Location>,
    /// The same frames with what ran in them; empty until it is raised.
    pub trace: Vec<(Location, super::Label)>,
    /// What `set_backtrace` gave.
    pub given_backtrace: Option<Value>,
    pub cause: Option<Value>,
}

#[derive(Debug)]
pub struct MethodObject {
    /// `None` for an unbound method.
    pub recv: Option<Value>,
    pub name: Name,
    pub owner: ClassId,
    pub method: Method,
}

/// Data of the layer above. It is cloned when a branch on an unknown value is tried.
pub trait HostData: Any + fmt::Debug {
    fn clone_box(&self) -> Box<dyn HostData>;
    fn as_any(&self) -> &dyn Any;
    fn as_any_mut(&mut self) -> &mut dyn Any;
}

impl<T: Any + fmt::Debug + Clone> HostData for T {
    fn clone_box(&self) -> Box<dyn HostData> {
        Box::new(self.clone())
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}

impl Clone for Box<dyn HostData> {
    fn clone(&self) -> Self {
        (**self).clone_box()
    }
}
