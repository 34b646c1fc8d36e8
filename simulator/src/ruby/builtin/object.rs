//! What every object answers to.

use std::sync::LazyLock;

use foretaste_parser::name::Name;

use super::super::Interp;
use super::super::call::Form;
use super::super::class::{ClassId, Method, Table, Visibility};
use super::super::env::{Args, Definee};
use super::super::flow::R;
use super::super::object::{Data, MethodObject};
use super::super::value::{Kind, Value};
use super::{Builtin, def, table};

static METHODS: &[Builtin] = &[
    def("class", 0, 0, |i, v, _| {
        Ok(i.class_value(i.real_class_of(v)))
    })
    .takes_unknown(),
    def("singleton_class", 0, 0, singleton_class).takes_unknown(),
    def("is_a?", 1, 1, is_a),
    def("kind_of?", 1, 1, is_a),
    def("instance_of?", 1, 1, |i, v, a| match i.as_class(a.get(0)) {
        Some(class) => Ok((class == i.real_class_of(v)).into()),
        None => Err(i.type_error("class or module required")),
    }),
    def("nil?", 0, 0, |_, v, _| Ok(v.is_nil().into())).takes_unknown(),
    def("!", 0, 0, |_, v, _| Ok((v.truthy() == Some(false)).into())).takes_unknown(),
    def("==", 1, 1, identical),
    def("equal?", 1, 1, identical),
    def("eql?", 1, 1, identical),
    def("===", 1, 1, |i, v, a| i.equal(v, a.get(0)).map(Value::from)),
    def("!=", 1, 1, |i, v, a| {
        i.equal(v, a.get(0)).map(|b| (!b).into())
    })
    .takes_unknown(),
    def("=~", 1, 1, |_, _, _| Ok(Value::NIL)),
    def("!~", 1, 1, not_match),
    def("<=>", 1, 1, |i, v, a| {
        Ok(if i.equal(v, a.get(0))? {
            0.into()
        } else {
            Value::NIL
        })
    }),
    def("hash", 0, 0, hash).takes_unknown(),
    def("object_id", 0, 0, object_id).takes_unknown(),
    def("__id__", 0, 0, object_id).takes_unknown(),
    def("to_s", 0, 0, to_s).takes_unknown(),
    def("inspect", 0, 0, inspect).takes_unknown(),
    def("respond_to?", 1, 2, respond_to),
    def("send", 1, -1, send).takes_unknown(),
    def("__send__", 1, -1, send).takes_unknown(),
    def("public_send", 1, -1, public_send).takes_unknown(),
    def("method", 1, 1, method),
    def("public_method", 1, 1, method),
    def("methods", 0, 1, methods).takes_unknown(),
    def("public_methods", 0, 1, methods).takes_unknown(),
    def("singleton_methods", 0, 1, singleton_methods).takes_unknown(),
    def("instance_variable_get", 1, 1, ivar_get),
    def("instance_variable_set", 2, 2, ivar_set).takes_unknown(),
    def("instance_variable_defined?", 1, 1, ivar_defined),
    def("remove_instance_variable", 1, 1, ivar_remove),
    def("instance_variables", 0, 0, ivars).takes_unknown(),
    def("instance_eval", 0, 3, instance_eval).takes_unknown(),
    def("instance_exec", 0, -1, instance_exec).takes_unknown(),
    def("tap", 0, 0, |i, v, a| i.yield_to(a, &[v]).map(|_| v)).takes_unknown(),
    def("then", 0, 0, |i, v, a| i.yield_to(a, &[v]))
        .takes_unknown()
        .enumerates(),
    def("yield_self", 0, 0, |i, v, a| i.yield_to(a, &[v]))
        .takes_unknown()
        .enumerates(),
    def("itself", 0, 0, |_, v, _| Ok(v)).takes_unknown(),
    def("dup", 0, 0, |i, v, _| copy(i, v, false)).takes_unknown(),
    def("clone", 0, 1, clone).takes_unknown(),
    def("freeze", 0, 0, freeze).takes_unknown(),
    def("frozen?", 0, 0, |i, v, _| {
        Ok(v.obj().is_none_or(|id| i.heap.get(id).frozen).into())
    })
    .takes_unknown(),
    def("extend", 1, -1, extend).takes_unknown(),
    def("define_singleton_method", 1, 2, define_singleton_method),
    def("enum_for", 0, -1, enum_for),
    def("to_enum", 0, -1, enum_for),
    def("instance_variable_names", 0, 0, ivars).takes_unknown(),
];
static TABLE: Table = LazyLock::new(|| table(METHODS));

