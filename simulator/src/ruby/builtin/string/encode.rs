//! Bytes and encodings: strings are UTF-8 text or bytes.

use std::sync::LazyLock;

use super::super::super::Interp;
use super::super::super::class::Table;
use super::super::super::env::Args;
use super::super::super::flow::R;
use super::super::super::object::{Data, Str};
use super::super::super::value::Value;
use super::super::{Builtin, def, table};
use super::{is_binary, like, text};

static METHODS: &[Builtin] = &[
    def("ascii_only?", 0, 0, |i, t, _| {
        Ok(i.text(t).unwrap_or_default().is_ascii().into())
    }),
    def("b", 0, 0, binary),
    def("bytes", 0, 0, bytes),
    def("bytesize", 0, 0, |i, t, _| {
        Ok(Value::count(raw(i, t).len()))
    }),
    def("byteslice", 1, 2, byteslice),
    def("chr", 0, 0, |i, t, _| {
        let first = text(i, t).chars().take(1).collect::<String>();
        like(i, t, first)
    }),
    def(
        "crypt",
        1,
        1,
        |i, _, _| Err(i.not_supported("String#crypt")),
    ),
    def("each_byte", 0, 0, each_byte),
    def("encode", 0, -1, encode).takes_unknown(),
    def("encode!", 0, -1, encode).takes_unknown(),
    def("encoding", 0, 0, encoding).takes_unknown(),
    def("force_encoding", 1, 1, force_encoding)
        .takes_unknown()
        .mutates(),
    def("getbyte", 1, 1, getbyte),
    def("ord", 0, 0, ord),
    def("scrub", 0, 1, |_, this, _| Ok(this)).takes_unknown(),
    def("sum", 0, 1, |i, t, _| {
        Ok((raw(i, t).iter().map(|b| i64::from(*b)).sum::<i64>() & 0xffff).into())
    }),
    def("unicode_normalize", 0, 1, |_, this, _| Ok(this)),
    def("unpack", 1, 1, super::super::pack::unpack),
    def("unpack1", 1, 1, super::super::pack::unpack1),
    def("valid_encoding?", 0, 0, |_, _, _| Ok(Value::TRUE)),
    def("dump", 0, 0, dump),
];
static TABLE: Table = LazyLock::new(|| table(METHODS));

static ENCODING: &[Builtin] = &[
    def("inspect", 0, 0, |i, t, _| {
        let name = encoding_name(i, t);
        Ok(i.str(format!("#<Encoding:{name}>")))
    }),
    def("name", 0, 0, |i, t, _| {
        let name = encoding_name(i, t);
        Ok(i.str(name))
    }),
    def("to_s", 0, 0, |i, t, _| {
        let name = encoding_name(i, t);
        Ok(i.str(name))
    }),
];
static ENCODING_TABLE: Table = LazyLock::new(|| table(ENCODING));

static ENCODING_STATIC: &[Builtin] = &[
    def("default_external", 0, 0, |i, _, _| {
        Ok(encoding_value(i, "UTF_8"))
    }),
    def("default_internal", 0, 0, |_, _, _| Ok(Value::NIL)),
    def("default_external=", 1, 1, |_, _, a| Ok(a.get(0))),
    def("default_internal=", 1, 1, |_, _, a| Ok(a.get(0))),
];
static ENCODING_STATIC_TABLE: Table = LazyLock::new(|| table(ENCODING_STATIC));

/// An encoding object holds its name.
#[derive(Clone, Debug)]
struct Encoding(&'static str);

pub fn install(interp: &mut Interp) {
    interp.add_methods(interp.core.string, &TABLE);
    let class = interp.core.encoding;
    interp.add_methods(class, &ENCODING_TABLE);
    interp.add_static(class, &ENCODING_STATIC_TABLE);
    for (constants, name) in [
        (&["UTF_8"][..], "UTF-8"),
        (&["ASCII_8BIT", "BINARY"], "ASCII-8BIT"),
        (&["US_ASCII", "ASCII"], "US-ASCII"),
        (&["ISO_8859_1"], "ISO-8859-1"),
        (&["UTF_16LE"], "UTF-16LE"),
        (&["UTF_16BE"], "UTF-16BE"),
        (&["UTF_16"], "UTF-16"),
        (&["Windows_1252"], "Windows-1252"),
    ] {
        let value = interp.new_host(class, Encoding(name));
        for constant in constants {
            let constant = foretaste_parser::name::Name::new(constant);
            interp
                .classes
                .get_mut(class)
                .constants
                .insert(constant, value);
        }
    }
    for name in [
        "CompatibilityError",
        "UndefinedConversionError",
        "InvalidByteSequenceError",
        "ConverterNotFoundError",
    ] {
        let parent = interp.core.encoding_error;
        interp.define_class(&format!("Encoding::{name}"), parent);
    }
}

fn encoding_name(interp: &Interp, this: Value) -> &'static str {
    interp.host_data::<Encoding>(this).map_or("UTF-8", |e| e.0)
}

fn encoding_value(interp: &Interp, constant: &str) -> Value {
    let constant = foretaste_parser::name::Name::new(constant);
    let class = interp.core.encoding;
    interp
        .classes
        .get(class)
        .constants
        .get(&constant)
        .copied()
        .unwrap_or(Value::NIL)
}

