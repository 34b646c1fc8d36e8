//! `File`: path arithmetic is computed; the files of a node are unknown.

use std::sync::LazyLock;

use super::super::super::Interp;
use super::super::super::class::Table;
use super::super::super::env::Args;
use super::super::super::flow::R;
use super::super::super::unknown::hole;
use super::super::super::value::{Kind, Value};
use super::super::{Builtin, def, table};

static STATIC: &[Builtin] = &[
    def("absolute_path", 1, 2, expand_path),
    def("absolute_path?", 1, 1, |i, _, a| {
        Ok(path_arg(i, a.get(0))?.starts_with('/').into())
    }),
    def("basename", 1, 2, basename),
    def("dirname", 1, 2, dirname),
    def("expand_path", 1, 2, expand_path),
    def("extname", 1, 1, extname),
    def("fnmatch", 2, 3, fnmatch),
    def("fnmatch?", 2, 3, fnmatch),
    def("join", 0, -1, join).takes_unknown(),
    def("path", 1, 1, |i, _, a| {
        let path = path_arg(i, a.get(0))?;
        Ok(i.str(path))
    }),
    def("split", 1, 1, split),
    def("directory?", 1, 1, |i, _, a| ask(i, a, "directory?")),
    def("executable?", 1, 1, |i, _, a| ask(i, a, "executable?")),
    def("exist?", 1, 1, |i, _, a| ask(i, a, "exist?")),
    def("exists?", 1, 1, |i, _, a| ask(i, a, "exist?")),
    def("file?", 1, 1, |i, _, a| ask(i, a, "file?")),
    def("foreach", 1, -1, |i, _, a| ask(i, a, "foreach")),
    def("identical?", 2, 2, outside),
    def("lstat", 1, 1, outside),
    def("mtime", 1, 1, outside),
    def("new", 1, -1, outside),
    def("open", 1, -1, outside),
    def("owned?", 1, 1, outside),
    def("read", 1, -1, |i, _, a| ask(i, a, "read")),
    def("binread", 1, -1, |i, _, a| ask(i, a, "binread")),
    def("readable?", 1, 1, |i, _, a| ask(i, a, "readable?")),
    def("readlines", 1, -1, |i, _, a| ask(i, a, "readlines")),
    def("readlink", 1, 1, outside),
    def("realpath", 1, 2, outside),
    def("size", 1, 1, |i, _, a| ask(i, a, "size")),
    def("size?", 1, 1, |i, _, a| ask(i, a, "size?")),
    def("stat", 1, 1, outside),
    def("symlink?", 1, 1, |i, _, a| ask(i, a, "symlink?")),
    def("writable?", 1, 1, |i, _, a| ask(i, a, "writable?")),
    def("write", 2, -1, outside),
    def("zero?", 1, 1, |i, _, a| ask(i, a, "zero?")),
    def("empty?", 1, 1, |i, _, a| ask(i, a, "zero?")),
    // What is changed on the node is not followed: nothing is known of it afterwards.
    def("atime", 1, 1, outside),
    def("birthtime", 1, 1, outside),
    def("blockdev?", 1, 1, outside),
    def("chardev?", 1, 1, outside),
    def("chmod", 1, -1, outside),
    def("chown", 2, -1, outside),
    def("ctime", 1, 1, outside),
    def("delete", 0, -1, outside),
    def("executable_real?", 1, 1, outside),
    def("ftype", 1, 1, outside),
    def("grpowned?", 1, 1, outside),
    def("lchmod", 1, -1, outside),
    def("lchown", 2, -1, outside),
    def("link", 2, 2, outside),
    def("lutime", 2, -1, outside),
    def("mkfifo", 1, 2, outside),
    def("pipe?", 1, 1, outside),
    def("readable_real?", 1, 1, outside),
    def("realdirpath", 1, 2, outside),
    def("rename", 2, 2, outside),
    def("setgid?", 1, 1, outside),
    def("setuid?", 1, 1, outside),
    def("socket?", 1, 1, outside),
    def("sticky?", 1, 1, outside),
    def("symlink", 2, 2, outside),
    def("truncate", 2, 2, outside),
    def("umask", 0, 1, outside),
    def("unlink", 0, -1, outside),
    def("utime", 2, -1, outside),
    def("world_readable?", 1, 1, outside),
    def("world_writable?", 1, 1, outside),
    def("writable_real?", 1, 1, outside),
];
static TABLE: Table = LazyLock::new(|| table(STATIC));