static BASIC: &[Builtin] = &[def("initialize", 0, -1, |_, _, _| Ok(Value::NIL)).takes_unknown()];
static BASIC_TABLE: Table = LazyLock::new(|| table(BASIC));

pub(super) fn install(interp: &mut Interp) {
    interp.add_methods(interp.core.kernel, &TABLE);
    interp.add_methods(interp.core.basic_object, &BASIC_TABLE);
    let main = interp.singleton_of(interp.main);
    static MAIN: &[Builtin] = &[
        def("to_s", 0, 0, |i, _, _| Ok(i.str("main"))),
        def("inspect", 0, 0, |i, _, _| Ok(i.str("main"))),
        def("include", 1, -1, main_include).takes_unknown(),
        def("public", 0, -1, |_, _, _| Ok(Value::NIL)),
        def("private", 0, -1, |_, _, _| Ok(Value::NIL)),
        def("using", 1, 1, |_, v, _| Ok(v)).takes_unknown(),
    ];
    static MAIN_TABLE: Table = LazyLock::new(|| table(MAIN));
    interp.add_methods(main, &MAIN_TABLE);
}

fn main_include(interp: &mut Interp, _: Value, args: &Args) -> R {
    let object = interp.class_value(interp.core.object);
    interp.send(object, Name::new("include"), args.clone(), Form::Own)
}

fn singleton_class(interp: &mut Interp, this: Value, _: &Args) -> R {
    let class = interp.singleton_of(this);
    Ok(interp.class_value(class))
}

fn is_a(interp: &mut Interp, this: Value, args: &Args) -> R {
    match interp.as_class(args.get(0)) {
        Some(class) => {
            if interp.is_a(this, class) {
                return Ok(Value::TRUE);
            }
            let own = interp.class_of(this);
            // A mixin that could not be evaluated may bring the class in.
            let opaque = interp.classes.opaque(own);
            Ok(opaque.map_or(Value::FALSE, |id| interp.of_opaque(id)))
        }
        None => Err(interp.type_error("class or module required")),
    }
}

fn identical(_: &mut Interp, this: Value, args: &Args) -> R {
    Ok((this.kind == args.get(0).kind).into())
}

fn not_match(interp: &mut Interp, this: Value, args: &Args) -> R {
    let found = interp.call(this, "=~", &args.list)?;
    interp.truth(found).map(|b| (!b).into())
}

fn object_id(interp: &mut Interp, this: Value, _: &Args) -> R {
    Ok(match this.kind {
        Kind::Obj(id) => (i64::from(id.0) * 8 + 8).into(),
        Kind::Int(n) => n.wrapping_mul(2).wrapping_add(1).into(),
        Kind::Nil => 8.into(),
        Kind::Bool(b) => (if b { 20 } else { 0 }).into(),
        _ => interp.unsupported("an object id"),
    })
}

fn hash(interp: &mut Interp, this: Value, _: &Args) -> R {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let key = match this.kind {
        Kind::Obj(id) if matches!(interp.data(id), Data::Plain | Data::Host(_)) => {
            super::super::object::Key::Obj(id)
        }
        _ => interp.key(this)?,
    };
    // Names are numbered in the order of their first use, so their text is what is hashed.
    let mut hasher = DefaultHasher::new();
    format!("{key:?}").hash(&mut hasher);
    Ok((i64::try_from(hasher.finish() >> 2).unwrap_or(0)).into())
}

fn to_s(interp: &mut Interp, this: Value, _: &Args) -> R {
    let text = match this.kind {
        Kind::Obj(_) => interp.any_to_s(this),
        _ => interp.to_text(this)?,
    };
    Ok(interp.str(text))
}

