//! Native methods of `Hash`: making, reading, comparing and printing. Changing is in `hash_edit`, other hashes made
//! of one in `hash_derive`.

use std::sync::LazyLock;

use foretaste_parser::name::Name;

use super::super::Interp;
use super::super::class::Table;
use super::super::env::Args;
use super::super::flow::{Flow, R};
use super::super::object::{Data, Hash, Key};
use super::super::value::Value;
use super::{Builtin, def, table};

static METHODS: &[Builtin] = &[
    def("<", 1, 1, |i, t, a| subset(i, t, a.get(0), true)),
    def("<=", 1, 1, |i, t, a| subset(i, t, a.get(0), false)),
    def("==", 1, 1, eq).takes_unknown(),
    def(">", 1, 1, |i, t, a| subset(i, a.get(0), t, true)),
    def(">=", 1, 1, |i, t, a| subset(i, a.get(0), t, false)),
    def("[]", 1, 1, at),
    def("any?", 0, 1, any),
    def("assoc", 1, 1, assoc),
    def("compare_by_identity?", 0, 0, |i, t, _| {
        Ok((keying_of(i, t) == Keying::Identity).into())
    }),
    def("deconstruct_keys", 1, 1, |_, this, _| Ok(this)),
    def("default", 0, 1, default),
    def("default_proc", 0, 0, default_proc),
    def("dig", 1, -1, super::array::dig).takes_unknown(),
    def("each", 0, 0, each).enumerates(),
    def("each_key", 0, 0, each_key).enumerates(),
    def("each_pair", 0, 0, each).enumerates(),
    def("each_value", 0, 0, each_value).enumerates(),
    def("empty?", 0, 0, empty),
    def("eql?", 1, 1, eql),
    def("fetch", 1, 2, fetch),
    def("fetch_values", 0, -1, fetch_values),
    def("has_key?", 1, 1, has_key),
    def("has_value?", 1, 1, has_value),
    def("hash", 0, 0, hash),
    def("include?", 1, 1, has_key),
    def("inspect", 0, 0, inspect),
    def("key", 1, 1, key_of),
    def("key?", 1, 1, has_key),
    def("keys", 0, 0, keys),
    def("length", 0, 0, length),
    def("map", 0, 0, map).takes_unknown().enumerates(),
    def("collect", 0, 0, map).takes_unknown().enumerates(),
    def("member?", 1, 1, has_key),
    def("rassoc", 1, 1, rassoc),
    def("size", 0, 0, length),
    def("to_a", 0, 0, to_a),
    def("to_hash", 0, 0, |_, this, _| Ok(this)),
    def("to_proc", 0, 0, to_proc),
    def("to_s", 0, 0, inspect),
    def("value?", 1, 1, has_value),
    def("values", 0, 0, values),
    def("values_at", 0, -1, values_at),
];
static TABLE: Table = LazyLock::new(|| table(METHODS));

static STATIC: &[Builtin] = &[
    def("[]", 0, -1, literal).takes_unknown(),
    def("new", 0, -1, new).takes_unknown(),
    def("try_convert", 1, 1, |interp, _, args| {
        Ok(match interp.hash_data(args.get(0)) {
            Some(_) => args.get(0),
            None => Value::NIL,
        })
    }),
];
static STATIC_TABLE: Table = LazyLock::new(|| table(STATIC));

pub(super) fn install(interp: &mut Interp) {
    interp.include(interp.core.hash, interp.core.enumerable);
    interp.add_methods(interp.core.hash, &TABLE);
    interp.add_static(interp.core.hash, &STATIC_TABLE);
    super::hash_derive::install(interp);
    super::hash_edit::install(interp);
}

/// How the keys of a hash are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keying {
    Value,
    /// Symbols count as their strings.
    Indifferent,
    Identity,
}

impl Hash {
    /// How its keys are told apart.
    pub fn keying(&self) -> Keying {
        match (self.indifferent, self.identity) {
            (true, _) => Keying::Indifferent,
            (_, true) => Keying::Identity,
            _ => Keying::Value,
        }
    }
}

