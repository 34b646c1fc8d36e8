//! `Struct`: classes of named members, kept as instance variables of a hidden name.

use std::sync::LazyLock;

use foretaste_parser::name::Name;

use super::super::Interp;
use super::super::class::{ClassId, Table};
use super::super::env::Args;
use super::super::flow::R;
use super::super::object::{Data, Hash};
use super::super::value::{Kind, Value};
use super::{Builtin, def, table};

static STATIC: &[Builtin] = &[def("new", 0, -1, new_class)];
static STATIC_TABLE: Table = LazyLock::new(|| table(STATIC));

/// Of a class that `Struct.new` made.
static CLASS: &[Builtin] = &[
    def("[]", 0, -1, new).takes_unknown(),
    def("keyword_init?", 0, 0, |i, t, _| {
        Ok(class_ivar(i, t, "__keyword_init__").unwrap_or(Value::NIL))
    }),
    def("members", 0, 0, |i, t, _| {
        let names = i.as_class(t).map(|c| members_of(i, c)).unwrap_or_default();
        Ok(i.array(names.into_iter().map(Value::from).collect()))
    }),
    def("new", 0, -1, new).takes_unknown(),
];
static CLASS_TABLE: Table = LazyLock::new(|| table(CLASS));

static METHODS: &[Builtin] = &[
    def("==", 1, 1, |i, t, a| same(i, t, a, false)),
    def("[]", 1, 1, at),
    def("[]=", 2, 2, store).takes_unknown().mutates(),
    def("deconstruct", 0, 0, to_a),
    def("deconstruct_keys", 1, 1, to_h),
    def("dig", 1, -1, dig).takes_unknown(),
    def("each", 0, 0, each).enumerates(),
    def("each_pair", 0, 0, each_pair).enumerates(),
    def("eql?", 1, 1, |i, t, a| same(i, t, a, true)),
    def("hash", 0, 0, hash),
    def("initialize", 0, -1, initialize).takes_unknown(),
    def("inspect", 0, 0, inspect),
    def("length", 0, 0, |i, t, _| {
        Ok(Value::count(members(i, t).len()))
    }),
    def("members", 0, 0, |i, t, _| {
        let names = members(i, t);
        Ok(i.array(names.into_iter().map(Value::from).collect()))
    }),
    def("select", 0, 0, |i, t, a| {
        let list = to_a(i, t, a)?;
        i.call_with(list, "select", a)
    }),
    def("filter", 0, 0, |i, t, a| {
        let list = to_a(i, t, a)?;
        i.call_with(list, "select", a)
    }),
    def("size", 0, 0, |i, t, _| {
        Ok(Value::count(members(i, t).len()))
    }),
    def("to_a", 0, 0, to_a),
    def("to_h", 0, 0, to_h),
    def("to_s", 0, 0, inspect),
    def("values", 0, 0, to_a),
    def("values_at", 0, -1, |i, t, a| {
        let list = to_a(i, t, a)?;
        i.call_with(list, "values_at", a)
    }),
];
static TABLE: Table = LazyLock::new(|| table(METHODS));

pub(super) fn install(interp: &mut Interp) {
    let object = interp.core.object;
    let class = interp.define_class("Struct", object);
    interp.include(class, interp.core.enumerable);
    interp.add_methods(class, &TABLE);
    interp.add_static(class, &STATIC_TABLE);
}

fn class_ivar(interp: &Interp, class: Value, name: &str) -> Option<Value> {
    let mut next = interp.as_class(class);
    while let Some(id) = next {
        if let Some(value) = interp.ivar(interp.class_value(id), Name::new(name)) {
            return Some(value);
        }
        next = interp.classes.get(id).superclass;
    }
    None
}

fn members_of(interp: &Interp, class: ClassId) -> Vec<Name> {
    let list = class_ivar(interp, interp.class_value(class), "__members__");
    list.and_then(|l| interp.array_items(l))
        .unwrap_or_default()
        .iter()
        .filter_map(|v| match v.kind {
            Kind::Sym(name) => Some(name),
            _ => None,
        })
        .collect()
}

fn members(interp: &Interp, this: Value) -> Vec<Name> {
    members_of(interp, interp.real_class_of(this))
}

fn slot(name: Name) -> Name {
    Name::new(&format!("__{name}"))
}

fn get(interp: &Interp, this: Value, name: Name) -> Value {
    interp.ivar(this, slot(name)).unwrap_or(Value::NIL)
}

