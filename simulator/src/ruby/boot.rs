//! The classes that a fresh machine has.

use crate::hash::IndexMap;
use std::rc::Rc;

use foretaste_parser::name::Name;

use super::builtin;
use super::builtin::known;
use super::class::{Class, ClassId, Classes, Table};
use super::heap::Heap;
use super::object::Data;
use super::origin::Origins;
use super::value::{ObjId, Origin, Value};
use super::{Hooks, Interp};

macro_rules! core_classes {
    ($($field:ident $name:literal < $superclass:ident;)*) => {
        /// Classes that the machine itself refers to.
        #[derive(Clone, Copy, Debug)]
        pub struct Core {
            pub basic_object: ClassId,
            pub object: ClassId,
            pub module: ClassId,
            pub class: ClassId,
            pub kernel: ClassId,
            pub comparable: ClassId,
            pub enumerable: ClassId,
            /// Between an integer over 64 bits and `Integer`; never seen from Ruby.
            pub big: ClassId,
            $(pub $field: ClassId,)*
        }

        impl Interp {
            fn define_core(&mut self) {
                $(self.core.$field = self.define_class($name, self.core.$superclass);)*
            }
        }

        impl Core {
            fn before(id: ClassId) -> Self {
                Self {
                    basic_object: id, object: id, module: id, class: id, kernel: id, comparable: id,
                    enumerable: id, big: id, $($field: id,)*
                }
            }
        }
    };
}

core_classes! {
    nil "NilClass" < object;
    true_class "TrueClass" < object;
    false_class "FalseClass" < object;
    numeric "Numeric" < object;
    integer "Integer" < numeric;
    float "Float" < numeric;
    string "String" < object;
    symbol "Symbol" < object;
    array "Array" < object;
    hash "Hash" < object;
    range "Range" < object;
    proc_class "Proc" < object;
    method "Method" < object;
    unbound_method "UnboundMethod" < object;
    regexp "Regexp" < object;
    match_data "MatchData" < object;
    encoding "Encoding" < object;
    exception "Exception" < object;
    no_memory_error "NoMemoryError" < exception;
    script_error "ScriptError" < exception;
    load_error "LoadError" < script_error;
    not_implemented_error "NotImplementedError" < script_error;
    syntax_error "SyntaxError" < script_error;
    security_error "SecurityError" < exception;
    signal_exception "SignalException" < exception;
    interrupt "Interrupt" < signal_exception;
    system_exit "SystemExit" < exception;
    system_stack_error "SystemStackError" < exception;
    standard_error "StandardError" < exception;
    argument_error "ArgumentError" < standard_error;
    uncaught_throw_error "UncaughtThrowError" < argument_error;
    encoding_error "EncodingError" < standard_error;
    fiber_error "FiberError" < standard_error;
    io_error "IOError" < standard_error;
    eof_error "EOFError" < io_error;
    index_error "IndexError" < standard_error;
    key_error "KeyError" < index_error;
    stop_iteration "StopIteration" < index_error;
    local_jump_error "LocalJumpError" < standard_error;
    name_error "NameError" < standard_error;
    no_method_error "NoMethodError" < name_error;
    range_error "RangeError" < standard_error;
    float_domain_error "FloatDomainError" < range_error;
    regexp_error "RegexpError" < standard_error;
    runtime_error "RuntimeError" < standard_error;
    frozen_error "FrozenError" < runtime_error;
    system_call_error "SystemCallError" < standard_error;
    thread_error "ThreadError" < standard_error;
    type_error "TypeError" < standard_error;
    zero_division_error "ZeroDivisionError" < standard_error;
    no_matching_pattern_error "NoMatchingPatternError" < standard_error;
    no_matching_pattern_key_error "NoMatchingPatternKeyError" < no_matching_pattern_error;
}

fn blank(superclass: Option<ClassId>, is_module: bool) -> Class {
    Class {
        name: None,
        object: ObjId(0),
        superclass,
        is_module,
        attached: None,
        includes: Vec::new(),
        prepends: Vec::new(),
        methods: IndexMap::default(),
        natives: Vec::new(),
        constants: IndexMap::default(),
        class_variables: IndexMap::default(),
        opaque: None,
        strict: false,
    }
}

