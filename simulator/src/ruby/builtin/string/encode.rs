//! Bytes and encodings of strings, and the class `Encoding`.

use std::sync::LazyLock;

use super::super::super::Interp;
use super::super::super::class::Table;
use super::super::super::encoding::{ENCODINGS, Encoding, Named, stray_byte};
use super::super::super::env::Args;
use super::super::super::flow::R;
use super::super::super::object::{Data, Str};
use super::super::super::value::Value;
use super::super::{Builtin, def, table};
use super::{encoding_of, like, str_of, text};

static METHODS: &[Builtin] = &[
    def("ascii_only?", 0, 0, |i, t, _| {
        Ok(str_of(i, t).is_some_and(Str::is_plain).into())
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
    def("encode", 0, -1, super::transcode::encode).takes_unknown(),
    def("encode!", 0, -1, super::transcode::encode_bang).takes_unknown(),
    def("encoding", 0, 0, encoding).takes_unknown(),
    def("force_encoding", 1, 1, force_encoding)
        .takes_unknown()
        .mutates(),
    def("getbyte", 1, 1, getbyte),
    def("ord", 0, 0, ord),
    def("scrub", 0, 1, scrub),
    def("scrub!", 0, 1, scrub_bang),
    def("setbyte", 2, 2, setbyte).mutates(),
    def("sum", 0, 1, |i, t, _| {
        Ok((raw(i, t).iter().map(|b| i64::from(*b)).sum::<i64>() & 0xffff).into())
    }),
    def("unicode_normalize", 0, 1, super::transcode::normalize),
    def("unicode_normalized?", 0, 1, super::transcode::is_normalized),
    def("unpack", 1, 1, super::super::pack::unpack),
    def("unpack1", 1, 1, super::super::pack::unpack1),
    def("valid_encoding?", 0, 0, is_valid),
    def("dump", 0, 0, dump),
    def("undump", 0, 0, super::transcode::undump),
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
        Ok(i.encoding_object(Encoding::Utf8))
    }),
    def("find", 1, 1, |i, _, a| {
        let encoding = encoding_arg(i, a.get(0))?;
        Ok(i.encoding_object(encoding))
    }),
    def("compatible?", 2, 2, |i, _, a| {
        let joint = match (str_of(i, a.get(0)), str_of(i, a.get(1))) {
            (Some(x), Some(y)) => x.joint_encoding(y),
            _ => return Err(i.not_supported("Encoding.compatible? of other than strings")),
        };
        Ok(joint.map_or(Value::NIL, |e| i.encoding_object(e)))
    }),
    def("default_internal", 0, 0, |_, _, _| Ok(Value::NIL)),
    def("default_external=", 1, 1, |_, _, a| Ok(a.get(0))),
    def("default_internal=", 1, 1, |_, _, a| Ok(a.get(0))),
];
static ENCODING_STATIC_TABLE: Table = LazyLock::new(|| table(ENCODING_STATIC));

