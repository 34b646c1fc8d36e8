//! What an expression is evaluated in: self, lexical scope, method activation.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use foretaste_parser::name::Name;
use foretaste_parser::source::Source;

use super::class::{ClassId, Visibility};
use super::heap::ScopeId;
use super::value::Value;

/// Where an expression runs. Closures keep a clone.
#[derive(Clone, Debug)]
pub struct Env {
    pub ctx: Rc<Context>,
    pub scope: ScopeId,
}

#[derive(Clone, Debug)]
pub struct Context {
    pub self_value: Value,
    pub source: Arc<Source>,
    /// Lexical nesting, for constants.
    pub cref: Rc<Cref>,
    pub definee: Definee,
    pub activation: Rc<Activation>,
}

/// Where `def` puts methods.
#[derive(Clone, Copy, Debug)]
pub enum Definee {
    Class(ClassId),
    /// The singleton class of a value; it is made only when something is defined there, since an object without one
    /// shares the method lookups of its class.
    SingletonOf(Value),
}

impl From<ClassId> for Definee {
    fn from(class: ClassId) -> Self {
        Self::Class(class)
    }
}

#[derive(Debug)]
pub struct Cref {
    pub class: ClassId,
    pub parent: Option<Rc<Cref>>,
}

/// `$~`, which a method shares with its blocks.
pub type MatchCell = Rc<Cell<Value>>;

/// A cell in which nothing has matched yet.
#[must_use]
pub fn new_match_cell() -> MatchCell {
    Rc::new(std::cell::Cell::new(Value::NIL))
}

/// One call of a method, lambda or file: what `return`, `super`, `yield` and `private` refer to.
#[derive(Debug)]
pub struct Activation {
    pub id: u64,
    pub method: Option<Name>,
    /// What runs and where its parameters are, for `super` without arguments.
    pub def: Option<(std::sync::Arc<foretaste_parser::ruby::ast::Def>, ScopeId)>,
    pub owner: ClassId,
    pub args: Args,
    pub last_match: MatchCell,
    pub visibility: Cell<Visibility>,
    pub module_function: Cell<bool>,
}

/// Arguments as passed. Keywords travel as a hash in last place, marked as such.
#[derive(Clone, Debug, Default)]
pub struct Args {
    pub list: Vec<Value>,
    pub keywords: bool,
    /// A proc.
    pub block: Option<Value>,
}

impl Args {
    #[must_use]
    pub fn of(list: &[Value]) -> Self {
        Self {
            list: list.to_vec(),
            keywords: false,
            block: None,
        }
    }

    #[must_use]
    pub fn with_block(mut self, block: Option<Value>) -> Self {
        self.block = block;
        self
    }

    /// The argument at a position, nil where there is none.
    #[must_use]
    pub fn get(&self, i: usize) -> Value {
        self.list.get(i).copied().unwrap_or(Value::NIL)
    }

    #[must_use]
    pub fn opt(&self, i: usize) -> Option<Value> {
        self.list.get(i).copied()
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.list.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}