/// The same of a hash object.
pub fn keying_of(interp: &Interp, this: Value) -> Keying {
    interp.hash_data(this).map_or(Keying::Value, Hash::keying)
}

/// Runs `walk` through a hash; meanwhile no key can be added to it.
pub fn walking<T>(
    interp: &mut Interp,
    this: Value,
    walk: impl FnOnce(&mut Interp) -> R<T>,
) -> R<T> {
    let depth = interp.iterating.len();
    interp.iterating.extend(this.obj());
    let result = walk(interp);
    interp.iterating.truncate(depth);
    result
}

/// The pairs of a hash, copied.
pub fn pairs(interp: &Interp, this: Value) -> Vec<(Value, Value)> {
    interp
        .hash_data(this)
        .map(|h| h.map.values().copied().collect())
        .unwrap_or_default()
}

/// Key and stored key of a value: strings are copied and frozen, symbols of a Mash become strings.
pub fn key_for(interp: &mut Interp, value: Value, keying: Keying) -> R<(Key, Value)> {
    if let (Keying::Identity, Some(id)) = (keying, value.obj()) {
        if let Some(unknown) = interp.unknown_of(value) {
            return Err(Flow::Unknown(unknown));
        }
        return Ok((Key::Obj(id), value));
    }
    let indifferent = keying == Keying::Indifferent;
    let key = match (interp.key(value)?, indifferent) {
        (Key::Sym(name), true) => Key::Str(name.as_str().into()),
        (key, _) => key,
    };
    let stored = match &key {
        Key::Str(_) => interp.key_value(&key).with_origin(value.origin),
        _ => value,
    };
    Ok((key, stored))
}

/// Stores a pair in a hash that is being made.
pub fn put(interp: &mut Interp, hash: &mut Hash, key: Value, value: Value) -> R<()> {
    let (key, stored) = key_for(interp, key, hash.keying())?;
    match hash.map.entry(key) {
        indexmap::map::Entry::Occupied(mut entry) => entry.get_mut().1 = value,
        indexmap::map::Entry::Vacant(entry) => {
            entry.insert((stored, value));
        }
    }
    Ok(())
}

/// A hash of these pairs.
pub fn from_pairs(interp: &mut Interp, pairs: Vec<(Value, Value)>) -> R {
    let mut hash = Hash::default();
    for (key, value) in pairs {
        put(interp, &mut hash, key, value)?;
    }
    Ok(interp.hash(hash))
}

/// The value stored under a key, without defaults.
pub fn lookup(interp: &mut Interp, this: Value, key: Value) -> R<Option<Value>> {
    let keying = keying_of(interp, this);
    if let (Keying::Identity, Some(id)) = (keying, key.obj()) {
        let hash = interp.hash_data(this);
        return Ok(hash.and_then(|h| h.map.get(&Key::Obj(id))).map(|(_, v)| *v));
    }
    let key = match (interp.key(key)?, keying == Keying::Indifferent) {
        (Key::Sym(name), true) => Key::Str(name.as_str().into()),
        (key, _) => key,
    };
    Ok(interp
        .hash_data(this)
        .and_then(|h| h.map.get(&key))
        .map(|(_, v)| *v))
}

fn literal(interp: &mut Interp, this: Value, args: &Args) -> R {
    let mut hash = Hash::default();
    match &args.list[..] {
        [] => {}
        [only] => {
            if let Some(other) = interp.hash_data(*only) {
                hash.map = other.map.clone();
            } else {
                for item in interp.array_arg(*only)? {
                    match interp.array_items(item) {
                        Some([key, value]) => {
                            let (key, value) = (*key, *value);
                            put(interp, &mut hash, key, value)?;
                        }
                        _ => {
                            return Err(
                                interp.argument_error("invalid number of elements (1 for 1..2)")
                            );
                        }
                    }
                }
            }
        }
        list if list.len() % 2 == 0 => {
            for pair in list.chunks(2) {
                if let [key, value] = pair {
                    put(interp, &mut hash, *key, *value)?;
                }
            }
        }
        _ => return Err(interp.argument_error("odd number of arguments for Hash")),
    }
    let class = interp.as_class(this).unwrap_or(interp.core.hash);
    Ok(interp.alloc(class, Data::Hash(Box::new(hash))).into())
}