impl Default for Interp {
    fn default() -> Self {
        Self::new(Hooks::default())
    }
}

impl Interp {
    pub fn new(hooks: Hooks) -> Self {
        let mut classes = Classes::default();
        let basic_object = classes.add(blank(None, false));
        let object = classes.add(blank(Some(basic_object), false));
        let module = classes.add(blank(Some(object), false));
        let class = classes.add(blank(Some(module), false));
        let core = Core {
            basic_object,
            object,
            module,
            class,
            ..Core::before(object)
        };
        let mut this = Self {
            heap: Heap::default(),
            origins: Origins::new(),
            unknowns: Default::default(),
            classes,
            core,
            globals: IndexMap::default(),
            control: Origin::HERE,
            branched_on: Origin::HERE,
            cut_short: Origin::HERE,
            counted_on: Origin::HERE,
            treated_together: Origin::HERE,
            gathering: None,
            budget: Default::default(),
            mismatch: Default::default(),
            iterating: Vec::new(),
            buffers: Vec::new(),
            stdout: String::new(),
            host: None,
            hooks,
            match_cell: Rc::new(std::cell::Cell::new(Value::NIL)),
            current_exception: None,
            main: Value::NIL,
            stack: Vec::new(),
            natives: Vec::new(),
            sender: Value::NIL,
            toplevel: None,
            current: Default::default(),
            conditions: Vec::new(),
            class_bodies: Vec::new(),
            regions: Vec::new(),
            inspecting: Vec::new(),
            catching: Vec::new(),
            loaded: 0,
            next_id: 0,
        };
        // The four roots refer to each other, so their metaclasses come after them.
        let mut meta_super = class;
        for (id, name) in [
            (basic_object, "BasicObject"),
            (object, "Object"),
            (module, "Module"),
            (class, "Class"),
        ] {
            meta_super = this.finish_class(id, name, meta_super);
        }
        this.core.kernel = this.define_module("Kernel");
        this.include(object, this.core.kernel);
        this.core.comparable = this.define_module("Comparable");
        this.core.enumerable = this.define_module("Enumerable");
        this.define_core();
        let integer = this.core.integer;
        this.core.big = this.anonymous_class(integer);
        this.classes.get_mut(this.core.big).attached = Some(Value::NIL);
        let main = this.alloc(object, Data::Plain);
        this.main = main.into();
        builtin::install(&mut this);
        this
    }

    /// Gives a class its name, its object and its metaclass; returns the metaclass.
    fn finish_class(&mut self, id: ClassId, name: &str, meta_super: ClassId) -> ClassId {
        let meta = self.classes.add(blank(Some(meta_super), false));
        let object = self.alloc(meta, Data::Class(id));
        let class = self.classes.get_mut(id);
        class.object = object;
        class.name = Some(Rc::from(name));
        let meta_object = self.alloc(self.core.class, Data::Class(meta));
        let m = self.classes.get_mut(meta);
        m.attached = Some(object.into());
        m.object = meta_object;
        let short = name.rsplit("::").next().unwrap_or(name);
        let scope = match name.rsplit_once("::") {
            Some((outer, _)) => self.class_by_path(outer).unwrap_or(self.core.object),
            None => self.core.object,
        };
        self.classes
            .get_mut(scope)
            .constants
            .insert(Name::new(short), object.into());
        meta
    }

    /// A class under its full name (`Chef::Recipe`), whose outer modules must exist.
    pub fn define_class(&mut self, path: &str, superclass: ClassId) -> ClassId {
        let id = self.anonymous_class(superclass);
        self.name_class(id, path);
        id
    }

    pub fn define_module(&mut self, path: &str) -> ClassId {
        let id = self.anonymous_module();
        self.name_class(id, path);
        id
    }