fn new_class(interp: &mut Interp, this: Value, args: &Args) -> R {
    let parent = interp.as_class(this).unwrap_or(interp.core.object);
    let mut names = Vec::new();
    let mut path = None;
    let keyword_init = interp.keyword(args, "keyword_init");
    let count = args.len() - usize::from(args.keywords);
    for (i, arg) in args.list.iter().take(count).enumerate() {
        if i == 0 && interp.text(*arg).is_some() {
            let text = interp.text(*arg).unwrap_or_default().to_owned();
            if !text.starts_with(char::is_uppercase) {
                let message = format!("identifier {text} needs to be constant");
                return Err(interp.name_error(message));
            }
            path = Some(format!("Struct::{text}"));
            continue;
        }
        let name = Name::new(&interp.name_arg(*arg)?);
        if names.contains(&name) {
            return Err(interp.argument_error(format!("duplicate member: {name}")));
        }
        names.push(name);
    }
    if names.is_empty() && path.is_none() {
        return Err(interp.arity_error(0, "1+"));
    }
    let class = interp.anonymous_class(parent);
    if let Some(path) = path {
        interp.name_class(class, &path);
    }
    for name in &names {
        let c = interp.classes.get_mut(class);
        c.methods.insert(
            *name,
            (
                super::super::class::Method::Reader(slot(*name)),
                Default::default(),
            ),
        );
        let writer = Name::new(&format!("{name}="));
        c.methods.insert(
            writer,
            (
                super::super::class::Method::Writer(slot(*name)),
                Default::default(),
            ),
        );
    }
    let value = interp.class_value(class);
    let list = interp.array(names.into_iter().map(Value::from).collect());
    interp.set_ivar(value, Name::new("__members__"), list)?;
    if let Some(k) = keyword_init {
        interp.set_ivar(value, Name::new("__keyword_init__"), k)?;
    }
    interp.add_static(class, &CLASS_TABLE);
    if let Some(block) = args.block {
        interp.instance_exec(block, value, class, Args::of(&[value]))?;
    }
    Ok(value)
}

fn new(interp: &mut Interp, this: Value, args: &Args) -> R {
    let class = interp.as_class(this).unwrap_or(interp.core.object);
    let made: Value = interp.alloc(class, Data::Plain).into();
    interp.call_with(made, "initialize", args)?;
    Ok(made)
}

fn initialize(interp: &mut Interp, this: Value, args: &Args) -> R {
    let names = members(interp, this);
    let class = interp.class_value(interp.real_class_of(this));
    let by_keyword = class_ivar(interp, class, "__keyword_init__");
    let given = match by_keyword.and_then(Value::truthy) {
        Some(true) => {
            if args.len() > 1 || (args.len() == 1 && interp.hash_data(args.get(0)).is_none()) {
                return Err(interp.arity_error(args.len(), "0"));
            }
            args.opt(0)
        }
        _ => None,
    };
    for name in &names {
        interp.set_ivar(this, slot(*name), Value::NIL)?;
    }
    if let Some(hash) = given {
        let mut unknown = Vec::new();
        for (key, value) in super::hash::pairs(interp, hash) {
            let name = Name::new(&interp.name_arg(key)?);
            if names.contains(&name) {
                interp.set_ivar(this, slot(name), value)?;
            } else {
                unknown.push(name.to_string());
            }
        }
        if !unknown.is_empty() {
            return Err(interp.argument_error(format!("unknown keywords: {}", unknown.join(", "))));
        }
        return Ok(Value::NIL);
    }
    if args.len() > names.len() {
        return Err(interp.argument_error("struct size differs"));
    }
    for (name, value) in names.iter().zip(&args.list) {
        interp.set_ivar(this, slot(*name), *value)?;
    }
    Ok(Value::NIL)
}

/// The member that an index or name means.
fn member(interp: &mut Interp, this: Value, key: Value) -> R<Name> {
    let names = members(interp, this);
    if interp.text_or_sym(key).is_some() {
        let name = Name::new(&interp.name_arg(key)?);
        if names.contains(&name) {
            return Ok(name);
        }
        return Err(interp.name_error(format!("no member '{name}' in struct")));
    }
    let i = interp.int_arg(key)?;
    let n = names.len();
    match interp.at_index(i, n).and_then(|i| names.get(i)) {
        Some(name) => Ok(*name),
        None => {
            let which = if i < 0 { "small" } else { "large" };
            Err(interp.error(
                interp.core.index_error,
                format!("offset {i} too {which} for struct(size:{n})"),
            ))
        }
    }
}

