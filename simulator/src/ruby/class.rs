//! Classes and modules: methods, ancestors, constants.

use crate::hash::{HashMap, IndexMap};
use std::rc::Rc;
use std::sync::{Arc, LazyLock};

use foretaste_parser::name::Name;
use foretaste_parser::ruby::ast;

use super::builtin::Builtin;
use super::env::Cref;
use super::value::{ObjId, UnknownId, Value};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClassId(pub u32);

/// Native methods of a class, indexed once for the process.
pub type Table = LazyLock<HashMap<Name, &'static Builtin>>;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Visibility {
    #[default]
    Public,
    Protected,
    Private,
}

/// A native method that serves many names.
pub type NamedFn = fn(&mut super::Interp, Value, Name, &super::env::Args) -> super::flow::R;

#[derive(Clone, Debug)]
pub enum Method {
    Def(Arc<ast::Def>, Rc<Cref>),
    Native(&'static Builtin),
    /// `define_method`
    Proc(Value),
    Reader(Name),
    Writer(Name),
    /// A native function that is told the name it was defined under.
    Named(NamedFn, Name),
    /// `alias`: keeps the original's own name for `super`.
    Alias(Box<Found>),
    /// `undef`
    Undefined,
}

/// A method as lookup finds it.
#[derive(Clone, Debug)]
pub struct Found {
    pub method: Method,
    pub owner: ClassId,
    pub visibility: Visibility,
}

pub struct Class {
    pub name: Option<Rc<str>>,
    /// The class as an object.
    pub object: ObjId,
    pub superclass: Option<ClassId>,
    pub is_module: bool,
    /// What this is the singleton class of.
    pub attached: Option<Value>,
    pub includes: Vec<ClassId>,
    pub prepends: Vec<ClassId>,
    pub methods: IndexMap<Name, (Method, Visibility)>,
    pub natives: Vec<&'static Table>,
    pub constants: IndexMap<Name, Value>,
    pub class_variables: IndexMap<Name, Value>,
    /// Set where an ancestor or mixin could not be evaluated: a missing method is then unknown.
    pub opaque: Option<UnknownId>,
    /// Of its own methods' arguments all must be known: else nothing runs and the result is unknown.
    pub strict: bool,
}

#[derive(Default)]
pub struct Classes {
    list: Vec<Class>,
    ancestors: HashMap<ClassId, Rc<[ClassId]>>,
    cache: HashMap<(ClassId, Name), Option<Rc<Found>>>,
}

impl Classes {
    pub fn add(&mut self, class: Class) -> ClassId {
        let id = ClassId(u32::try_from(self.list.len()).unwrap_or(u32::MAX));
        self.list.push(class);
        id
    }

    /// # Panics
    /// Never for an id that this table gave out.
    #[expect(clippy::indexing_slicing, reason = "ids come from this table alone")]
    pub fn get(&self, id: ClassId) -> &Class {
        &self.list[id.0 as usize]
    }

    /// The class for writing; lookups are forgotten.
    ///
    /// # Panics
    /// Never for an id that this table gave out.
    #[expect(clippy::indexing_slicing, reason = "ids come from this table alone")]
    pub fn get_mut(&mut self, id: ClassId) -> &mut Class {
        if !self.cache.is_empty() {
            self.cache.clear();
        }
        &mut self.list[id.0 as usize]
    }

    /// Call after changing a class's superclass, includes or prepends.
    pub fn forget_ancestors(&mut self) {
        self.ancestors.clear();
        self.cache.clear();
    }

    /// Method resolution order: prepended modules, the class, included modules, then its superclass's.
    pub fn ancestors(&mut self, id: ClassId) -> Rc<[ClassId]> {
        if let Some(list) = self.ancestors.get(&id) {
            return list.clone();
        }
        let mut out = Vec::new();
        let mut next = Some(id);
        let mut guard = 0;
        while let Some(class) = next {
            self.linearize(class, &mut out, 0);
            next = self.get(class).superclass;
            guard += 1;
            if guard > 1000 {
                break;
            }
        }
        let list: Rc<[ClassId]> = out.into();
        self.ancestors.insert(id, list.clone());
        list
    }

    fn linearize(&self, id: ClassId, out: &mut Vec<ClassId>, depth: usize) {
        if depth > 100 {
            return;
        }
        let class = self.get(id);
        for module in class.prepends.iter().rev() {
            if !out.contains(module) {
                self.linearize(*module, out, depth + 1);
            }
        }
        if !out.contains(&id) {
            out.push(id);
        }
        for module in class.includes.iter().rev() {
            if !out.contains(module) {
                self.linearize(*module, out, depth + 1);
            }
        }
    }

    pub fn find(&mut self, class: ClassId, name: Name) -> Option<Rc<Found>> {
        if let Some(found) = self.cache.get(&(class, name)) {
            return found.clone();
        }
        let order = self.ancestors(class);
        let found = order.iter().find_map(|c| self.own(*c, name));
        let found = match found {
            Some(Found {
                method: Method::Undefined,
                ..
            })
            | None => None,
            Some(found) => Some(Rc::new(found)),
        };
        self.cache.insert((class, name), found.clone());
        found
    }

    /// The next method of this name after `owner` in the order of `class`: `super`.
    pub fn find_after(&mut self, class: ClassId, owner: ClassId, name: Name) -> Option<Rc<Found>> {
        let order = self.ancestors(class);
        let at = order.iter().position(|c| *c == owner)?;
        let found = order.iter().skip(at + 1).find_map(|c| self.own(*c, name))?;
        (!matches!(found.method, Method::Undefined)).then(|| Rc::new(found))
    }

    /// A method that the class itself has.
    pub fn own(&self, owner: ClassId, name: Name) -> Option<Found> {
        let class = self.get(owner);
        if let Some((method, visibility)) = class.methods.get(&name) {
            return Some(Found {
                method: method.clone(),
                owner,
                visibility: *visibility,
            });
        }
        let builtin = class.natives.iter().find_map(|t| t.get(&name))?;
        Some(Found {
            method: Method::Native(builtin),
            owner,
            visibility: Visibility::Public,
        })
    }

    /// Why a missing method of this class may exist all the same.
    pub fn opaque(&mut self, class: ClassId) -> Option<UnknownId> {
        self.ancestors(class)
            .iter()
            .find_map(|c| self.get(*c).opaque)
    }

    pub fn is_a(&mut self, class: ClassId, ancestor: ClassId) -> bool {
        class == ancestor || self.ancestors(class).contains(&ancestor)
    }
}