static PROCESS: &[Builtin] = &[def("popen", 1, -1, popen).takes_unknown()];
static PROCESS_TABLE: Table = LazyLock::new(|| table(PROCESS));

pub(super) fn install(interp: &mut Interp) {
    let object = interp.core.object;
    let io = interp.define_class("IO", object);
    let file = interp.define_class("File", io);
    interp.add_static(io, &TABLE);
    interp.add_static(io, &PROCESS_TABLE);
    interp.add_static(file, &TABLE);
    for (name, value) in [
        ("SEPARATOR", interp.str("/")),
        ("Separator", interp.str("/")),
        ("PATH_SEPARATOR", interp.str(":")),
        ("ALT_SEPARATOR", Value::NIL),
        ("FNM_PATHNAME", 2i64.into()),
        ("FNM_DOTMATCH", 4i64.into()),
        ("FNM_CASEFOLD", 8i64.into()),
        ("FNM_EXTGLOB", 16i64.into()),
    ] {
        let name = foretaste_parser::name::Name::new(name);
        interp.classes.get_mut(file).constants.insert(name, value);
    }
}

/// What somebody has said of a path of the machine, else an unknown.
pub(super) fn ask(interp: &mut Interp, args: &Args, question: &str) -> R {
    let path = path_arg(interp, args.get(0))?;
    let Some(answer) = (interp.hooks.file)(interp, question, &path)? else {
        return outside(interp, Value::NIL, args);
    };
    match (question, interp.array_items(answer).map(<[Value]>::to_vec)) {
        ("foreach", Some(lines)) if args.block.is_some() => {
            for line in lines {
                interp.yield_to(args, &[line])?;
            }
            Ok(Value::NIL)
        }
        _ => Ok(answer),
    }
}

pub(super) fn outside(interp: &mut Interp, _: Value, args: &Args) -> R {
    let path = interp
        .text(args.get(0))
        .unwrap_or("the file system")
        .to_owned();
    Ok(interp.outside(format!("the state of {path} on the node")))
}

/// `IO.popen(command)`: what the command prints, to be read.
fn popen(interp: &mut Interp, _: Value, args: &Args) -> R {
    let is_command = |i: &Interp, v: Value| {
        i.text(v).is_some() || i.array_items(v).is_some() || i.unknown_of(v).is_some()
    };
    let command = args.list.iter().copied().find(|v| is_command(interp, *v));
    let command = match command {
        Some(list) if interp.array_items(list).is_some() => {
            let space = interp.str(" ");
            interp.call(list, "join", &[space])?
        }
        Some(text) => text,
        None => Value::NIL,
    };
    let output = (interp.hooks.shell)(interp, command)?;
    let stream = match interp.unknown_of(output) {
        Some(_) => output,
        None => {
            let class = interp.const_in(
                interp.core.object,
                foretaste_parser::name::Name::new("StringIO"),
            )?;
            interp.call(class, "new", &[output])?
        }
    };
    match args.block {
        Some(_) => interp.yield_to(args, &[stream]),
        None => Ok(stream),
    }
}

/// A path argument: a string, or what gives one by `to_path`.
pub(super) fn path_arg(interp: &mut Interp, value: Value) -> R<String> {
    if interp.text(value).is_none() && value.obj().is_some() && interp.responds(value, "to_path") {
        let path = interp.call(value, "to_path", &[])?;
        return interp.str_arg(path);
    }
    interp.str_arg(value)
}

/// Unknown parts leave holes in the path.
fn join(interp: &mut Interp, _: Value, args: &Args) -> R {
    let mut out = String::new();
    let mut first = true;
    for part in &args.list {
        join_part(interp, *part, &mut out, &mut first, 0)?;
        interp.check_len(out.len())?;
    }
    Ok(interp.str(out))
}

