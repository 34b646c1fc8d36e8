//! Native methods of `Array`: making, reading, comparing and printing. Changing is in `array_edit`, lists of several lists in `array_combine`.

use std::cmp::Ordering;
use std::sync::LazyLock;

use super::super::Interp;
use super::super::class::Table;
use super::super::env::Args;
use super::super::flow::{Flow, R};
use super::super::object::{Data, Str};
use super::super::value::{Kind, Value};
use super::support::Step;
use super::{Builtin, def, table};

static METHODS: &[Builtin] = &[
    def("<=>", 1, 1, spaceship),
    def("==", 1, 1, eq).takes_unknown(),
    def("[]", 1, 2, at).takes_unknown(),
    def("assoc", 1, 1, assoc),
    def("at", 1, 1, at),
    def("bsearch", 0, 0, bsearch).enumerates(),
    def("deconstruct", 0, 0, |_, this, _| Ok(this)),
    def("dig", 1, -1, dig).takes_unknown(),
    def("each", 0, 0, each).enumerates(),
    def("each_index", 0, 0, each_index).enumerates(),
    def("empty?", 0, 0, empty),
    def("eql?", 1, 1, eql),
    def("fetch", 1, 2, fetch),
    def("first", 0, 1, first).takes_unknown(),
    def("flatten", 0, 1, flatten),
    def("hash", 0, 0, hash),
    def("index", 0, 1, index).enumerates_alone(),
    def("inspect", 0, 0, inspect),
    def("join", 0, 1, join).takes_unknown(),
    def("last", 0, 1, last).takes_unknown(),
    def("length", 0, 0, length),
    def("none?", 0, 1, none),
    def("pack", 1, 1, super::pack::pack),
    def("rassoc", 1, 1, rassoc),
    def("reverse", 0, 0, reverse),
    def("rindex", 0, 1, rindex).enumerates_alone(),
    def("rotate", 0, 1, rotate),
    def("sample", 0, -1, random),
    def("shuffle", 0, 1, shuffle),
    def("size", 0, 0, length),
    def("slice", 1, 2, at).takes_unknown(),
    def("to_a", 0, 0, to_a),
    def("to_ary", 0, 0, |_, this, _| Ok(this)),
    def("to_s", 0, 0, inspect),
    def("values_at", 0, -1, values_at),
];
static TABLE: Table = LazyLock::new(|| table(METHODS));

static STATIC: &[Builtin] = &[
    def("[]", 0, -1, literal).takes_unknown(),
    def("allocate", 0, 0, literal),
    def("new", 0, 2, new).takes_unknown(),
    def("try_convert", 1, 1, try_convert),
];
static STATIC_TABLE: Table = LazyLock::new(|| table(STATIC));

pub(super) fn install(interp: &mut Interp) {
    interp.include(interp.core.array, interp.core.enumerable);
    interp.add_methods(interp.core.array, &TABLE);
    interp.add_static(interp.core.array, &STATIC_TABLE);
    super::array_combine::install(interp);
    super::array_edit::install(interp);
}

/// The items of the receiver, copied.
pub fn list(interp: &Interp, this: Value) -> Vec<Value> {
    interp
        .array_items(this)
        .map(<[Value]>::to_vec)
        .unwrap_or_default()
}

fn literal(interp: &mut Interp, this: Value, args: &Args) -> R {
    let class = interp.as_class(this).unwrap_or(interp.core.array);
    Ok(interp.alloc(class, Data::Array(args.list.clone())).into())
}

fn new(interp: &mut Interp, this: Value, args: &Args) -> R {
    let class = interp.as_class(this).unwrap_or(interp.core.array);
    let mut items = Vec::new();
    if let Some(first) = args.opt(0) {
        if let Some(list) = interp.array_items(first)
            && args.len() == 1
        {
            items = list.to_vec();
        } else {
            let n = interp.count_arg(first, "negative array size")?;
            interp.spend(n)?;
            if n > (1 << 32) {
                return Err(interp.argument_error("array size too big"));
            }
            for i in 0..n {
                items.push(match args.block {
                    Some(_) => interp.yield_to(args, &[Value::count(i)])?,
                    None => args.get(1),
                });
            }
        }
    }
    let made: Value = interp.alloc(class, Data::Array(items)).into();
    if class != interp.core.array {
        let found = interp
            .classes
            .find(class, foretaste_parser::name::Name::new("initialize"));
        if let Some(found) = found
            && matches!(found.method, super::super::class::Method::Def(..))
        {
            interp.invoke(
                &found,
                made,
                foretaste_parser::name::Name::new("initialize"),
                args.clone(),
            )?;
        }
    }
    Ok(made)
}

fn try_convert(interp: &mut Interp, _: Value, args: &Args) -> R {
    Ok(match interp.array_items(args.get(0)) {
        Some(_) => args.get(0),
        None => Value::NIL,
    })
}