pub fn install(interp: &mut Interp) {
    interp.add_methods(interp.core.string, &TABLE);
    let class = interp.core.encoding;
    interp.add_methods(class, &ENCODING_TABLE);
    interp.add_static(class, &ENCODING_STATIC_TABLE);
    for (encoding, _, constants) in ENCODINGS {
        let value = interp.new_host(class, *encoding);
        for constant in *constants {
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
    interp
        .host_data::<Encoding>(this)
        .map_or("UTF-8", |e| e.name())
}

/// The bytes of a string.
pub fn raw(interp: &Interp, this: Value) -> Vec<u8> {
    str_of(interp, this).map_or_else(Vec::new, |s| s.bytes().into_owned())
}

/// A string of these bytes, marked binary.
pub fn byte_string(interp: &mut Interp, bytes: &[u8]) -> Value {
    let made = Str::from_bytes(bytes, Encoding::Binary);
    interp.alloc(interp.core.string, Data::Str(made)).into()
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

fn setbyte(interp: &mut Interp, this: Value, args: &Args) -> R {
    let i = interp.int_arg(args.get(0))?;
    let byte = interp.int_arg(args.get(1))?;
    interp.writable(this)?;
    let mut bytes = raw(interp, this);
    let place = interp.at_index(i, bytes.len());
    let Some(place) = place.and_then(|i| bytes.get_mut(i)) else {
        let class = interp.core.index_error;
        return Err(interp.error(class, format!("index {i} out of string")));
    };
    *place = byte as u8;
    let encoding = encoding_of(interp, this);
    *interp.str_mut(this)? = Str::from_bytes(&bytes, encoding);
    Ok(args.get(1))
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
    let made = Str::from_bytes(part, encoding_of(interp, this));
    Ok(interp.alloc(interp.core.string, Data::Str(made)).into())
}

fn ord(interp: &mut Interp, this: Value, _: &Args) -> R {
    let Some(c) = interp.text(this).and_then(|t| t.chars().next()) else {
        return Err(interp.argument_error("empty string"));
    };
    if stray_byte(c).is_some() {
        let name = encoding_of(interp, this).name();
        return Err(interp.argument_error(format!("invalid byte sequence in {name}")));
    }
    Ok(i64::from(c as u32).into())
}

fn encoding(interp: &mut Interp, this: Value, _: &Args) -> R {
    Ok(interp.encoding_object(encoding_of(interp, this)))
}

fn is_valid(interp: &mut Interp, this: Value, _: &Args) -> R {
    Ok(str_of(interp, this).is_none_or(Str::is_valid).into())
}

/// The encoding that an argument names, or its name where there is no such.
fn wanted(interp: &mut Interp, value: Value) -> R<Result<Encoding, String>> {
    if let Some(encoding) = interp.host_data::<Encoding>(value) {
        return Ok(Ok(*encoding));
    }
    let name = interp.str_arg(value)?;
    match Encoding::named(&name) {
        Named::Known(encoding) => Ok(Ok(encoding)),
        Named::Unmodelled => Err(interp.not_supported(format!("strings in {name}"))),
        Named::Missing => Ok(Err(name)),
    }
}

/// The same, where a missing one is an `ArgumentError`.
pub fn encoding_arg(interp: &mut Interp, value: Value) -> R<Encoding> {
    let found = wanted(interp, value)?;
    found.map_err(|name| interp.argument_error(format!("unknown encoding name - {name}")))
}

fn force_encoding(interp: &mut Interp, this: Value, args: &Args) -> R {
    interp.writable(this)?;
    let encoding = encoding_arg(interp, args.get(0))?;
    let known = str_of(interp, this).is_some_and(|s| s.is_plain() && encoding.ascii_compatible());
    if known {
        // Holes survive: nothing but the name changes.
        interp.str_mut(this)?.encoding = encoding;
        return Ok(this);
    }
    interp.known(this)?;
    let made = Str::from_bytes(&raw(interp, this), encoding);
    *interp.str_mut(this)? = made;
    Ok(this)
}

fn scrub(interp: &mut Interp, this: Value, args: &Args) -> R {
    let Some(whole) = str_of(interp, this).filter(|s| !s.is_valid()).cloned() else {
        let text = text(interp, this);
        return like(interp, this, text);
    };
    let given = match args.opt(0).filter(|v| !v.is_nil()) {
        Some(v) => Some(interp.str_arg(v)?),
        None => None,
    };
    let unicode = !whole.encoding.single_byte();
    let default = if unicode { "\u{fffd}" } else { "?" };
    let bad = |c: char| match unicode {
        true => stray_byte(c).is_some(),
        false => whole.encoding.meaning(c).is_none(),
    };
    let mut out = String::new();
    for c in whole.text.chars() {
        match (bad(c), &given) {
            (false, _) => out.push(c),
            (true, Some(text)) => out.push_str(text),
            (true, None) if args.block.is_some() => {
                let byte = stray_byte(c).unwrap_or(c as u32 as u8);
                let piece = byte_string(interp, &[byte]);
                let made = interp.yield_to(args, &[piece])?;
                out.push_str(&interp.str_arg(made)?);
            }
            (true, None) => out.push_str(default),
        }
    }
    like(interp, this, out)
}

fn scrub_bang(interp: &mut Interp, this: Value, args: &Args) -> R {
    let made = scrub(interp, this, args)?;
    let text = text(interp, made);
    super::become_text(interp, this, Some(text))?;
    Ok(this)
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
    /// Whether a string holds bytes that are no text of UTF-8.
    pub fn is_malformed(&self, value: Value) -> bool {
        str_of(self, value).is_some_and(|s| match s.encoding {
            Encoding::Binary => !s.is_plain(),
            _ => !s.is_valid(),
        })
    }

    /// Regular expressions refuse strings whose bytes are no text.
    pub fn check_valid(&mut self, value: Value) -> R<()> {
        match str_of(self, value).filter(|s| !s.is_valid()) {
            Some(s) => {
                let name = s.encoding.name();
                Err(self.argument_error(format!("invalid byte sequence in {name}")))
            }
            None => Ok(()),
        }
    }

    /// The object of an encoding.
    pub fn encoding_object(&self, encoding: Encoding) -> Value {
        let constant = ENCODINGS
            .iter()
            .find(|(e, ..)| *e == encoding)
            .and_then(|(_, _, constants)| constants.first());
        let class = self.classes.get(self.core.encoding);
        constant
            .and_then(|c| class.constants.get(&foretaste_parser::name::Name::new(c)))
            .copied()
            .unwrap_or(Value::NIL)
    }

    /// A string argument with its encoding.
    pub fn str_piece(&mut self, value: Value) -> R<Str> {
        if let Some(s) = str_of(self, value) {
            return Ok(s.clone());
        }
        let text = self.str_arg(value)?;
        Ok(Str {
            text,
            encoding: Encoding::Utf8,
        })
    }

    /// What interpolation makes of a value, with its encoding.
    pub fn text_piece(&mut self, value: Value) -> R<Str> {
        if let Some(s) = str_of(self, value) {
            return Ok(s.clone());
        }
        let text = self.to_text(value)?;
        Ok(Str {
            text,
            encoding: Encoding::Utf8,
        })
    }

    /// Appends, or raises what Ruby does where the encodings do not go together.
    pub fn join_str(&mut self, whole: &mut Str, more: &Str) -> R<()> {
        self.check_len(whole.text.len() + more.text.len())?;
        match whole.joint_encoding(more) {
            Some(encoding) => {
                whole.push(&more.text, encoding);
                Ok(())
            }
            None => Err(self.incompatible(whole.encoding, more.encoding)),
        }
    }

    /// The same in place.
    pub fn append_str(&mut self, this: Value, more: &Str) -> R<()> {
        self.check_len(self.text(this).map_or(0, str::len) + more.text.len())?;
        let whole = self.str_mut(this)?;
        match whole.joint_encoding(more) {
            Some(encoding) => {
                whole.push(&more.text, encoding);
                Ok(())
            }
            None => {
                let encoding = whole.encoding;
                Err(self.incompatible(encoding, more.encoding))
            }
        }
    }

    /// `Encoding::CompatibilityError`
    pub fn incompatible(&mut self, a: Encoding, b: Encoding) -> super::super::super::flow::Flow {
        let class = self.class_named("Encoding::CompatibilityError");
        let text = format!(
            "incompatible character encodings: {} and {}",
            a.name(),
            b.name()
        );
        self.error(class, text)
    }
}