fn new(interp: &mut Interp, this: Value, args: &Args) -> R {
    let class = interp.as_class(this).unwrap_or(interp.core.hash);
    let made: Value = interp.alloc(class, Data::Hash(Box::default())).into();
    let initialize = Name::new("initialize");
    if let Some(found) = interp.classes.find(class, initialize)
        && matches!(found.method, super::super::class::Method::Def(..))
    {
        interp.invoke(&found, made, initialize, args.clone())?;
        return Ok(made);
    }
    if args.len() > 1 {
        return Err(interp.arity_error(args.len(), "0..1"));
    }
    if args.block.is_some() && !args.is_empty() {
        return Err(interp.arity_error(args.len(), "0"));
    }
    let (default, default_proc) = (args.opt(0), args.block);
    let hash = interp.hash_mut(made)?;
    hash.default = default;
    hash.default_proc = default_proc;
    Ok(made)
}

fn at(interp: &mut Interp, this: Value, args: &Args) -> R {
    let key = args.get(0);
    match lookup(interp, this, key)? {
        Some(value) => Ok(value),
        None => missing(interp, this, key),
    }
}

/// What a hash gives for a key that it lacks.
pub fn missing(interp: &mut Interp, this: Value, key: Value) -> R {
    let class = interp.class_of(this);
    if class != interp.core.hash
        && let Some(found) = interp.classes.find(class, Name::new("default"))
        && matches!(found.method, super::super::class::Method::Def(..))
    {
        return interp.invoke(&found, this, Name::new("default"), Args::of(&[key]));
    }
    let Some(hash) = interp.hash_data(this) else {
        return Ok(Value::NIL);
    };
    match (hash.default_proc, hash.default) {
        (Some(proc), _) => interp.call_proc(proc, Args::of(&[this, key])),
        (None, Some(default)) => Ok(default),
        (None, None) => Ok(Value::NIL),
    }
}

fn default(interp: &mut Interp, this: Value, args: &Args) -> R {
    let hash = interp.hash_data(this);
    match (hash.and_then(|h| h.default_proc), args.opt(0)) {
        (Some(proc), Some(key)) => interp.call_proc(proc, Args::of(&[this, key])),
        _ => Ok(hash.and_then(|h| h.default).unwrap_or(Value::NIL)),
    }
}

fn default_proc(interp: &mut Interp, this: Value, _: &Args) -> R {
    Ok(interp
        .hash_data(this)
        .and_then(|h| h.default_proc)
        .unwrap_or(Value::NIL))
}

/// `key not found: :x`
pub fn key_error(interp: &mut Interp, this: Value, key: Value) -> Flow {
    let text = interp.inspect(key).unwrap_or_default();
    let flow = interp.error(interp.core.key_error, format!("key not found: {text}"));
    let flow = interp.with_detail(flow, "receiver", this);
    interp.with_detail(flow, "key", key)
}

fn fetch(interp: &mut Interp, this: Value, args: &Args) -> R {
    let key = args.get(0);
    if let Some(value) = lookup(interp, this, key)? {
        return Ok(value);
    }
    match (args.block, args.opt(1)) {
        (Some(_), _) => interp.yield_to(args, &[key]),
        (None, Some(default)) => Ok(default),
        (None, None) => Err(key_error(interp, this, key)),
    }
}

fn fetch_values(interp: &mut Interp, this: Value, args: &Args) -> R {
    let mut out = Vec::new();
    for key in &args.list {
        let one = Args::of(&[*key]).with_block(args.block);
        out.push(fetch(interp, this, &one)?);
    }
    Ok(interp.array(out))
}

