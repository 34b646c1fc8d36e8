//! Module and Class.

use std::sync::LazyLock;

use foretaste_parser::name::Name;

use super::super::Interp;
use super::super::call::Form;
use super::super::class::{ClassId, Method, Table, Visibility};
use super::super::env::Args;
use super::super::flow::R;
use super::super::object::{Data, Exception, MethodObject, Str};
use super::super::value::Value;
use super::{Builtin, def, table};

static MODULE: &[Builtin] = &[
    def("name", 0, 0, name),
    def("to_s", 0, 0, to_s),
    def("inspect", 0, 0, to_s),
    def("===", 1, 1, case_equal),
    def("==", 1, 1, |_, v, a| Ok((v.kind == a.get(0).kind).into())),
    def("<", 1, 1, |i, v, a| below(i, v, a.get(0), true)),
    def("<=>", 1, 1, |i, v, a| {
        let (Some(x), Some(y)) = (i.as_class(v), i.as_class(a.get(0))) else {
            return Ok(Value::NIL);
        };
        Ok(match (x == y, i.classes.is_a(x, y), i.classes.is_a(y, x)) {
            (true, ..) => 0.into(),
            (_, true, _) => (-1).into(),
            (_, _, true) => 1.into(),
            _ => Value::NIL,
        })
    }),
    def("<=", 1, 1, |i, v, a| below(i, v, a.get(0), false)),
    def(">", 1, 1, |i, v, a| below(i, a.get(0), v, true)),
    def(">=", 1, 1, |i, v, a| below(i, a.get(0), v, false)),
    def("ancestors", 0, 0, ancestors),
    def("include", 0, -1, include).takes_unknown(),
    def("prepend", 0, -1, prepend).takes_unknown(),
    def("included", 1, 1, |_, _, _| Ok(Value::NIL)).takes_unknown(),
    def("extended", 1, 1, |_, _, _| Ok(Value::NIL)).takes_unknown(),
    def("prepended", 1, 1, |_, _, _| Ok(Value::NIL)).takes_unknown(),
    def("include?", 1, 1, includes),
    def("included_modules", 0, 0, included_modules),
    def("attr_reader", 0, -1, |i, v, a| attr(i, v, a, true, false)),
    def("attr", 0, -1, |i, v, a| attr(i, v, a, true, false)),
    def("attr_writer", 0, -1, |i, v, a| attr(i, v, a, false, true)),
    def("attr_accessor", 0, -1, |i, v, a| attr(i, v, a, true, true)),
    def("public", 0, -1, |i, v, a| {
        visibility(i, v, a, Visibility::Public)
    }),
    def("private", 0, -1, |i, v, a| {
        visibility(i, v, a, Visibility::Private)
    }),
    def("protected", 0, -1, |i, v, a| {
        visibility(i, v, a, Visibility::Protected)
    }),
    def("module_function", 0, -1, module_function),
    def("private_class_method", 0, -1, |i, v, a| {
        class_visibility(i, v, a, Visibility::Private)
    }),
    def("public_class_method", 0, -1, |i, v, a| {
        class_visibility(i, v, a, Visibility::Public)
    }),
    def("private_constant", 0, -1, |_, _, _| Ok(Value::NIL)),
    def("public_constant", 0, -1, |_, _, _| Ok(Value::NIL)),
    def("deprecate_constant", 0, -1, |_, _, _| Ok(Value::NIL)),
    def("define_method", 1, 2, define_method),
    def("alias_method", 2, 2, alias_method),
    def("remove_method", 0, -1, |i, v, a| {
        drop_methods(i, v, a, false)
    }),
    def("undef_method", 0, -1, |i, v, a| drop_methods(i, v, a, true)),
    def("method_defined?", 1, 2, method_defined),
    def("public_method_defined?", 1, 2, method_defined),
    def("private_method_defined?", 1, 2, private_method_defined),
    def("instance_method", 1, 1, instance_method),
    def("instance_methods", 0, 1, instance_methods),
    def("public_instance_methods", 0, 1, instance_methods),
    def("const_get", 1, 2, const_get),
    def("const_set", 2, 2, const_set).takes_unknown(),
    def("const_defined?", 1, 2, const_defined),
    def("constants", 0, 1, constants),
    def("remove_const", 1, 1, remove_const),
    def("class_variable_get", 1, 1, cvar_get),
    def("class_variable_set", 2, 2, cvar_set).takes_unknown(),
    def("class_variable_defined?", 1, 1, cvar_defined),
    def("class_variables", 0, 1, cvars),
    def("class_eval", 0, 3, class_eval),
    def("module_eval", 0, 3, class_eval),
    def("class_exec", 0, -1, class_eval).takes_unknown(),
    def("module_exec", 0, -1, class_eval).takes_unknown(),
];
static MODULE_TABLE: Table = LazyLock::new(|| table(MODULE));