fn join_part(
    interp: &mut Interp,
    part: Value,
    out: &mut String,
    first: &mut bool,
    depth: usize,
) -> R<()> {
    if depth > 100 {
        return Err(interp.argument_error("recursive array"));
    }
    if let Some(items) = interp.array_items(part).map(<[Value]>::to_vec) {
        for item in items {
            join_part(interp, item, out, first, depth + 1)?;
        }
        return Ok(());
    }
    let text = match part.kind {
        Kind::Unknown(id) => hole(id).to_string(),
        _ => path_arg(interp, part)?,
    };
    if !std::mem::take(first) {
        match (out.ends_with('/'), text.starts_with('/')) {
            (true, true) => out.truncate(out.trim_end_matches('/').len()),
            (false, false) => out.push('/'),
            _ => {}
        }
    }
    out.push_str(&text);
    Ok(())
}

/// The last part of a path, without slashes.
fn base(path: &str) -> &str {
    let trimmed = path.trim_end_matches('/');
    if trimmed.is_empty() {
        return if path.is_empty() { "" } else { "/" };
    }
    trimmed.rsplit('/').next().unwrap_or(trimmed)
}

/// The extension with its dot; none for dot files and a dot at the end.
fn extension(name: &str) -> &str {
    let visible = name.trim_start_matches('.');
    match visible.rfind('.') {
        Some(i) if i > 0 => visible.get(i..).unwrap_or_default(),
        _ => "",
    }
}

fn basename(interp: &mut Interp, _: Value, args: &Args) -> R {
    let path = path_arg(interp, args.get(0))?;
    let name = base(&path);
    let suffix = match args.opt(1) {
        Some(s) => interp.str_arg(s)?,
        None => String::new(),
    };
    let cut = if suffix == ".*" {
        extension(name).to_owned()
    } else {
        suffix
    };
    let kept = name
        .strip_suffix(cut.as_str())
        .filter(|k| !k.is_empty())
        .unwrap_or(name)
        .to_owned();
    Ok(interp.str(kept))
}

fn parent(path: &str) -> String {
    let trimmed = path.trim_end_matches('/');
    match trimmed.rfind('/') {
        Some(i) => {
            let kept = trimmed.get(..i).unwrap_or_default().trim_end_matches('/');
            if kept.is_empty() {
                "/".into()
            } else {
                kept.into()
            }
        }
        None if trimmed.is_empty() && path.starts_with('/') => "/".into(),
        None => ".".into(),
    }
}

fn dirname(interp: &mut Interp, _: Value, args: &Args) -> R {
    let mut path = path_arg(interp, args.get(0))?;
    let levels = match args.opt(1) {
        Some(n) => interp.int_arg(n)?,
        None => 1,
    };
    if levels < 0 {
        return Err(interp.argument_error(format!("negative level: {levels}")));
    }
    for _ in 0..levels.min(1000) {
        path = parent(&path);
    }
    Ok(interp.str(path))
}

fn split(interp: &mut Interp, _: Value, args: &Args) -> R {
    let path = path_arg(interp, args.get(0))?;
    let (dir, name) = (interp.str(parent(&path)), interp.str(base(&path)));
    Ok(interp.array(vec![dir, name]))
}

fn extname(interp: &mut Interp, _: Value, args: &Args) -> R {
    let path = path_arg(interp, args.get(0))?;
    let name = base(&path);
    // A dot at the end is an extension of its own.
    let found = if name.ends_with('.') && name.trim_start_matches('.').len() > 1 {
        "."
    } else {
        extension(name)
    };
    Ok(interp.str(found))
}