fn values_at(interp: &mut Interp, this: Value, args: &Args) -> R {
    let mut out = Vec::new();
    for key in &args.list {
        out.push(at(interp, this, &Args::of(&[*key]))?);
    }
    Ok(interp.array(out))
}

fn has_key(interp: &mut Interp, this: Value, args: &Args) -> R {
    Ok(lookup(interp, this, args.get(0))?.is_some().into())
}

fn has_value(interp: &mut Interp, this: Value, args: &Args) -> R {
    for (_, value) in pairs(interp, this) {
        if interp.equal(value, args.get(0))? {
            return Ok(Value::TRUE);
        }
    }
    Ok(Value::FALSE)
}

fn key_of(interp: &mut Interp, this: Value, args: &Args) -> R {
    for (key, value) in pairs(interp, this) {
        if interp.equal(value, args.get(0))? {
            return Ok(key);
        }
    }
    Ok(Value::NIL)
}

fn assoc(interp: &mut Interp, this: Value, args: &Args) -> R {
    match lookup(interp, this, args.get(0))? {
        Some(value) => Ok(interp.array(vec![args.get(0), value])),
        None => Ok(Value::NIL),
    }
}

fn rassoc(interp: &mut Interp, this: Value, args: &Args) -> R {
    for (key, value) in pairs(interp, this) {
        if interp.equal(value, args.get(0))? {
            return Ok(interp.array(vec![key, value]));
        }
    }
    Ok(Value::NIL)
}

fn keys(interp: &mut Interp, this: Value, _: &Args) -> R {
    let keys = pairs(interp, this).into_iter().map(|p| p.0).collect();
    Ok(interp.array(keys))
}

fn values(interp: &mut Interp, this: Value, _: &Args) -> R {
    let values = pairs(interp, this).into_iter().map(|p| p.1).collect();
    Ok(interp.array(values))
}

fn length(interp: &mut Interp, this: Value, _: &Args) -> R {
    Ok(Value::count(
        interp.hash_data(this).map_or(0, |h| h.map.len()),
    ))
}

fn empty(interp: &mut Interp, this: Value, _: &Args) -> R {
    Ok(interp
        .hash_data(this)
        .is_none_or(|h| h.map.is_empty())
        .into())
}

/// Calls the block with key and value, as two arguments where a lambda wants two.
pub(super) fn yield_pair(interp: &mut Interp, args: &Args, key: Value, value: Value) -> R {
    let wants_two = args.block.and_then(Value::obj).is_some_and(|id| {
        matches!(interp.data(id), Data::Proc(p) if p.lambda
            && matches!(&p.body, super::super::object::ProcBody::Block { block, .. } if block.params.required.len() == 2)
            || matches!(interp.data(id), Data::Proc(p) if matches!(p.body, super::super::object::ProcBody::Method(_))))
    });
    if wants_two {
        return interp.yield_to(args, &[key, value]);
    }
    let pair = interp.array(vec![key, value]);
    interp.yield_to(args, &[pair])
}

fn each(interp: &mut Interp, this: Value, args: &Args) -> R {
    walking(interp, this, |interp| {
        for (key, value) in pairs(interp, this) {
            interp.spend(1)?;
            yield_pair(interp, args, key, value)?;
        }
        Ok(this)
    })
}

fn map(interp: &mut Interp, this: Value, args: &Args) -> R {
    let mut out = Vec::new();
    for (key, value) in pairs(interp, this) {
        interp.spend(1)?;
        out.push(yield_pair(interp, args, key, value)?);
    }
    Ok(interp.array(out))
}

fn each_key(interp: &mut Interp, this: Value, args: &Args) -> R {
    walking(interp, this, |interp| {
        for (key, _) in pairs(interp, this) {
            interp.yield_to(args, &[key])?;
        }
        Ok(this)
    })
}