static CLASS: &[Builtin] = &[
    def("new", 0, -1, new).takes_unknown(),
    def("allocate", 0, 0, |i, v, _| allocate(i, v)),
    def("superclass", 0, 0, superclass),
    def("inherited", 1, 1, |_, _, _| Ok(Value::NIL)),
];
static CLASS_TABLE: Table = LazyLock::new(|| table(CLASS));

static CLASS_STATIC: &[Builtin] = &[def("new", 0, 1, new_class).takes_unknown()];
static CLASS_STATIC_TABLE: Table = LazyLock::new(|| table(CLASS_STATIC));
static MODULE_STATIC: &[Builtin] = &[def("new", 0, 0, new_module)];
static MODULE_STATIC_TABLE: Table = LazyLock::new(|| table(MODULE_STATIC));

pub(super) fn install(interp: &mut Interp) {
    interp.add_methods(interp.core.module, &MODULE_TABLE);
    interp.add_methods(interp.core.class, &CLASS_TABLE);
    interp.add_static(interp.core.class, &CLASS_STATIC_TABLE);
    interp.add_static(interp.core.module, &MODULE_STATIC_TABLE);
}

fn class(interp: &mut Interp, this: Value) -> R<ClassId> {
    match interp.as_class(this) {
        Some(class) => Ok(class),
        None => Err(interp.type_error("class or module required")),
    }
}

fn name_arg(interp: &mut Interp, value: Value) -> R<Name> {
    match interp.text_or_sym(value) {
        Some(text) => Ok(Name::new(text)),
        None => {
            let text = interp.inspect(value)?;
            Err(interp.type_error(format!("{text} is not a symbol nor a string")))
        }
    }
}

fn names(interp: &mut Interp, args: &Args) -> R<Vec<Name>> {
    let mut out = Vec::new();
    for value in &args.list {
        match interp.array_items(*value).map(<[Value]>::to_vec) {
            Some(items) => {
                for item in items {
                    out.push(name_arg(interp, item)?);
                }
            }
            None => out.push(name_arg(interp, *value)?),
        }
    }
    Ok(out)
}

fn name(interp: &mut Interp, this: Value, _: &Args) -> R {
    let class = class(interp, this)?;
    match interp.classes.get(class).name.clone() {
        Some(name) => Ok(interp.str(&*name)),
        None => Ok(Value::NIL),
    }
}

fn to_s(interp: &mut Interp, this: Value, _: &Args) -> R {
    let class = class(interp, this)?;
    let text = match interp.classes.get(class).attached {
        Some(attached) => format!("#<Class:{}>", interp.inspect(attached)?),
        None => interp.class_name(class).to_string(),
    };
    Ok(interp.str(text))
}

fn case_equal(interp: &mut Interp, this: Value, args: &Args) -> R {
    let class = class(interp, this)?;
    Ok(interp.is_a(args.get(0), class).into())
}

fn below(interp: &mut Interp, low: Value, high: Value, strict: bool) -> R {
    let (a, b) = match (interp.as_class(low), interp.as_class(high)) {
        (Some(a), Some(b)) => (a, b),
        _ => return Err(interp.type_error("compared with non class/module")),
    };
    if a == b {
        return Ok((!strict).into());
    }
    if interp.classes.is_a(a, b) {
        return Ok(Value::TRUE);
    }
    Ok(if interp.classes.is_a(b, a) {
        Value::FALSE
    } else {
        Value::NIL
    })
}