fn inspect(interp: &mut Interp, this: Value, _: &Args) -> R {
    let Some(id) = this.obj() else {
        let text = interp.inspect(this)?;
        return Ok(interp.str(text));
    };
    let ivars: Vec<(Name, Value)> = interp
        .heap
        .get(id)
        .ivars
        .iter()
        .flat_map(|m| m.iter())
        .filter(|(k, _)| k.as_str().starts_with('@'))
        .map(|(k, v)| (*k, *v))
        .collect();
    let base = interp.any_to_s(this);
    if ivars.is_empty() {
        return Ok(interp.str(base));
    }
    if interp.inspecting.contains(&id) {
        return Ok(interp.str(format!("{} ...>", base.trim_end_matches('>'))));
    }
    interp.inspecting.push(id);
    let mut parts = Vec::new();
    for (name, value) in ivars {
        match interp.inspect(value) {
            Ok(text) => parts.push(format!("{name}={text}")),
            Err(flow) => {
                interp.inspecting.pop();
                return Err(flow);
            }
        }
    }
    interp.inspecting.pop();
    Ok(interp.str(format!(
        "{} {}>",
        base.trim_end_matches('>'),
        parts.join(", ")
    )))
}

fn name_of(interp: &mut Interp, value: Value) -> R<Name> {
    match interp.text_or_sym(value) {
        Some(text) => Ok(Name::new(text)),
        None => {
            let text = interp.inspect(value)?;
            Err(interp.type_error(format!("{text} is not a symbol nor a string")))
        }
    }
}

fn respond_to(interp: &mut Interp, this: Value, args: &Args) -> R {
    let name = name_of(interp, args.get(0))?;
    let class = interp.class_of(this);
    if let Some(found) = interp.classes.find(class, name) {
        return Ok(
            (found.visibility == Visibility::Public || args.get(1).truthy() == Some(true)).into(),
        );
    }
    if interp.answers(this, name)? {
        return Ok(Value::TRUE);
    }
    let opaque = interp.classes.opaque(class);
    Ok(opaque.map_or(Value::FALSE, |id| interp.of_opaque(id)))
}

fn send_with(interp: &mut Interp, this: Value, args: &Args, form: Form) -> R {
    let mut args = args.clone();
    let name = args.list.remove(0);
    if let Some(id) = interp.unknown_or_hole(name) {
        return Ok(id.into());
    }
    let name = name_of(interp, name)?;
    interp.send(this, name, args, form)
}

fn send(interp: &mut Interp, this: Value, args: &Args) -> R {
    send_with(interp, this, args, Form::Own)
}

fn public_send(interp: &mut Interp, this: Value, args: &Args) -> R {
    send_with(interp, this, args, Form::Explicit)
}

/// A method that only `method_missing` answers.
fn by_missing(interp: &mut Interp, this: Value, name: Name, args: &Args) -> R {
    let mut args = args.clone();
    args.list.insert(0, name.into());
    interp.send(this, Name::new("method_missing"), args, Form::Own)
}

fn method(interp: &mut Interp, this: Value, args: &Args) -> R {
    let name = name_of(interp, args.get(0))?;
    let class = interp.class_of(this);
    let Some(found) = interp.classes.find(class, name) else {
        if interp.is_known(class, name.as_str()) || interp.classes.opaque(class).is_some() {
            return Ok(interp.unsupported(format!("the method object of {name}")));
        }
        let missing = Name::new("respond_to_missing?");
        let own = interp.classes.find(class, missing);
        let answers = match own {
            Some(found) if matches!(found.method, super::super::class::Method::Def(..)) => {
                let args = Args::of(&[name.into(), Value::TRUE]);
                let answer = interp.invoke(&found, this, missing, args)?;
                interp.truth(answer)?
            }
            _ => false,
        };
        if answers {
            let object = MethodObject {
                recv: Some(this),
                name,
                owner: class,
                method: super::super::class::Method::Named(by_missing, name),
            };
            let id = interp.alloc(interp.core.method, Data::Method(object.into()));
            return Ok(id.into());
        }
        let text = interp.class_name(interp.real_class_of(this));
        let text = match interp.as_class(this) {
            Some(own) => format!("#<Class:{}>", interp.class_name(own)),
            None => text.to_string(),
        };
        return Err(interp.name_error(format!("undefined method `{name}' for class `{text}'")));
    };
    let object = MethodObject {
        recv: Some(this),
        name,
        owner: found.owner,
        method: found.method.clone(),
    };
    Ok(interp
        .alloc(interp.core.method, Data::Method(object.into()))
        .into())
}