fn to_a(interp: &mut Interp, this: Value, _: &Args) -> R {
    if interp.real_class_of(this) == interp.core.array {
        return Ok(this);
    }
    let items = list(interp, this);
    Ok(interp.array(items))
}

fn each(interp: &mut Interp, this: Value, args: &Args) -> R {
    interp.iterate(this, &mut |interp, item| {
        interp.yield_to(args, &[item])?;
        Ok(Step::Go)
    })?;
    Ok(this)
}

fn each_index(interp: &mut Interp, this: Value, args: &Args) -> R {
    let mut i = 0;
    interp.iterate(this, &mut |interp, _| {
        interp.yield_to(args, &[Value::count(i)])?;
        i += 1;
        Ok(Step::Go)
    })?;
    Ok(this)
}

fn length(interp: &mut Interp, this: Value, _: &Args) -> R {
    Ok(Value::count(
        interp.array_items(this).map_or(0, <[Value]>::len),
    ))
}

fn empty(interp: &mut Interp, this: Value, _: &Args) -> R {
    Ok(interp
        .array_items(this)
        .is_none_or(<[Value]>::is_empty)
        .into())
}

fn none(interp: &mut Interp, this: Value, args: &Args) -> R {
    for item in list(interp, this) {
        let found = match (args.opt(0), args.block) {
            (Some(pattern), _) => interp.case_equal(pattern, item)?,
            (None, Some(_)) => interp.test(args, item)?,
            (None, None) => interp.truth(item)?,
        };
        if found {
            return Ok(Value::FALSE);
        }
    }
    Ok(Value::TRUE)
}

/// `array[i]`, `array[start, length]`, `array[range]`
pub fn at(interp: &mut Interp, this: Value, args: &Args) -> R {
    let items = interp.array_items(this).unwrap_or_default();
    let len = items.len();
    if let (Kind::Int(i), 1) = (args.get(0).kind, args.len()) {
        let item = interp.at_index(i, len).and_then(|i| items.get(i)).copied();
        return Ok(item.unwrap_or(Value::NIL));
    }
    if let Some(id) = args.list.iter().find_map(|a| interp.unknown_of(*a)) {
        return Err(Flow::Unknown(id));
    }
    let span = match (args.get(0), args.opt(1)) {
        (start, Some(length)) => {
            let (start, length) = (interp.int_arg(start)?, interp.int_arg(length)?);
            interp.start_length(start, length, len)
        }
        (index, None) => match interp.range_of(index).cloned() {
            Some(range) => interp.range_span(&range, len)?,
            None => {
                let i = interp.int_arg(index)?;
                let item = interp
                    .at_index(i, len)
                    .and_then(|i| interp.array_items(this).and_then(|a| a.get(i)))
                    .copied();
                return Ok(item.unwrap_or(Value::NIL));
            }
        },
    };
    Ok(match span {
        Some((start, length)) => {
            let part = list(interp, this)
                .into_iter()
                .skip(start)
                .take(length)
                .collect();
            interp.array(part)
        }
        None => Value::NIL,
    })
}

fn fetch(interp: &mut Interp, this: Value, args: &Args) -> R {
    let i = interp.int_arg(args.get(0))?;
    let items = list(interp, this);
    if let Some(item) = interp.at_index(i, items.len()).and_then(|i| items.get(i)) {
        return Ok(*item);
    }
    match (args.block, args.opt(1)) {
        (Some(_), _) => interp.yield_to(args, &[args.get(0)]),
        (None, Some(default)) => Ok(default),
        (None, None) => {
            let n = items.len();
            Err(interp.error(
                interp.core.index_error,
                format!("index {i} outside of array bounds: {}...{n}", -(n as i64)),
            ))
        }
    }
}

pub fn dig(interp: &mut Interp, this: Value, args: &Args) -> R {
    let value = interp.call(this, "[]", args.list.get(..1).unwrap_or_default())?;
    dig_on(interp, value, args)
}

/// Goes on digging with the arguments after the first.
pub fn dig_on(interp: &mut Interp, value: Value, args: &Args) -> R {
    let rest: Vec<Value> = args.list.iter().skip(1).copied().collect();
    if rest.is_empty() || value.is_nil() {
        return Ok(value);
    }
    if interp.unknown_of(value).is_none() && !interp.responds(value, "dig") {
        let label = interp.class_name(interp.real_class_of(value));
        return Err(interp.type_error(format!("{label} does not have #dig method")));
    }
    interp.call(value, "dig", &rest)
}

fn first(interp: &mut Interp, this: Value, args: &Args) -> R {
    let items = interp.array_items(this).unwrap_or_default();
    match args.opt(0) {
        None => Ok(items.first().copied().unwrap_or(Value::NIL)),
        Some(n) => {
            let items = items.to_vec();
            let n = interp.count_arg(n, "negative array size")?;
            Ok(interp.array(items.into_iter().take(n).collect()))
        }
    }
}