fn ancestors(interp: &mut Interp, this: Value, _: &Args) -> R {
    let class = class(interp, this)?;
    let order = interp.classes.ancestors(class);
    let list = order.iter().map(|c| interp.class_value(*c)).collect();
    Ok(interp.array(list))
}

fn mix(interp: &mut Interp, this: Value, args: &Args, prepend: bool) -> R {
    let target = class(interp, this)?;
    for module in args.list.iter().rev() {
        if let Some(id) = interp.unknown_of(*module) {
            interp.classes.get_mut(target).opaque = Some(id);
            interp.classes.forget_ancestors();
            continue;
        }
        let Some(mixin) = interp.as_class(*module) else {
            let class = interp.class_name(interp.real_class_of(*module));
            return Err(interp.type_error(format!("wrong argument type {class} (expected module)")));
        };
        if prepend {
            interp.prepend(target, mixin);
        } else {
            interp.include(target, mixin);
        }
        interp.call(
            *module,
            if prepend { "prepended" } else { "included" },
            &[this],
        )?;
    }
    Ok(this)
}

fn include(interp: &mut Interp, this: Value, args: &Args) -> R {
    mix(interp, this, args, false)
}

fn prepend(interp: &mut Interp, this: Value, args: &Args) -> R {
    mix(interp, this, args, true)
}

fn includes(interp: &mut Interp, this: Value, args: &Args) -> R {
    let (class, module) = (class(interp, this)?, class(interp, args.get(0))?);
    Ok((class != module && interp.classes.is_a(class, module)).into())
}

fn included_modules(interp: &mut Interp, this: Value, _: &Args) -> R {
    let class = class(interp, this)?;
    let order = interp.classes.ancestors(class);
    let list = order
        .iter()
        .filter(|c| interp.classes.get(**c).is_module)
        .map(|c| interp.class_value(*c))
        .collect();
    Ok(interp.array(list))
}

fn attr(interp: &mut Interp, this: Value, args: &Args, reader: bool, writer: bool) -> R {
    let class = class(interp, this)?;
    let visibility = current_visibility(interp, class);
    let mut made = Vec::new();
    for name in names(interp, args)? {
        let plain = name
            .as_str()
            .starts_with(|c: char| c == '_' || c.is_alphabetic())
            && name
                .as_str()
                .chars()
                .all(|c| c == '_' || c.is_alphanumeric());
        if !plain {
            return Err(interp.name_error(format!("invalid attribute name `{name}'")));
        }
        let ivar = Name::new(&format!("@{name}"));
        let methods = &mut interp.classes.get_mut(class).methods;
        if reader {
            methods.insert(name, (Method::Reader(ivar), visibility));
            made.push(Value::from(name));
        }
        if writer {
            let setter = Name::new(&format!("{name}="));
            methods.insert(setter, (Method::Writer(ivar), visibility));
            made.push(setter.into());
        }
    }
    Ok(interp.array(made))
}

fn current_visibility(interp: &Interp, class: ClassId) -> Visibility {
    match interp.class_bodies.last() {
        Some((c, activation)) if *c == class => activation.visibility.get(),
        _ => Visibility::Public,
    }
}

fn visibility(interp: &mut Interp, this: Value, args: &Args, to: Visibility) -> R {
    let class = class(interp, this)?;
    if args.is_empty() {
        if let Some((c, activation)) = interp.class_bodies.last()
            && *c == class
        {
            activation.visibility.set(to);
            activation.module_function.set(false);
        }
        return Ok(Value::NIL);
    }
    for name in names(interp, args)? {
        let Some(found) = interp.classes.find(class, name) else {
            if interp.classes.opaque(class).is_some() || interp.is_known(class, name.as_str()) {
                continue;
            }
            let word = if interp.classes.get(class).is_module {
                "module"
            } else {
                "class"
            };
            let text = interp.class_name(class);
            return Err(interp.name_error(format!("undefined method `{name}' for {word} `{text}'")));
        };
        let method = if found.owner == class {
            found.method.clone()
        } else {
            Method::Alias(Box::new((*found).clone()))
        };
        interp
            .classes
            .get_mut(class)
            .methods
            .insert(name, (method, to));
    }
    Ok(args.get(0))
}