fn methods(interp: &mut Interp, this: Value, args: &Args) -> R {
    if args.opt(0).is_some_and(|all| all.truthy() == Some(false)) {
        return singleton_methods(interp, this, args);
    }
    let class = interp.class_of(this);
    let order = interp.classes.ancestors(class);
    let names = callable_names(interp, &order, true);
    Ok(interp.array(names))
}

/// The names of the methods of these classes that are not private, each once.
pub fn callable_names(interp: &Interp, classes: &[ClassId], natives: bool) -> Vec<Value> {
    let mut names: Vec<Name> = Vec::new();
    for class in classes {
        let class = interp.classes.get(*class);
        let own = class
            .methods
            .iter()
            .filter(|(_, (_, v))| *v != Visibility::Private)
            .map(|(n, _)| *n);
        names.extend(own);
        if natives {
            let tables = class.natives.iter();
            let mut native: Vec<Name> = tables.flat_map(|t| t.keys().copied()).collect();
            native.sort_by_key(|n| n.as_str());
            names.extend(native);
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    names.retain(|n| seen.insert(n.as_str()));
    names.into_iter().map(Value::from).collect()
}

fn singleton_methods(interp: &mut Interp, this: Value, _: &Args) -> R {
    let class = interp.class_of(this);
    let mut names = Vec::new();
    if interp.classes.get(class).attached.is_some() {
        names.extend(
            interp
                .classes
                .get(class)
                .methods
                .keys()
                .copied()
                .map(Value::from),
        );
    }
    Ok(interp.array(names))
}

/// `to_enum(:each, *args)`
fn enum_for(interp: &mut Interp, this: Value, args: &Args) -> R {
    let method = match args.opt(0) {
        Some(name) => name_of(interp, name)?,
        None => Name::new("each"),
    };
    let rest = Args {
        list: args.list.iter().skip(1).copied().collect(),
        ..args.clone()
    };
    let made = super::enumerable::enumerator(interp, this, method.as_str(), &rest);
    super::enumerator::set_size(interp, made, args.block);
    Ok(made)
}

/// The name of an instance variable, which must look like one.
fn ivar_name(interp: &mut Interp, value: Value) -> R<Name> {
    let name = name_of(interp, value)?;
    let text = name.as_str();
    let ok = text
        .strip_prefix('@')
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_alphabetic() || c == '_'));
    if ok {
        return Ok(name);
    }
    let flow = interp.name_error(format!(
        "`{text}' is not allowed as an instance variable name"
    ));
    Err(interp.with_detail(flow, "name", name.into()))
}

fn ivar_get(interp: &mut Interp, this: Value, args: &Args) -> R {
    let name = ivar_name(interp, args.get(0))?;
    Ok(interp.ivar(this, name).unwrap_or(Value::NIL))
}

fn ivar_set(interp: &mut Interp, this: Value, args: &Args) -> R {
    let name = ivar_name(interp, args.get(0))?;
    interp.set_ivar(this, name, args.get(1))?;
    Ok(args.get(1))
}

fn ivar_defined(interp: &mut Interp, this: Value, args: &Args) -> R {
    let name = ivar_name(interp, args.get(0))?;
    Ok(interp.ivar(this, name).is_some().into())
}

fn ivar_remove(interp: &mut Interp, this: Value, args: &Args) -> R {
    let name = ivar_name(interp, args.get(0))?;
    let id = interp.writable(this)?;
    let removed = interp
        .heap
        .get_mut(id)
        .ivars
        .as_mut()
        .and_then(|m| m.shift_remove(&name));
    match removed {
        Some(value) => Ok(value),
        None => {
            let text = interp.receiver_text(this);
            let text = text.rsplit_once(':').map_or(&*text, |(t, _)| t).to_owned();
            Err(interp.name_error(format!("instance variable {name} not defined for {text}")))
        }
    }
}

fn ivars(interp: &mut Interp, this: Value, _: &Args) -> R {
    let names: Vec<Value> = this
        .obj()
        .and_then(|id| interp.heap.get(id).ivars.as_ref())
        .map(|m| {
            let shown = m.keys().filter(|k| k.as_str().starts_with('@'));
            shown.copied().map(Value::from).collect()
        })
        .unwrap_or_default();
    Ok(interp.array(names))
}