fn at(interp: &mut Interp, this: Value, args: &Args) -> R {
    let name = member(interp, this, args.get(0))?;
    Ok(get(interp, this, name))
}

fn store(interp: &mut Interp, this: Value, args: &Args) -> R {
    let name = member(interp, this, args.get(0))?;
    interp.set_ivar(this, slot(name), args.get(1))?;
    Ok(args.get(1))
}

fn values(interp: &Interp, this: Value) -> Vec<Value> {
    members(interp, this)
        .into_iter()
        .map(|n| get(interp, this, n))
        .collect()
}

fn to_a(interp: &mut Interp, this: Value, _: &Args) -> R {
    let list = values(interp, this);
    Ok(interp.array(list))
}

fn to_h(interp: &mut Interp, this: Value, args: &Args) -> R {
    let mut hash = Hash::default();
    for name in members(interp, this) {
        let value = get(interp, this, name);
        super::hash::put(interp, &mut hash, name.into(), value)?;
    }
    let made = interp.hash(hash);
    match args.block {
        Some(_) => interp.call_with(
            made,
            "to_h",
            &Args {
                list: Vec::new(),
                ..args.clone()
            },
        ),
        None => Ok(made),
    }
}

fn each(interp: &mut Interp, this: Value, args: &Args) -> R {
    for value in values(interp, this) {
        interp.yield_to(args, &[value])?;
    }
    Ok(this)
}

fn each_pair(interp: &mut Interp, this: Value, args: &Args) -> R {
    for name in members(interp, this) {
        let value = get(interp, this, name);
        let pair = interp.array(vec![name.into(), value]);
        interp.yield_to(args, &[pair])?;
    }
    Ok(this)
}

fn same(interp: &mut Interp, this: Value, args: &Args, strictly: bool) -> R {
    let other = args.get(0);
    if other.obj().is_none() || interp.real_class_of(this) != interp.real_class_of(other) {
        return Ok(Value::FALSE);
    }
    let (a, b) = (values(interp, this), values(interp, other));
    for (x, y) in a.into_iter().zip(b) {
        let equal = match strictly {
            true => {
                let answer = interp.call(x, "eql?", &[y])?;
                interp.truth(answer)?
            }
            false => interp.equal(x, y)?,
        };
        if !equal {
            return Ok(Value::FALSE);
        }
    }
    Ok(Value::TRUE)
}

/// `dig` reads members itself, whatever `[]` was made to mean.
fn dig(interp: &mut Interp, this: Value, args: &Args) -> R {
    if let Some(id) = args.list.iter().find_map(|a| interp.unknown_or_hole(*a)) {
        return Ok(id.into());
    }
    let value = match member(interp, this, args.get(0)) {
        Ok(name) => get(interp, this, name),
        Err(super::super::flow::Flow::Raise(e)) if interp.is_a(e, interp.core.index_error) => {
            Value::NIL
        }
        Err(flow) => return Err(flow),
    };
    let rest = args.list.get(1..).unwrap_or_default();
    if rest.is_empty() || value.is_nil() {
        return Ok(value);
    }
    interp.call(value, "dig", rest)
}

fn hash(interp: &mut Interp, this: Value, _: &Args) -> R {
    let list = to_a(interp, this, &Args::default())?;
    interp.call(list, "hash", &[])
}

fn inspect(interp: &mut Interp, this: Value, _: &Args) -> R {
    let class = interp.real_class_of(this);
    let name = interp.classes.get(class).name.clone();
    let mut out = String::from("#<struct ");
    if let Some(name) = name {
        out.push_str(&name);
        out.push(' ');
    }
    let Some(id) = this.obj() else {
        return Ok(Value::NIL);
    };
    if interp.inspecting.contains(&id) {
        return Ok(interp.str(format!("{out}:...>")));
    }
    interp.inspecting.push(id);
    let mut parts = Vec::new();
    for name in members(interp, this) {
        let value = get(interp, this, name);
        match interp.inspect(value) {
            Ok(text) => parts.push(format!("{name}={text}")),
            Err(flow) => {
                interp.inspecting.pop();
                return Err(flow);
            }
        }
    }
    interp.inspecting.pop();
    Ok(interp.str(format!("{out}{}>", parts.join(", "))))
}