fn expand_path(interp: &mut Interp, _: Value, args: &Args) -> R {
    let path = path_arg(interp, args.get(0))?;
    let base = match args.opt(1).filter(|b| !b.is_nil()) {
        Some(b) => path_arg(interp, b)?,
        None => String::new(),
    };
    let whole = if path.starts_with('/') {
        path
    } else {
        format!("{base}/{path}")
    };
    if !whole.starts_with('/')
        || base.starts_with('~')
        || whole.contains("/~")
        || (base.is_empty()
            && !args.get(0).is_nil()
            && !interp.text(args.get(0)).is_some_and(|p| p.starts_with('/')))
    {
        return Ok(interp.outside("the working folder of the run"));
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    Ok(interp.str(format!("/{}", parts.join("/"))))
}

fn fnmatch(interp: &mut Interp, _: Value, args: &Args) -> R {
    let (pattern, path) = (interp.str_arg(args.get(0))?, path_arg(interp, args.get(1))?);
    let flags = match args.opt(2) {
        Some(f) => interp.int_arg(f)?,
        None => 0,
    };
    if flags & 16 != 0 && pattern.contains('{') {
        return Err(interp.not_supported("File.fnmatch with FNM_EXTGLOB"));
    }
    interp.spend(pattern.len().saturating_mul(path.len()))?;
    let fold = |s: String| if flags & 8 != 0 { s.to_lowercase() } else { s };
    let (pattern, path): (Vec<char>, Vec<char>) = (
        fold(pattern).chars().collect(),
        fold(path).chars().collect(),
    );
    Ok(glob(&pattern, &path, flags & 2 != 0, flags & 4 != 0, true).into())
}

/// Whether a name of a folder's entry fits a part of a path's pattern.
pub(super) fn fits(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), name.chars().collect());
    glob(&pattern, &name, true, false, true)
}

/// Whether a shell pattern takes the whole text. `start`: a leading dot needs a literal one.
fn glob(pattern: &[char], text: &[char], pathname: bool, dots: bool, start: bool) -> bool {
    let hidden = start && !dots && text.first() == Some(&'.');
    match pattern {
        [] => text.is_empty(),
        ['*', '*', '/', rest @ ..] if pathname => {
            if glob(rest, text, pathname, dots, true) {
                return true;
            }
            match text.iter().position(|c| *c == '/') {
                Some(i) if !hidden => glob(
                    pattern,
                    text.get(i + 1..).unwrap_or_default(),
                    pathname,
                    dots,
                    true,
                ),
                _ => false,
            }
        }
        ['*', rest @ ..] => {
            if hidden {
                return false;
            }
            for i in 0..=text.len() {
                if glob(
                    rest,
                    text.get(i..).unwrap_or_default(),
                    pathname,
                    dots,
                    false,
                ) {
                    return true;
                }
                if pathname && text.get(i) == Some(&'/') {
                    return false;
                }
            }
            false
        }
        ['[', rest @ ..] => {
            let (Some(close), Some(c)) =
                (rest.iter().skip(1).position(|c| *c == ']'), text.first())
            else {
                return false;
            };
            let set = rest.get(..close + 1).unwrap_or_default();
            let (negated, set) = match set {
                ['!' | '^', more @ ..] => (true, more),
                set => (false, set),
            };
            let mut found = false;
            let mut i = 0;
            while let Some(a) = set.get(i) {
                match (set.get(i + 1), set.get(i + 2)) {
                    (Some('-'), Some(b)) => {
                        found |= (a..=b).contains(&c);
                        i += 3;
                    }
                    _ => {
                        found |= a == c;
                        i += 1;
                    }
                }
            }
            !hidden
                && found != negated
                && !(pathname && *c == '/')
                && glob(
                    rest.get(close + 2..).unwrap_or_default(),
                    text.get(1..).unwrap_or_default(),
                    pathname,
                    dots,
                    false,
                )
        }
        [p, rest @ ..] => {
            let (p, rest) = match (p, rest) {
                ('\\', [next, more @ ..]) => (Some(*next), more),
                ('?', rest) => (None, rest),
                (p, rest) => (Some(*p), rest),
            };
            let Some((c, more)) = text.split_first() else {
                return false;
            };
            let same = match p {
                Some(p) => p == *c,
                None => !(hidden || pathname && *c == '/'),
            };
            same && glob(rest, more, pathname, dots, pathname && *c == '/')
        }
    }
}
