//! Making and changing strings: joining, inserting, replacing in place.

use std::sync::LazyLock;

use super::super::super::Interp;
use super::super::super::class::Table;
use super::super::super::env::Args;
use super::super::super::flow::R;
use super::super::super::object::{Data, Str};
use super::super::super::value::{Kind, Value};
use super::super::{Builtin, def, table};
use super::{become_text, byte_at, is_binary, like, text};

static METHODS: &[Builtin] = &[
    def("%", 1, 1, super::format::percent).takes_unknown(),
    def("*", 1, 1, times),
    def("+", 1, 1, plus).takes_unknown(),
    def("+@", 0, 0, unfrozen).takes_unknown(),
    def("-@", 0, 0, frozen).takes_unknown(),
    def("<<", 1, 1, append).takes_unknown().mutates(),
    def("[]=", 2, 3, store).mutates(),
    def("clear", 0, 0, clear).mutates(),
    def("concat", 0, -1, concat).takes_unknown().mutates(),
    def("dedup", 0, 0, frozen).takes_unknown(),
    def("initialize", 0, -1, initialize).takes_unknown(),
    def("insert", 2, 2, insert).mutates(),
    def("prepend", 0, -1, prepend).takes_unknown().mutates(),
    def("replace", 1, 1, replace).takes_unknown().mutates(),
    def("slice!", 1, 2, super::query::slice_out).mutates(),
    def("succ!", 0, 0, succ).mutates(),
    def("next!", 0, 0, succ).mutates(),
];
static TABLE: Table = LazyLock::new(|| table(METHODS));

static STATIC: &[Builtin] = &[
    def("new", 0, -1, new).takes_unknown(),
    def("try_convert", 1, 1, |interp, _, args| {
        Ok(match interp.text(args.get(0)) {
            Some(_) => args.get(0),
            None => Value::NIL,
        })
    }),
];
static STATIC_TABLE: Table = LazyLock::new(|| table(STATIC));

pub fn install(interp: &mut Interp) {
    interp.add_methods(interp.core.string, &TABLE);
    interp.add_static(interp.core.string, &STATIC_TABLE);
}

fn new(interp: &mut Interp, this: Value, args: &Args) -> R {
    let class = interp.as_class(this).unwrap_or(interp.core.string);
    let made: Value = interp.alloc(class, Data::Str(Str::default())).into();
    interp.call_with(made, "initialize", args)?;
    Ok(made)
}

fn initialize(interp: &mut Interp, this: Value, args: &Args) -> R {
    let given = args.opt(0).filter(|v| interp.hash_data(*v).is_none());
    if let Some(source) = given {
        let text = interp.str_arg(source)?;
        let binary = is_binary(interp, source);
        *interp.str_mut(this)? = Str { text, binary };
    }
    Ok(Value::NIL)
}

fn plus(interp: &mut Interp, this: Value, args: &Args) -> R {
    if let Some(id) = args.get(0).unknown() {
        let text = text(interp, this) + &super::super::super::unknown::hole(id).to_string();
        return like(interp, this, text);
    }
    let other = interp.str_arg(args.get(0))?;
    let whole = text(interp, this);
    check_encodings(interp, this, args.get(0))?;
    interp.check_len(whole.len() + other.len())?;
    let binary = is_binary(interp, this) || is_binary(interp, args.get(0));
    Ok(interp.new_str(whole + &other, binary))
}

/// Two strings of different encodings can be joined only where one is ASCII.
fn check_encodings(interp: &mut Interp, a: Value, b: Value) -> R<()> {
    let (x, y) = (is_binary(interp, a), is_binary(interp, b));
    let ascii = |v: Value| interp.text(v).is_none_or(str::is_ascii);
    if x == y || ascii(a) || ascii(b) {
        return Ok(());
    }
    let name = |binary| if binary { "ASCII-8BIT" } else { "UTF-8" };
    let class = interp.class_named("Encoding::CompatibilityError");
    let text = format!(
        "incompatible character encodings: {} and {}",
        name(x),
        name(y)
    );
    Err(interp.error(class, text))
}

fn times(interp: &mut Interp, this: Value, args: &Args) -> R {
    let n = interp.count_arg(args.get(0), "argument must be non-negative")?;
    let whole = text(interp, this);
    interp.check_len(whole.len().saturating_mul(n))?;
    like(interp, this, whole.repeat(n))
}

fn unfrozen(interp: &mut Interp, this: Value, _: &Args) -> R {
    match this.obj() {
        Some(id) if interp.heap.get(id).frozen => {
            let text = text(interp, this);
            like(interp, this, text)
        }
        _ => Ok(this),
    }
}