fn last(interp: &mut Interp, this: Value, args: &Args) -> R {
    let items = interp.array_items(this).unwrap_or_default();
    match args.opt(0) {
        None => Ok(items.last().copied().unwrap_or(Value::NIL)),
        Some(n) => {
            let items = items.to_vec();
            let n = interp.count_arg(n, "negative array size")?;
            let skip = items.len().saturating_sub(n);
            Ok(interp.array(items.into_iter().skip(skip).collect()))
        }
    }
}

fn eq(interp: &mut Interp, this: Value, args: &Args) -> R {
    let other = args.get(0);
    if let Some(id) = interp.unknown_of(other) {
        return Err(Flow::Unknown(id));
    }
    let Some(other) = interp.array_items(other).map(<[Value]>::to_vec) else {
        return Ok(Value::FALSE);
    };
    let items = list(interp, this);
    if items.len() != other.len() {
        return Ok(Value::FALSE);
    }
    let mut unknown = None;
    for (a, b) in items.into_iter().zip(other) {
        match interp.equal(a, b) {
            Ok(true) => {}
            Ok(false) => return Ok(Value::FALSE),
            Err(Flow::Unknown(id)) => unknown = Some(id),
            Err(flow) => return Err(flow),
        }
    }
    match unknown {
        Some(id) => Err(Flow::Unknown(id)),
        None => Ok(Value::TRUE),
    }
}

fn eql(interp: &mut Interp, this: Value, args: &Args) -> R {
    if interp.array_items(args.get(0)).is_none() {
        return Ok(Value::FALSE);
    }
    Ok((interp.key(this)? == interp.key(args.get(0))?).into())
}

fn hash(interp: &mut Interp, this: Value, _: &Args) -> R {
    let key = interp.key(this)?;
    Ok(super::string::hash_text(&format!("{key:?}")).into())
}

fn spaceship(interp: &mut Interp, this: Value, args: &Args) -> R {
    let Some(other) = interp.array_items(args.get(0)).map(<[Value]>::to_vec) else {
        return Ok(Value::NIL);
    };
    let items = list(interp, this);
    for (a, b) in items.iter().zip(&other) {
        if !interp.responds(*a, "<=>") {
            return Ok(Value::NIL);
        }
        let order = interp.call(*a, "<=>", &[*b])?;
        match order.kind {
            Kind::Int(0) => {}
            _ => return Ok(order),
        }
    }
    Ok(match items.len().cmp(&other.len()) {
        Ordering::Less => -1i64,
        Ordering::Equal => 0,
        Ordering::Greater => 1,
    }
    .into())
}

fn index(interp: &mut Interp, this: Value, args: &Args) -> R {
    super::enumerable::find_index(interp, this, args)
}

fn rindex(interp: &mut Interp, this: Value, args: &Args) -> R {
    let items = list(interp, this);
    for (i, item) in items.into_iter().enumerate().rev() {
        let found = match args.opt(0) {
            Some(value) => interp.equal(item, value)?,
            None => interp.test(args, item)?,
        };
        if found {
            return Ok(Value::count(i));
        }
    }
    Ok(Value::NIL)
}

fn assoc(interp: &mut Interp, this: Value, args: &Args) -> R {
    pair_with(interp, this, args, 0)
}

fn rassoc(interp: &mut Interp, this: Value, args: &Args) -> R {
    pair_with(interp, this, args, 1)
}

fn pair_with(interp: &mut Interp, this: Value, args: &Args, at: usize) -> R {
    for item in list(interp, this) {
        let Some(value) = interp.array_items(item).and_then(|a| a.get(at)).copied() else {
            continue;
        };
        if interp.equal(value, args.get(0))? {
            return Ok(item);
        }
    }
    Ok(Value::NIL)
}

fn bsearch(interp: &mut Interp, this: Value, args: &Args) -> R {
    let items = list(interp, this);
    let (mut low, mut high) = (0, items.len());
    let mut found = Value::NIL;
    while low < high {
        let middle = low + (high - low) / 2;
        let item = items.get(middle).copied().unwrap_or(Value::NIL);
        let answer = interp.yield_to(args, &[item])?;
        match answer.kind {
            Kind::Int(0) => return Ok(item),
            Kind::Int(n) if n > 0 => low = middle + 1,
            Kind::Int(_) => high = middle,
            Kind::Float(f) => match f.partial_cmp(&0.0) {
                Some(std::cmp::Ordering::Equal) => return Ok(item),
                Some(std::cmp::Ordering::Greater) => low = middle + 1,
                _ => high = middle,
            },
            Kind::Obj(_) | Kind::Sym(_) if interp.unknown_of(answer).is_none() => {
                let class = interp.class_name(interp.real_class_of(answer));
                return Err(interp.type_error(format!(
                    "wrong argument type {class} (must be numeric, true, false or nil)"
                )));
            }
            _ if interp.truth(answer)? => {
                found = item;
                high = middle;
            }
            _ => low = middle + 1,
        }
    }
    Ok(found)
}