fn instance_eval(interp: &mut Interp, this: Value, args: &Args) -> R {
    let Some(block) = args.block else {
        return Ok(interp.unsupported("instance_eval of a string"));
    };
    let definee = Definee::SingletonOf(this);
    interp.instance_exec(block, this, definee, Args::of(&[this]))
}

fn instance_exec(interp: &mut Interp, this: Value, args: &Args) -> R {
    let Some(block) = args.block else {
        return Err(interp.error(interp.core.local_jump_error, "no block given (yield)"));
    };
    let definee = Definee::SingletonOf(this);
    let passed = Args {
        block: None,
        ..args.clone()
    };
    interp.instance_exec(block, this, definee, passed)
}

fn clone(interp: &mut Interp, this: Value, args: &Args) -> R {
    let keep = interp
        .keyword(args, "freeze")
        .is_none_or(|v| v.truthy() != Some(false));
    copy(interp, this, keep)
}

/// `dup` and `clone`: a shallow copy, then `initialize_copy`.
fn copy(interp: &mut Interp, this: Value, keep_frozen: bool) -> R {
    let Some(id) = this.obj() else {
        return Ok(this);
    };
    let object = interp.heap.get(id).clone();
    if matches!(object.data, Data::Class(_)) {
        return copy_class(interp, this);
    }
    let class = if keep_frozen {
        object.class
    } else {
        interp.real_class_of(this)
    };
    let new = interp.alloc(class, object.data);
    let target = interp.heap.get_mut(new);
    target.ivars = object.ivars;
    target.origin = object.origin;
    target.frozen = keep_frozen && object.frozen;
    let value = Value::from(new).with_origin(this.origin);
    if interp.responds(value, "initialize_copy") {
        let frozen = std::mem::take(&mut interp.heap.get_mut(new).frozen);
        interp.call(value, "initialize_copy", &[this])?;
        interp.heap.get_mut(new).frozen = frozen;
    }
    Ok(value)
}

fn copy_class(interp: &mut Interp, this: Value) -> R {
    let Some(class) = interp.as_class(this) else {
        return Ok(this);
    };
    let parent = interp
        .classes
        .get(class)
        .superclass
        .unwrap_or(interp.core.object);
    let new = interp.anonymous_class(parent);
    let (methods, includes, constants) = {
        let c = interp.classes.get(class);
        (c.methods.clone(), c.includes.clone(), c.constants.clone())
    };
    let c = interp.classes.get_mut(new);
    c.methods = methods;
    c.includes = includes;
    c.constants = constants;
    interp.classes.forget_ancestors();
    Ok(interp.class_value(new))
}

fn freeze(interp: &mut Interp, this: Value, _: &Args) -> R {
    if let Some(id) = this.obj()
        && !interp.heap.get(id).frozen
    {
        interp.heap.get_mut(id).frozen = true;
    }
    Ok(this)
}

fn extend(interp: &mut Interp, this: Value, args: &Args) -> R {
    let class = interp.singleton_of(this);
    for module in args.list.iter().rev() {
        if let Some(id) = interp.unknown_of(*module) {
            interp.classes.get_mut(class).opaque = Some(id);
            continue;
        }
        let Some(mixin) = interp.as_class(*module) else {
            return Err(interp.type_error("wrong argument type (expected Module)"));
        };
        interp.include(class, mixin);
        if interp.responds(*module, "extended") {
            interp.call(*module, "extended", &[this])?;
        }
    }
    Ok(this)
}

fn define_singleton_method(interp: &mut Interp, this: Value, args: &Args) -> R {
    let name = name_of(interp, args.get(0))?;
    let Some(body) = args.opt(1).or(args.block) else {
        return Err(interp.argument_error("tried to create Proc object without a block"));
    };
    let class = interp.singleton_of(this);
    let method = match body.obj().map(|id| interp.data(id)) {
        Some(Data::Method(m)) => m.method.clone(),
        _ => Method::Proc(body),
    };
    interp
        .classes
        .get_mut(class)
        .methods
        .insert(name, (method, Visibility::Public));
    Ok(name.into())
}