fn module_function(interp: &mut Interp, this: Value, args: &Args) -> R {
    let class = class(interp, this)?;
    if args.is_empty() {
        if let Some((c, activation)) = interp.class_bodies.last()
            && *c == class
        {
            activation.module_function.set(true);
        }
        return Ok(Value::NIL);
    }
    let meta = interp.singleton_of(this);
    for name in names(interp, args)? {
        if let Some(found) = interp.classes.find(class, name) {
            let entry = (found.method.clone(), Visibility::Public);
            interp.classes.get_mut(meta).methods.insert(name, entry);
        }
    }
    Ok(Value::NIL)
}

fn class_visibility(interp: &mut Interp, this: Value, args: &Args, to: Visibility) -> R {
    let meta = interp.singleton_of(this);
    for name in names(interp, args)? {
        if let Some(found) = interp.classes.find(meta, name) {
            interp
                .classes
                .get_mut(meta)
                .methods
                .insert(name, (found.method.clone(), to));
        }
    }
    Ok(Value::NIL)
}

fn define_method(interp: &mut Interp, this: Value, args: &Args) -> R {
    let class = class(interp, this)?;
    let name = name_arg(interp, args.get(0))?;
    let Some(body) = args.opt(1).or(args.block) else {
        return Err(interp.argument_error("tried to create Proc object without a block"));
    };
    let method = match body.obj().map(|id| interp.data(id)) {
        Some(Data::Method(m)) => m.method.clone(),
        _ => Method::Proc(body),
    };
    let visibility = current_visibility(interp, class);
    interp
        .classes
        .get_mut(class)
        .methods
        .insert(name, (method, visibility));
    Ok(name.into())
}

fn alias_method(interp: &mut Interp, this: Value, args: &Args) -> R {
    let class = class(interp, this)?;
    let (new, old) = (
        name_arg(interp, args.get(0))?,
        name_arg(interp, args.get(1))?,
    );
    interp.alias_method(class, new, old)?;
    Ok(new.into())
}

fn drop_methods(interp: &mut Interp, this: Value, args: &Args, undef: bool) -> R {
    let class = class(interp, this)?;
    for name in names(interp, args)? {
        let methods = &mut interp.classes.get_mut(class).methods;
        if undef {
            methods.insert(name, (Method::Undefined, Visibility::Public));
        } else if methods.shift_remove(&name).is_none() {
            let text = interp.class_name(class);
            return Err(interp.name_error(format!("method `{name}' not defined in {text}")));
        }
    }
    Ok(this)
}

fn method_defined(interp: &mut Interp, this: Value, args: &Args) -> R {
    let class = class(interp, this)?;
    let name = name_arg(interp, args.get(0))?;
    let found = interp.classes.find(class, name);
    Ok(found
        .is_some_and(|f| f.visibility != Visibility::Private)
        .into())
}

fn private_method_defined(interp: &mut Interp, this: Value, args: &Args) -> R {
    let class = class(interp, this)?;
    let name = name_arg(interp, args.get(0))?;
    let found = interp.classes.find(class, name);
    Ok(found
        .is_some_and(|f| f.visibility == Visibility::Private)
        .into())
}

fn instance_method(interp: &mut Interp, this: Value, args: &Args) -> R {
    let class = class(interp, this)?;
    let name = name_arg(interp, args.get(0))?;
    let Some(found) = interp.classes.find(class, name) else {
        let text = interp.class_name(class);
        return Err(interp.name_error(format!("undefined method `{name}' for class `{text}'")));
    };
    let object = MethodObject {
        recv: None,
        name,
        owner: found.owner,
        method: found.method.clone(),
    };
    Ok(interp
        .alloc(interp.core.unbound_method, Data::Method(object.into()))
        .into())
}