fn frozen(interp: &mut Interp, this: Value, args: &Args) -> R {
    match this.obj() {
        Some(id) if !interp.heap.get(id).frozen => {
            let made = unfrozen(interp, this, args)?;
            let copy = text(interp, made);
            let made = like(interp, this, copy)?;
            if let Some(id) = made.obj() {
                interp.heap.get_mut(id).frozen = true;
            }
            Ok(made)
        }
        _ => Ok(this),
    }
}

/// What `<<` appends: a string, a code point, or a hole.
fn piece(interp: &mut Interp, value: Value) -> R<String> {
    match value.kind {
        Kind::Int(n) => match u32::try_from(n).ok().and_then(char::from_u32) {
            Some(c) => Ok(c.to_string()),
            None => {
                let class = interp.core.range_error;
                Err(interp.error(class, format!("{n} out of char range")))
            }
        },
        Kind::Unknown(id) => Ok(super::super::super::unknown::hole(id).to_string()),
        _ => interp.str_arg(value),
    }
}

fn append(interp: &mut Interp, this: Value, args: &Args) -> R {
    interp.writable(this)?;
    let more = piece(interp, args.get(0))?;
    check_encodings(interp, this, args.get(0))?;
    interp.check_len(interp.text(this).map_or(0, str::len) + more.len())?;
    let binary = is_binary(interp, args.get(0));
    let s = interp.str_mut(this)?;
    s.text.push_str(&more);
    s.binary |= binary && !more.is_ascii();
    Ok(this)
}

fn concat(interp: &mut Interp, this: Value, args: &Args) -> R {
    let mut all = String::new();
    for arg in &args.list {
        all.push_str(&piece(interp, *arg)?);
    }
    let whole = text(interp, this) + &all;
    become_text(interp, this, Some(whole))
}

fn prepend(interp: &mut Interp, this: Value, args: &Args) -> R {
    let mut all = String::new();
    for arg in &args.list {
        all.push_str(&piece(interp, *arg)?);
    }
    let whole = all + &text(interp, this);
    become_text(interp, this, Some(whole))
}

fn clear(interp: &mut Interp, this: Value, _: &Args) -> R {
    become_text(interp, this, Some(String::new()))
}

fn replace(interp: &mut Interp, this: Value, args: &Args) -> R {
    let text = piece(interp, args.get(0))?;
    become_text(interp, this, Some(text))
}

fn succ(interp: &mut Interp, this: Value, _: &Args) -> R {
    let made = super::succ_text(interp.text(this).unwrap_or_default());
    become_text(interp, this, Some(made))
}

fn insert(interp: &mut Interp, this: Value, args: &Args) -> R {
    let i = interp.int_arg(args.get(0))?;
    let more = interp.str_arg(args.get(1))?;
    let mut whole = text(interp, this);
    let len = whole.chars().count() as i64;
    let at = if i < 0 { i + len + 1 } else { i };
    if at < 0 || at > len {
        let class = interp.core.index_error;
        return Err(interp.error(class, format!("index {i} out of string")));
    }
    let at = byte_at(&whole, at as usize);
    whole.insert_str(at, &more);
    become_text(interp, this, Some(whole))
}

fn store(interp: &mut Interp, this: Value, args: &Args) -> R {
    interp.writable(this)?;
    let value = args.list.last().copied().unwrap_or(Value::NIL);
    let new = interp.str_arg(value)?;
    let place = Args::of(args.list.get(..args.len() - 1).unwrap_or_default());
    let whole = text(interp, this);
    let len = whole.chars().count() as i64;
    let span = match (place.get(0).kind, place.len()) {
        // One past the end can be written, not read.
        (Kind::Int(i), 1) if i == len => Some((whole.len(), whole.len())),
        _ => super::query::span(interp, this, &place)?,
    };
    let Some((a, b)) = span else {
        let class = interp.core.index_error;
        let index = place.get(0);
        let text = match index.kind {
            Kind::Int(i) => format!("index {i} out of string"),
            _ if interp.regex_of(index).is_some() => "regexp not matched".into(),
            _ if interp.range_of(index).is_some() => {
                let text = interp.inspect(index)?;
                return Err(interp.error(interp.core.range_error, format!("{text} out of range")));
            }
            _ => "string not matched".into(),
        };
        return Err(interp.error(class, text));
    };
    let text = format!(
        "{}{new}{}",
        whole.get(..a).unwrap_or_default(),
        whole.get(b..).unwrap_or_default()
    );
    become_text(interp, this, Some(text))?;
    Ok(value)
}