fn each_value(interp: &mut Interp, this: Value, args: &Args) -> R {
    walking(interp, this, |interp| {
        for (_, value) in pairs(interp, this) {
            interp.yield_to(args, &[value])?;
        }
        Ok(this)
    })
}

fn any(interp: &mut Interp, this: Value, args: &Args) -> R {
    for (key, value) in pairs(interp, this) {
        let found = match (args.opt(0), args.block) {
            (Some(pattern), _) => {
                let pair = interp.array(vec![key, value]);
                interp.case_equal(pattern, pair)?
            }
            (None, Some(_)) => {
                let result = yield_pair(interp, args, key, value)?;
                interp.truth(result)?
            }
            (None, None) => true,
        };
        if found {
            return Ok(Value::TRUE);
        }
    }
    Ok(Value::FALSE)
}

pub(super) fn to_a(interp: &mut Interp, this: Value, _: &Args) -> R {
    let pairs = pairs(interp, this)
        .into_iter()
        .map(|(k, v)| interp.array(vec![k, v]))
        .collect();
    Ok(interp.array(pairs))
}

fn eq(interp: &mut Interp, this: Value, args: &Args) -> R {
    let other = args.get(0);
    if let Some(id) = interp.unknown_of(other) {
        return Err(Flow::Unknown(id));
    }
    let (Some(a), Some(b)) = (
        interp.hash_data(this).cloned(),
        interp.hash_data(other).cloned(),
    ) else {
        return Ok(Value::FALSE);
    };
    if a.map.len() != b.map.len() {
        return Ok(Value::FALSE);
    }
    for (key, (_, value)) in &a.map {
        match b.map.get(key) {
            Some((_, other)) => {
                if !interp.equal(*value, *other)? {
                    return Ok(Value::FALSE);
                }
            }
            None => return Ok(Value::FALSE),
        }
    }
    Ok(Value::TRUE)
}

fn subset(interp: &mut Interp, small: Value, large: Value, proper: bool) -> R {
    let a = interp.to_hash(small)?;
    let b = interp.to_hash(large)?;
    for (key, (_, value)) in &a.map {
        match b.map.get(key) {
            Some((_, other)) if interp.equal(*value, *other)? => {}
            _ => return Ok(Value::FALSE),
        }
    }
    Ok((!proper || a.map.len() < b.map.len()).into())
}

fn eql(interp: &mut Interp, this: Value, args: &Args) -> R {
    if interp.hash_data(args.get(0)).is_none() {
        return Ok(Value::FALSE);
    }
    Ok((interp.key(this)? == interp.key(args.get(0))?).into())
}

fn hash(interp: &mut Interp, this: Value, _: &Args) -> R {
    let key = interp.key(this)?;
    Ok(super::string::hash_text(&format!("{key:?}")).into())
}

fn to_proc(interp: &mut Interp, this: Value, _: &Args) -> R {
    let body = super::super::object::ProcBody::Native {
        f: at,
        captured: this,
    };
    Ok(interp.new_proc(body, true))
}

fn inspect(interp: &mut Interp, this: Value, _: &Args) -> R {
    let Some(id) = this.obj() else {
        return Ok(Value::NIL);
    };
    if interp.inspecting.contains(&id) {
        return Ok(interp.str("{...}"));
    }
    interp.inspecting.push(id);
    let result = inspect_pairs(interp, this);
    interp.inspecting.pop();
    let text = result?;
    Ok(interp.str(text))
}

fn inspect_pairs(interp: &mut Interp, this: Value) -> R<String> {
    let mut out = String::from("{");
    for (i, (key, value)) in pairs(interp, this).into_iter().enumerate() {
        if i > 0 {
            out.push_str(", ");
        }
        out.push_str(&interp.inspect(key)?);
        out.push_str("=>");
        out.push_str(&interp.inspect(value)?);
        interp.check_len(out.len())?;
    }
    out.push('}');
    Ok(out)
}
