//! Making and changing strings: joining, inserting, replacing in place.

use std::sync::LazyLock;

use super::super::super::Interp;
use super::super::super::class::Table;
use super::super::super::encoding::Encoding;
use super::super::super::env::Args;
use super::super::super::flow::R;
use super::super::super::object::{Data, Str};
use super::super::super::value::{Kind, Value};
use super::super::{Builtin, def, table};
use super::{become_text, byte_at, encoding_of, like, text};

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
        let made = interp.str_piece(source)?;
        *interp.str_mut(this)? = made;
    }
    if let Some(name) = interp.keyword(args, "encoding") {
        interp.call(this, "force_encoding", &[name])?;
    }
    Ok(Value::NIL)
}

fn plus(interp: &mut Interp, this: Value, args: &Args) -> R {
    let other = match args.get(0).unknown() {
        Some(id) => Str {
            text: super::super::super::unknown::hole(id).to_string(),
            encoding: encoding_of(interp, this),
        },
        None => interp.str_piece(args.get(0))?,
    };
    let mut whole = interp.str_piece(this)?;
    interp.join_str(&mut whole, &other)?;
    Ok(interp.alloc(interp.core.string, Data::Str(whole)).into())
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
fn piece(interp: &mut Interp, this: Value, value: Value) -> R<Str> {
    let encoding = encoding_of(interp, this);
    let text = match value.kind {
        Kind::Int(n) => {
            let c = u32::try_from(n).ok().and_then(char::from_u32);
            match c.filter(|_| !encoding.single_byte() || n < 0x100) {
                // A byte makes bytes of ASCII.
                Some(c) if encoding == Encoding::UsAscii && n > 0x7f => {
                    return Ok(Str {
                        text: c.to_string(),
                        encoding: Encoding::Binary,
                    });
                }
                Some(c) => c.to_string(),
                None => {
                    let class = interp.core.range_error;
                    return Err(interp.error(class, format!("{n} out of char range")));
                }
            }
        }
        Kind::Unknown(id) => super::super::super::unknown::hole(id).to_string(),
        _ => return interp.str_piece(value),
    };
    Ok(Str { text, encoding })
}

fn append(interp: &mut Interp, this: Value, args: &Args) -> R {
    concat(interp, this, args)
}

fn concat(interp: &mut Interp, this: Value, args: &Args) -> R {
    interp.writable(this)?;
    let mut more = Vec::new();
    for arg in &args.list {
        more.push(piece(interp, this, *arg)?);
    }
    for piece in more {
        interp.append_str(this, &piece)?;
    }
    Ok(this)
}

fn prepend(interp: &mut Interp, this: Value, args: &Args) -> R {
    interp.writable(this)?;
    let mut whole = Str {
        text: String::new(),
        encoding: encoding_of(interp, this),
    };
    for arg in &args.list {
        let more = piece(interp, this, *arg)?;
        interp.join_str(&mut whole, &more)?;
    }
    let own = interp.str_piece(this)?;
    interp.join_str(&mut whole, &own)?;
    *interp.str_mut(this)? = whole;
    Ok(this)
}

fn clear(interp: &mut Interp, this: Value, _: &Args) -> R {
    become_text(interp, this, Some(String::new()))
}

fn replace(interp: &mut Interp, this: Value, args: &Args) -> R {
    interp.writable(this)?;
    let made = piece(interp, this, args.get(0))?;
    *interp.str_mut(this)? = made;
    Ok(this)
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
    let new = interp.str_arg(value)?;
    let text = format!(
        "{}{new}{}",
        whole.get(..a).unwrap_or_default(),
        whole.get(b..).unwrap_or_default()
    );
    become_text(interp, this, Some(text))?;
    Ok(value)
}