    pub fn anonymous_class(&mut self, superclass: ClassId) -> ClassId {
        let id = self.classes.add(blank(Some(superclass), false));
        let meta_super = self.class_of(self.classes.get(superclass).object.into());
        self.attach(id, meta_super);
        id
    }

    pub fn anonymous_module(&mut self) -> ClassId {
        let id = self.classes.add(blank(None, true));
        self.attach(id, self.core.module);
        id
    }

    fn attach(&mut self, id: ClassId, meta_super: ClassId) {
        let meta = self.classes.add(blank(Some(meta_super), false));
        let object = self.alloc(meta, Data::Class(id));
        self.classes.get_mut(id).object = object;
        let meta_object = self.alloc(self.core.class, Data::Class(meta));
        let m = self.classes.get_mut(meta);
        m.attached = Some(object.into());
        m.object = meta_object;
    }

    /// Names a class and puts it where its name says.
    pub fn name_class(&mut self, id: ClassId, path: &str) {
        let object = self.classes.get(id).object;
        let (scope, short) = match path.rsplit_once("::") {
            Some((outer, short)) => (self.class_by_path(outer).unwrap_or(self.core.object), short),
            None => (self.core.object, path),
        };
        let class = self.classes.get_mut(id);
        if class.name.is_none() {
            class.name = Some(Rc::from(path));
        }
        self.classes
            .get_mut(scope)
            .constants
            .insert(Name::new(short), object.into());
    }

    /// A class by its full name, where it exists.
    pub fn class_by_path(&self, path: &str) -> Option<ClassId> {
        let mut scope = self.core.object;
        for part in path.split("::").filter(|p| !p.is_empty()) {
            let value = *self.classes.get(scope).constants.get(&Name::new(part))?;
            scope = self.as_class(value)?;
        }
        Some(scope)
    }

    /// Adds native instance methods.
    pub fn add_methods(&mut self, class: ClassId, table: &'static Table) {
        self.classes.get_mut(class).natives.push(table);
    }

    /// Adds native methods of the class object itself.
    pub fn add_static(&mut self, class: ClassId, table: &'static Table) {
        let meta = self.singleton_of(self.classes.get(class).object.into());
        self.classes.get_mut(meta).natives.push(table);
    }

    /// True where real Ruby has the method and this machine may lack it: calling it is undetermined.
    pub fn is_known(&mut self, class: ClassId, name: &str) -> bool {
        let ancestors = self.classes.ancestors(class);
        ancestors.iter().any(|&ancestor| {
            let attached = self.classes.get(ancestor).attached;
            let (class, of_itself) = match attached.and_then(|value| self.as_class(value)) {
                Some(class) => (class, true),
                None => (ancestor, false),
            };
            let class = &self.classes.get(class).name;
            class
                .as_ref()
                .is_some_and(|class| known::has(class, of_itself, name))
        })
    }

    pub fn include(&mut self, class: ClassId, module: ClassId) {
        let list = &mut self.classes.get_mut(class).includes;
        if !list.contains(&module) {
            list.push(module);
            self.classes.forget_ancestors();
        }
    }

    pub fn prepend(&mut self, class: ClassId, module: ClassId) {
        let list = &mut self.classes.get_mut(class).prepends;
        if !list.contains(&module) {
            list.push(module);
            self.classes.forget_ancestors();
        }
    }

    /// The singleton class of an object, made where there is none yet. Immediates give their class.
    pub fn singleton_of(&mut self, value: Value) -> ClassId {
        let Some(id) = value.obj() else {
            return self.class_of(value);
        };
        let class = self.heap.get(id).class;
        if self
            .classes
            .get(class)
            .attached
            .is_some_and(|v| v.kind == value.kind)
        {
            return class;
        }
        let singleton = self.classes.add(blank(Some(class), false));
        let object = self.alloc(self.core.class, Data::Class(singleton));
        let c = self.classes.get_mut(singleton);
        c.attached = Some(value);
        c.object = object;
        self.heap.get_mut(id).class = singleton;
        singleton
    }

    /// The value of a class.
    pub fn class_value(&self, class: ClassId) -> Value {
        self.classes.get(class).object.into()
    }
}