fn instance_methods(interp: &mut Interp, this: Value, args: &Args) -> R {
    let class = class(interp, this)?;
    let deep = args.get(0).truthy() != Some(false) || args.is_empty();
    let order = interp.classes.ancestors(class);
    let own: &[ClassId] = if deep { &order } else { &[class] };
    let names = super::object::callable_names(interp, own, deep);
    Ok(interp.array(names))
}

fn const_get(interp: &mut Interp, this: Value, args: &Args) -> R {
    let mut scope = class(interp, this)?;
    let path = name_arg(interp, args.get(0))?;
    let mut value = this;
    for part in path.as_str().split("::").filter(|p| !p.is_empty()) {
        value = match interp.const_in(scope, Name::new(part)) {
            Ok(value) => value,
            Err(flow) => {
                let root = interp.core.object;
                let name = Name::new(part);
                match interp.classes.get(root).constants.get(&name) {
                    Some(value) => *value,
                    None => return Err(flow),
                }
            }
        };
        match interp.as_class(value) {
            Some(class) => scope = class,
            None => break,
        }
    }
    Ok(value)
}

fn const_set(interp: &mut Interp, this: Value, args: &Args) -> R {
    let scope = class(interp, this)?;
    let name = name_arg(interp, args.get(0))?;
    interp.set_const(scope, name, args.get(1));
    Ok(args.get(1))
}

fn const_defined(interp: &mut Interp, this: Value, args: &Args) -> R {
    let scope = class(interp, this)?;
    let path = name_arg(interp, args.get(0))?;
    let full = match interp.classes.get(scope).name.clone() {
        Some(outer) if scope != interp.core.object => format!("{outer}::{path}"),
        _ => path.to_string(),
    };
    let short = Name::new(path.as_str());
    let order = interp.classes.ancestors(scope);
    let direct = order
        .iter()
        .any(|c| interp.classes.get(*c).constants.contains_key(&short));
    Ok((direct || interp.class_by_path(&full).is_some()).into())
}

fn constants(interp: &mut Interp, this: Value, _: &Args) -> R {
    let class = class(interp, this)?;
    let list = interp
        .classes
        .get(class)
        .constants
        .keys()
        .copied()
        .map(Value::from)
        .collect();
    Ok(interp.array(list))
}

fn remove_const(interp: &mut Interp, this: Value, args: &Args) -> R {
    let class = class(interp, this)?;
    let name = name_arg(interp, args.get(0))?;
    Ok(interp
        .classes
        .get_mut(class)
        .constants
        .shift_remove(&name)
        .unwrap_or(Value::NIL))
}

fn cvar_get(interp: &mut Interp, this: Value, args: &Args) -> R {
    let class = class(interp, this)?;
    let name = name_arg(interp, args.get(0))?;
    let order = interp.classes.ancestors(class);
    match order
        .iter()
        .find_map(|c| interp.classes.get(*c).class_variables.get(&name).copied())
    {
        Some(value) => Ok(value),
        None => {
            let text = interp.class_name(class);
            Err(interp.name_error(format!("uninitialized class variable {name} in {text}")))
        }
    }
}

fn cvar_set(interp: &mut Interp, this: Value, args: &Args) -> R {
    let class = class(interp, this)?;
    let name = name_arg(interp, args.get(0))?;
    interp
        .classes
        .get_mut(class)
        .class_variables
        .insert(name, args.get(1));
    Ok(args.get(1))
}

fn cvar_defined(interp: &mut Interp, this: Value, args: &Args) -> R {
    let class = class(interp, this)?;
    let name = name_arg(interp, args.get(0))?;
    let order = interp.classes.ancestors(class);
    Ok(order
        .iter()
        .any(|c| interp.classes.get(*c).class_variables.contains_key(&name))
        .into())
}

fn cvars(interp: &mut Interp, this: Value, _: &Args) -> R {
    let class = class(interp, this)?;
    let list = interp
        .classes
        .get(class)
        .class_variables
        .keys()
        .copied()
        .map(Value::from)
        .collect();
    Ok(interp.array(list))
}