/// The bytes of a string.
pub fn raw(interp: &Interp, this: Value) -> Vec<u8> {
    match this.obj().map(|id| interp.data(id)) {
        Some(Data::Str(s)) => s.bytes(),
        _ => Vec::new(),
    }
}

/// A string of these bytes, marked binary.
pub fn byte_string(interp: &mut Interp, bytes: &[u8]) -> Value {
    let text: String = bytes.iter().map(|b| char::from(*b)).collect();
    interp.new_str(text, true)
}

fn binary(interp: &mut Interp, this: Value, _: &Args) -> R {
    let bytes = raw(interp, this);
    Ok(byte_string(interp, &bytes))
}

fn bytes(interp: &mut Interp, this: Value, _: &Args) -> R {
    let list = raw(interp, this)
        .into_iter()
        .map(|b| i64::from(b).into())
        .collect();
    Ok(interp.array(list))
}

fn each_byte(interp: &mut Interp, this: Value, args: &Args) -> R {
    if args.block.is_none() {
        return Ok(super::super::enumerable::enumerator(
            interp,
            this,
            "each_byte",
            args,
        ));
    }
    for b in raw(interp, this) {
        interp.yield_to(args, &[i64::from(b).into()])?;
    }
    Ok(this)
}

fn getbyte(interp: &mut Interp, this: Value, args: &Args) -> R {
    let i = interp.int_arg(args.get(0))?;
    let bytes = raw(interp, this);
    let at = interp
        .at_index(i, bytes.len())
        .and_then(|i| bytes.get(i).copied());
    Ok(at.map_or(Value::NIL, |b| i64::from(b).into()))
}

fn byteslice(interp: &mut Interp, this: Value, args: &Args) -> R {
    let bytes = raw(interp, this);
    let span = match args.opt(1) {
        Some(n) => {
            let (start, n) = (interp.int_arg(args.get(0))?, interp.int_arg(n)?);
            interp.start_length(start, n, bytes.len())
        }
        None => match interp.range_of(args.get(0)).cloned() {
            Some(range) => interp.range_span(&range, bytes.len())?,
            None => {
                let i = interp.int_arg(args.get(0))?;
                interp.at_index(i, bytes.len()).map(|i| (i, 1))
            }
        },
    };
    let Some(part) = span.and_then(|(s, n)| bytes.get(s..s + n)) else {
        return Ok(Value::NIL);
    };
    let made = Str::from_bytes(part);
    Ok(interp.alloc(interp.core.string, Data::Str(made)).into())
}

fn ord(interp: &mut Interp, this: Value, _: &Args) -> R {
    match interp.text(this).and_then(|t| t.chars().next()) {
        Some(c) => Ok(i64::from(c as u32).into()),
        None => Err(interp.argument_error("empty string")),
    }
}

fn encoding(interp: &mut Interp, this: Value, _: &Args) -> R {
    let constant = if is_binary(interp, this) {
        "ASCII_8BIT"
    } else {
        "UTF_8"
    };
    Ok(encoding_value(interp, constant))
}

/// Which encoding an argument names: true for bytes, false for UTF-8, `None` for others.
fn wants_binary(interp: &mut Interp, value: Value) -> R<Option<bool>> {
    let name = match interp.host_data::<Encoding>(value) {
        Some(e) => e.0.to_owned(),
        None => interp.str_arg(value)?,
    };
    Ok(match name.to_ascii_uppercase().as_str() {
        "UTF-8" => Some(false),
        "ASCII-8BIT" | "BINARY" => Some(true),
        _ => None,
    })
}

fn force_encoding(interp: &mut Interp, this: Value, args: &Args) -> R {
    interp.writable(this)?;
    match wants_binary(interp, args.get(0))? {
        Some(true) => {
            let bytes = raw(interp, this);
            *interp.str_mut(this)? = Str {
                text: bytes.iter().map(|b| char::from(*b)).collect(),
                binary: true,
            };
        }
        Some(false) => {
            let made = Str::from_bytes(&raw(interp, this));
            *interp.str_mut(this)? = made;
        }
        // Text in another encoding is kept as it is while it is plain ASCII.
        None if text(interp, this).is_ascii() => {}
        None => return Err(interp.not_supported("strings in encodings other than UTF-8")),
    }
    Ok(this)
}

fn encode(interp: &mut Interp, this: Value, args: &Args) -> R {
    let target = match args.opt(0).filter(|v| interp.hash_data(*v).is_none()) {
        Some(target) => wants_binary(interp, target)?,
        None => Some(false),
    };
    if text(interp, this).is_ascii() || target == Some(is_binary(interp, this)) {
        let text = text(interp, this);
        return like(interp, this, text);
    }
    Err(interp.not_supported("encoding non-ASCII text"))
}

fn dump(interp: &mut Interp, this: Value, _: &Args) -> R {
    let mut out = String::new();
    for c in interp.inspect(this)?.chars() {
        match c as u32 {
            n if n < 0x80 => out.push(c),
            n if n > 0xffff => out.push_str(&format!("\\u{{{n:X}}}")),
            n => out.push_str(&format!("\\u{n:04X}")),
        }
    }
    Ok(interp.str(out))
}

impl Interp {
    /// Whether a string holds bytes that are no text of its encoding.
    pub fn is_malformed(&self, value: Value) -> bool {
        is_binary(self, value) && !self.text(value).is_some_and(str::is_ascii)
    }
}