pub fn reverse(interp: &mut Interp, this: Value, _: &Args) -> R {
    let mut items = list(interp, this);
    items.reverse();
    Ok(interp.array(items))
}

pub fn rotate(interp: &mut Interp, this: Value, args: &Args) -> R {
    let n = match args.opt(0) {
        Some(n) => interp.int_arg(n)?,
        None => 1,
    };
    let mut items = list(interp, this);
    if !items.is_empty() {
        let len = items.len() as i64;
        items.rotate_left(n.rem_euclid(len) as usize);
    }
    Ok(interp.array(items))
}

fn values_at(interp: &mut Interp, this: Value, args: &Args) -> R {
    let mut out = Vec::new();
    for index in &args.list {
        let value = at(interp, this, &Args::of(&[*index]))?;
        match interp.range_of(*index).is_some() {
            true => out.extend(list(interp, value)),
            false => out.push(value),
        }
    }
    Ok(interp.array(out))
}

pub fn flatten(interp: &mut Interp, this: Value, args: &Args) -> R {
    let depth = match args.opt(0).filter(|d| !d.is_nil()) {
        Some(d) => interp.int_arg(d)?,
        None => -1,
    };
    let mut out = Vec::new();
    flatten_into(interp, this, depth, &mut out, 0)?;
    Ok(interp.array(out))
}

fn flatten_into(
    interp: &mut Interp,
    list_value: Value,
    depth: i64,
    out: &mut Vec<Value>,
    nesting: usize,
) -> R<()> {
    if nesting > 1000 {
        return Err(interp.argument_error("tried to flatten recursive array"));
    }
    for item in list(interp, list_value) {
        interp.spend(1)?;
        if depth != 0
            && let Some(id) = interp.unknown_of(item)
        {
            return Err(Flow::Unknown(id));
        }
        if depth != 0 && interp.array_items(item).is_some() {
            flatten_into(interp, item, depth - 1, out, nesting + 1)?;
        } else {
            out.push(item);
        }
    }
    Ok(())
}

/// `join`: nested arrays are joined too, unknown elements leave holes.
pub fn join(interp: &mut Interp, this: Value, args: &Args) -> R {
    let separator = match args.opt(0).filter(|s| !s.is_nil()) {
        Some(s) => interp.str_piece(s)?,
        None => Str::default(),
    };
    let mut out = Str::default();
    join_into(interp, this, &separator, &mut out, 0)?;
    Ok(interp.alloc(interp.core.string, Data::Str(out)).into())
}

fn join_into(
    interp: &mut Interp,
    this: Value,
    separator: &Str,
    out: &mut Str,
    nesting: usize,
) -> R<()> {
    if nesting > 1000 {
        return Err(interp.argument_error("recursive array join"));
    }
    for (i, item) in list(interp, this).into_iter().enumerate() {
        if i > 0 {
            interp.join_str(out, separator)?;
        }
        if interp.array_items(item).is_some() {
            join_into(interp, item, separator, out, nesting + 1)?;
        } else {
            let piece = interp.text_piece(item)?;
            interp.join_str(out, &piece)?;
        }
    }
    Ok(())
}

fn inspect(interp: &mut Interp, this: Value, _: &Args) -> R {
    let Some(id) = this.obj() else {
        return Ok(Value::NIL);
    };
    if interp.inspecting.contains(&id) {
        return Ok(interp.str("[...]"));
    }
    interp.inspecting.push(id);
    let result = inspect_items(interp, this);
    interp.inspecting.pop();
    let text = result?;
    Ok(interp.str(text))
}

fn inspect_items(interp: &mut Interp, this: Value) -> R<String> {
    let mut out = String::from("[");
    for (i, item) in list(interp, this).into_iter().enumerate() {
        if i > 0 {
            out.push_str(", ");
        }
        out.push_str(&interp.inspect(item)?);
        interp.check_len(out.len())?;
    }
    out.push(']');
    Ok(out)
}

fn random(interp: &mut Interp, _: Value, _: &Args) -> R {
    Ok(interp.outside("a random choice"))
}

/// The order is unknown; so is every element, but not how many there are.
fn shuffle(interp: &mut Interp, this: Value, _: &Args) -> R {
    let items = list(interp, this);
    if items.len() < 2 {
        return Ok(interp.array(items));
    }
    let unknown = interp.outside("a random order");
    Ok(interp.array(vec![unknown; items.len()]))
}