fn class_eval(interp: &mut Interp, this: Value, args: &Args) -> R {
    let class = class(interp, this)?;
    let Some(block) = args.block else {
        return Ok(interp.unsupported("class_eval of a string"));
    };
    let passed = if args.is_empty() {
        vec![this]
    } else {
        args.list.clone()
    };
    interp.instance_exec(block, this, class, Args::of(&passed))
}

/// An object of a class with the data that its native ancestor wants.
pub(crate) fn allocate(interp: &mut Interp, this: Value) -> R {
    let class = class(interp, this)?;
    let core = interp.core;
    let data = if interp.classes.is_a(class, core.exception) {
        Data::Exception(Box::new(Exception {
            message: Value::NIL,
            backtrace: interp.backtrace(),
            trace: Vec::new(),
            given_backtrace: None,
            cause: None,
        }))
    } else if interp.classes.is_a(class, core.hash) {
        Data::Hash(Box::default())
    } else if interp.classes.is_a(class, core.array) {
        Data::Array(Vec::new())
    } else if interp.classes.is_a(class, core.string) {
        Data::Str(Str::default())
    } else {
        Data::Plain
    };
    Ok(interp.alloc(class, data).into())
}

fn new(interp: &mut Interp, this: Value, args: &Args) -> R {
    let id = class(interp, this)?;
    if interp.classes.get(id).attached.is_some() {
        return Err(interp.type_error("can't create instance of singleton class"));
    }
    for (native, name) in [
        (interp.core.integer, "Integer"),
        (interp.core.float, "Float"),
        (interp.core.symbol, "Symbol"),
        (interp.core.nil, "NilClass"),
        (interp.core.true_class, "TrueClass"),
        (interp.core.false_class, "FalseClass"),
    ] {
        if id == native {
            let text = format!("undefined method `new' for {name}:Class");
            return Err(interp.error(interp.core.no_method_error, text));
        }
    }
    let ancestors = interp.classes.ancestors(id);
    if ancestors.iter().any(|c| interp.classes.get(*c).strict)
        && let Some(unknown) = interp.unknown_argument(args)
    {
        return Ok(unknown);
    }
    let object = allocate(interp, this)?;
    interp.send(object, Name::new("initialize"), args.clone(), Form::Own)?;
    Ok(object)
}

fn superclass(interp: &mut Interp, this: Value, _: &Args) -> R {
    let class = class(interp, this)?;
    Ok(interp
        .classes
        .get(class)
        .superclass
        .map_or(Value::NIL, |c| interp.class_value(c)))
}

fn new_class(interp: &mut Interp, _: Value, args: &Args) -> R {
    let parent = match args.opt(0) {
        Some(value) => interp.as_class(value),
        None => None,
    };
    let unknown = args.opt(0).and_then(|v| interp.unknown_of(v));
    if let Some(given) = args.opt(0)
        && unknown.is_none()
        && parent.is_none_or(|p| interp.classes.get(p).is_module)
    {
        let label = interp.class_name(interp.real_class_of(given));
        return Err(interp.type_error(format!(
            "superclass must be an instance of Class (given an instance of {label})"
        )));
    }
    let class = interp.anonymous_class(parent.unwrap_or(interp.core.object));
    if let Some(id) = args.opt(0).and_then(|v| interp.unknown_of(v)) {
        interp.classes.get_mut(class).opaque = Some(id);
    }
    let value = interp.class_value(class);
    interp.inherited(parent.unwrap_or(interp.core.object), value)?;
    if let Some(block) = args.block {
        interp.instance_exec(block, value, class, Args::of(&[value]))?;
    }
    Ok(value)
}

fn new_module(interp: &mut Interp, _: Value, args: &Args) -> R {
    let module = interp.anonymous_module();
    let value = interp.class_value(module);
    if let Some(block) = args.block {
        interp.instance_exec(block, value, module, Args::of(&[value]))?;
    }
    Ok(value)
}
