//! What single classes of exceptions know besides their message.

use std::sync::LazyLock;

use foretaste_parser::name::Name;

use super::super::Interp;
use super::super::class::{ClassId, Table};
use super::super::env::Args;
use super::super::flow::R;
use super::super::object::Data;
use super::super::value::{Kind, Value};
use super::{Builtin, def, exception, table};

static NAME: &[Builtin] = &[
    def("initialize", 0, -1, new_name_error).takes_unknown(),
    def("name", 0, 0, |i, t, _| Ok(detail(i, t, "name"))),
    def("receiver", 0, 0, |i, t, _| needed(i, t, "receiver")),
];
static NAME_TABLE: Table = LazyLock::new(|| table(NAME));

static NO_METHOD: &[Builtin] = &[
    def("args", 0, 0, |i, t, _| {
        let args = detail(i, t, "args");
        Ok(if args.is_nil() {
            i.array(Vec::new())
        } else {
            args
        })
    }),
    def("private_call?", 0, 0, |_, _, _| Ok(Value::FALSE)),
];
static NO_METHOD_TABLE: Table = LazyLock::new(|| table(NO_METHOD));

static KEY: &[Builtin] = &[
    def("initialize", 0, -1, with_keywords).takes_unknown(),
    def("receiver", 0, 0, |i, t, _| needed(i, t, "receiver")),
    def("key", 0, 0, |i, t, _| needed(i, t, "key")),
    def("matchee", 0, 0, |i, t, _| needed(i, t, "matchee")),
];
static KEY_TABLE: Table = LazyLock::new(|| table(KEY));

static FROZEN: &[Builtin] = &[
    def("initialize", 0, -1, with_keywords).takes_unknown(),
    def("receiver", 0, 0, |i, t, _| needed(i, t, "receiver")),
];
static FROZEN_TABLE: Table = LazyLock::new(|| table(FROZEN));

static STOP: &[Builtin] = &[def("result", 0, 0, |i, t, _| Ok(detail(i, t, "result")))];
static STOP_TABLE: Table = LazyLock::new(|| table(STOP));

static THROW: &[Builtin] = &[
    def("tag", 0, 0, |i, t, _| Ok(detail(i, t, "tag"))),
    def("value", 0, 0, |i, t, _| Ok(detail(i, t, "value"))),
];
static THROW_TABLE: Table = LazyLock::new(|| table(THROW));

static JUMP: &[Builtin] = &[
    def("reason", 0, 0, |i, t, _| Ok(detail(i, t, "reason"))),
    def("exit_value", 0, 0, |i, t, _| Ok(detail(i, t, "exit_value"))),
];
static JUMP_TABLE: Table = LazyLock::new(|| table(JUMP));

static LOAD: &[Builtin] = &[def("path", 0, 0, |i, t, _| Ok(detail(i, t, "path")))];
static LOAD_TABLE: Table = LazyLock::new(|| table(LOAD));

static EXIT: &[Builtin] = &[
    def("initialize", 0, 2, new_exit).takes_unknown(),
    def("status", 0, 0, |i, t, _| {
        let status = detail(i, t, "status");
        Ok(if status.is_nil() { 0.into() } else { status })
    }),
    def("success?", 0, 0, |i, t, _| {
        let status = detail(i, t, "status");
        Ok(matches!(status.kind, Kind::Nil | Kind::Int(0)).into())
    }),
];
static EXIT_TABLE: Table = LazyLock::new(|| table(EXIT));

static SYSTEM_CALL: &[Builtin] = &[
    def("initialize", 0, 3, new_system_call).takes_unknown(),
    def("errno", 0, 0, |i, t, _| Ok(detail(i, t, "errno"))),
];
static SYSTEM_CALL_TABLE: Table = LazyLock::new(|| table(SYSTEM_CALL));

static SYSTEM_CALL_STATIC: &[Builtin] = &[
    def("===", 1, 1, same_errno),
    def("new", 0, -1, numbered).takes_unknown(),
];
static SYSTEM_CALL_STATIC_TABLE: Table = LazyLock::new(|| table(SYSTEM_CALL_STATIC));

pub(super) fn install(interp: &mut Interp) {
    let core = interp.core;
    for (class, methods) in [
        (core.name_error, &NAME_TABLE),
        (core.no_method_error, &NO_METHOD_TABLE),
        (core.key_error, &KEY_TABLE),
        (core.no_matching_pattern_key_error, &KEY_TABLE),
        (core.frozen_error, &FROZEN_TABLE),
        (core.stop_iteration, &STOP_TABLE),
        (core.uncaught_throw_error, &THROW_TABLE),
        (core.local_jump_error, &JUMP_TABLE),
        (core.load_error, &LOAD_TABLE),
        (core.system_exit, &EXIT_TABLE),
        (core.system_call_error, &SYSTEM_CALL_TABLE),
    ] {
        interp.add_methods(class, methods);
    }
    interp.add_static(core.system_call_error, &SYSTEM_CALL_STATIC_TABLE);
    interp.define_module("Errno");
}

fn detail(interp: &Interp, this: Value, name: &str) -> Value {
    interp
        .ivar(this, Name::new(&format!("__{name}")))
        .unwrap_or(Value::NIL)
}

fn needed(interp: &mut Interp, this: Value, name: &str) -> R {
    match interp.ivar(this, Name::new(&format!("__{name}"))) {
        Some(value) => Ok(value),
        None => Err(interp.argument_error(format!("no {name} is available"))),
    }
}

fn keep(interp: &mut Interp, this: Value, name: &str, value: Value) -> R<()> {
    interp.set_ivar(this, Name::new(&format!("__{name}")), value)
}

/// The arguments without the keywords, which are kept as details.
fn take_keywords(interp: &mut Interp, this: Value, args: &Args) -> R<Vec<Value>> {
    let mut list = args.list.clone();
    if args.keywords {
        for name in ["receiver", "key", "matchee"] {
            if let Some(value) = interp.keyword(args, name) {
                keep(interp, this, name, value)?;
            }
        }
        list.pop();
    }
    Ok(list)
}

fn with_keywords(interp: &mut Interp, this: Value, args: &Args) -> R {
    let list = take_keywords(interp, this, args)?;
    let message = list.first().copied().unwrap_or(Value::NIL);
    exception::set_message(interp, this, message);
    Ok(Value::NIL)
}

fn new_name_error(interp: &mut Interp, this: Value, args: &Args) -> R {
    let list = take_keywords(interp, this, args)?;
    let at = |i: usize| list.get(i).copied().unwrap_or(Value::NIL);
    exception::set_message(interp, this, at(0));
    keep(interp, this, "name", at(1))?;
    if list.len() > 2 {
        keep(interp, this, "args", at(2))?;
    }
    Ok(Value::NIL)
}

fn new_exit(interp: &mut Interp, this: Value, args: &Args) -> R {
    let (status, message) = match args.get(0).kind {
        Kind::Bool(ok) => (i64::from(!ok).into(), args.opt(1)),
        Kind::Int(_) => (args.get(0), args.opt(1)),
        _ => (0.into(), args.opt(0)),
    };
    keep(interp, this, "status", status)?;
    let message = match message {
        Some(message) => message,
        None => {
            let class = interp.class_name(interp.real_class_of(this));
            interp.str(&*class)
        }
    };
    exception::set_message(interp, this, message);
    Ok(Value::NIL)
}

fn errno_of(interp: &mut Interp, class: ClassId) -> Option<(i64, &'static str)> {
    let order = interp.classes.ancestors(class);
    order.iter().find_map(|c| {
        let name = interp.classes.get(*c).name.clone()?;
        let short = name.strip_prefix("Errno::")?;
        let row = ERRNO.iter().find(|e| e.0 == short)?;
        Some((row.1, row.2))
    })
}

fn new_system_call(interp: &mut Interp, this: Value, args: &Args) -> R {
    let class = interp.real_class_of(this);
    let (text, errno, detail) = match errno_of(interp, class) {
        Some((errno, text)) => (text.to_owned(), Value::from(errno), args.opt(0)),
        None => {
            let errno = match (args.get(0).kind, args.opt(1)) {
                (Kind::Int(_), _) => args.get(0),
                (_, Some(errno)) => errno,
                _ => Value::NIL,
            };
            let text = match errno.kind {
                Kind::Int(n) => format!("Unknown error {n}"),
                _ => "unknown error".to_owned(),
            };
            let detail = args.opt(0).filter(|d| !matches!(d.kind, Kind::Int(_)));
            (text, errno, detail)
        }
    };
    keep(interp, this, "errno", errno)?;
    let known = errno_of(interp, class).is_some();
    let place = args.opt(1).filter(|p| known && !p.is_nil());
    let text = match (detail.filter(|d| !d.is_nil()), place) {
        (Some(detail), Some(place)) => {
            let (detail, place) = (interp.to_text(detail)?, interp.to_text(place)?);
            format!("{text} @ {place} - {detail}")
        }
        (Some(detail), None) => format!("{text} - {}", interp.to_text(detail)?),
        (None, _) => text,
    };
    let message = interp.str(text);
    exception::set_message(interp, this, message);
    Ok(Value::NIL)
}

/// `SystemCallError.new(message, 2)` makes the class of that number.
fn numbered(interp: &mut Interp, this: Value, args: &Args) -> R {
    let mut class = this;
    let mut passed = args.clone();
    if interp.as_class(this) == Some(interp.core.system_call_error) {
        let number = [args.get(0), args.get(1)]
            .iter()
            .find_map(|v| match v.kind {
                Kind::Int(n) => Some(n),
                _ => None,
            });
        let row = number.and_then(|n| ERRNO.iter().find(|e| e.1 == n));
        if let Some((name, ..)) = row {
            class = errno_class(interp, name);
            passed.list.retain(|v| !matches!(v.kind, Kind::Int(_)));
        }
    }
    let made = super::module::allocate(interp, class)?;
    interp.call_with(made, "initialize", &passed)?;
    Ok(made)
}

fn same_errno(interp: &mut Interp, this: Value, args: &Args) -> R {
    let (Some(class), Some(id)) = (interp.as_class(this), args.get(0).obj()) else {
        return Ok(Value::FALSE);
    };
    if interp.is_a(args.get(0), class) {
        return Ok(Value::TRUE);
    }
    if !matches!(interp.data(id), Data::Exception(_)) {
        return Ok(Value::FALSE);
    }
    let own = errno_of(interp, class).map(|e| Kind::Int(e.0));
    Ok((own.is_some() && own == Some(detail(interp, args.get(0), "errno").kind)).into())
}

fn errno_class(interp: &mut Interp, name: &str) -> Value {
    let path = format!("Errno::{name}");
    if let Some(class) = interp.class_by_path(&path) {
        return interp.class_value(class);
    }
    let class = interp.define_class(&path, interp.core.system_call_error);
    let number = ERRNO.iter().find(|e| e.0 == name).map_or(0, |e| e.1);
    interp
        .classes
        .get_mut(class)
        .constants
        .insert(Name::new("Errno"), number.into());
    interp.class_value(class)
}

/// A class of `Errno`, which is made when it is first named.
pub fn errno_constant(interp: &mut Interp, scope: ClassId, name: Name) -> Option<Value> {
    let errno = interp.class_by_path("Errno")?;
    let name = match name.as_str() {
        "EWOULDBLOCK" => "EAGAIN",
        "EDEADLOCK" => "EDEADLK",
        other => other,
    };
    let known = scope == errno && ERRNO.iter().any(|e| e.0 == name);
    known.then(|| errno_class(interp, name))
}

/// Names, numbers and texts of Linux.
static ERRNO: &[(&str, i64, &str)] = &[
    ("EPERM", 1, "Operation not permitted"),
    ("ENOENT", 2, "No such file or directory"),
    ("ESRCH", 3, "No such process"),
    ("EINTR", 4, "Interrupted system call"),
    ("EIO", 5, "Input/output error"),
    ("ENXIO", 6, "No such device or address"),
    ("E2BIG", 7, "Argument list too long"),
    ("ENOEXEC", 8, "Exec format error"),
    ("EBADF", 9, "Bad file descriptor"),
    ("ECHILD", 10, "No child processes"),
    ("EAGAIN", 11, "Resource temporarily unavailable"),
    ("ENOMEM", 12, "Cannot allocate memory"),
    ("EACCES", 13, "Permission denied"),
    ("EFAULT", 14, "Bad address"),
    ("ENOTBLK", 15, "Block device required"),
    ("EBUSY", 16, "Device or resource busy"),
    ("EEXIST", 17, "File exists"),
    ("EXDEV", 18, "Invalid cross-device link"),
    ("ENODEV", 19, "No such device"),
    ("ENOTDIR", 20, "Not a directory"),
    ("EISDIR", 21, "Is a directory"),
    ("EINVAL", 22, "Invalid argument"),
    ("ENFILE", 23, "Too many open files in system"),
    ("EMFILE", 24, "Too many open files"),
    ("ENOTTY", 25, "Inappropriate ioctl for device"),
    ("ETXTBSY", 26, "Text file busy"),
    ("EFBIG", 27, "File too large"),
    ("ENOSPC", 28, "No space left on device"),
    ("ESPIPE", 29, "Illegal seek"),
    ("EROFS", 30, "Read-only file system"),
    ("EMLINK", 31, "Too many links"),
    ("EPIPE", 32, "Broken pipe"),
    ("EDOM", 33, "Numerical argument out of domain"),
    ("ERANGE", 34, "Numerical result out of range"),
    ("EDEADLK", 35, "Resource deadlock avoided"),
    ("ENAMETOOLONG", 36, "File name too long"),
    ("ENOLCK", 37, "No locks available"),
    ("ENOSYS", 38, "Function not implemented"),
    ("ENOTEMPTY", 39, "Directory not empty"),
    ("ELOOP", 40, "Too many levels of symbolic links"),
    ("ENOMSG", 42, "No message of desired type"),
    ("EIDRM", 43, "Identifier removed"),
    ("ECHRNG", 44, "Channel number out of range"),
    ("EL2NSYNC", 45, "Level 2 not synchronized"),
    ("EL3HLT", 46, "Level 3 halted"),
    ("EL3RST", 47, "Level 3 reset"),
    ("ELNRNG", 48, "Link number out of range"),
    ("EUNATCH", 49, "Protocol driver not attached"),
    ("ENOCSI", 50, "No CSI structure available"),
    ("EL2HLT", 51, "Level 2 halted"),
    ("EBADE", 52, "Invalid exchange"),
    ("EBADR", 53, "Invalid request descriptor"),
    ("EXFULL", 54, "Exchange full"),
    ("ENOANO", 55, "No anode"),
    ("EBADRQC", 56, "Invalid request code"),
    ("EBADSLT", 57, "Invalid slot"),
    ("EBFONT", 59, "Bad font file format"),
    ("ENOSTR", 60, "Device not a stream"),
    ("ENODATA", 61, "No data available"),
    ("ETIME", 62, "Timer expired"),
    ("ENOSR", 63, "Out of streams resources"),
    ("ENONET", 64, "Machine is not on the network"),
    ("ENOPKG", 65, "Package not installed"),
    ("EREMOTE", 66, "Object is remote"),
    ("ENOLINK", 67, "Link has been severed"),
    ("EADV", 68, "Advertise error"),
    ("ESRMNT", 69, "Srmount error"),
    ("ECOMM", 70, "Communication error on send"),
    ("EPROTO", 71, "Protocol error"),
    ("EMULTIHOP", 72, "Multihop attempted"),
    ("EDOTDOT", 73, "RFS specific error"),
    ("EBADMSG", 74, "Bad message"),
    ("EOVERFLOW", 75, "Value too large for defined data type"),
    ("ENOTUNIQ", 76, "Name not unique on network"),
    ("EBADFD", 77, "File descriptor in bad state"),
    ("EREMCHG", 78, "Remote address changed"),
    ("ELIBACC", 79, "Can not access a needed shared library"),
    ("ELIBBAD", 80, "Accessing a corrupted shared library"),
    ("ELIBSCN", 81, ".lib section in a.out corrupted"),
    (
        "ELIBMAX",
        82,
        "Attempting to link in too many shared libraries",
    ),
    ("ELIBEXEC", 83, "Cannot exec a shared library directly"),
    (
        "EILSEQ",
        84,
        "Invalid or incomplete multibyte or wide character",
    ),
    (
        "ERESTART",
        85,
        "Interrupted system call should be restarted",
    ),
    ("ESTRPIPE", 86, "Streams pipe error"),
    ("EUSERS", 87, "Too many users"),
    ("ENOTSOCK", 88, "Socket operation on non-socket"),
    ("EDESTADDRREQ", 89, "Destination address required"),
    ("EMSGSIZE", 90, "Message too long"),
    ("EPROTOTYPE", 91, "Protocol wrong type for socket"),
    ("ENOPROTOOPT", 92, "Protocol not available"),
    ("EPROTONOSUPPORT", 93, "Protocol not supported"),
    ("ESOCKTNOSUPPORT", 94, "Socket type not supported"),
    ("ENOTSUP", 95, "Operation not supported"),
    ("EPFNOSUPPORT", 96, "Protocol family not supported"),
    (
        "EAFNOSUPPORT",
        97,
        "Address family not supported by protocol",
    ),
    ("EADDRINUSE", 98, "Address already in use"),
    ("EADDRNOTAVAIL", 99, "Cannot assign requested address"),
    ("ENETDOWN", 100, "Network is down"),
    ("ENETUNREACH", 101, "Network is unreachable"),
    ("ENETRESET", 102, "Network dropped connection on reset"),
    ("ECONNABORTED", 103, "Software caused connection abort"),
    ("ECONNRESET", 104, "Connection reset by peer"),
    ("ENOBUFS", 105, "No buffer space available"),
    ("EISCONN", 106, "Transport endpoint is already connected"),
    ("ENOTCONN", 107, "Transport endpoint is not connected"),
    (
        "ESHUTDOWN",
        108,
        "Cannot send after transport endpoint shutdown",
    ),
    ("ETOOMANYREFS", 109, "Too many references: cannot splice"),
    ("ETIMEDOUT", 110, "Connection timed out"),
    ("ECONNREFUSED", 111, "Connection refused"),
    ("EHOSTDOWN", 112, "Host is down"),
    ("EHOSTUNREACH", 113, "No route to host"),
    ("EALREADY", 114, "Operation already in progress"),
    ("EINPROGRESS", 115, "Operation now in progress"),
    ("ESTALE", 116, "Stale file handle"),
    ("EUCLEAN", 117, "Structure needs cleaning"),
    ("ENOTNAM", 118, "Not a XENIX named type file"),
    ("ENAVAIL", 119, "No XENIX semaphores available"),
    ("EISNAM", 120, "Is a named type file"),
    ("EREMOTEIO", 121, "Remote I/O error"),
    ("EDQUOT", 122, "Disk quota exceeded"),
    ("ENOMEDIUM", 123, "No medium found"),
    ("EMEDIUMTYPE", 124, "Wrong medium type"),
    ("ECANCELED", 125, "Operation canceled"),
    ("ENOKEY", 126, "Required key not available"),
    ("EKEYEXPIRED", 127, "Key has expired"),
    ("EKEYREVOKED", 128, "Key has been revoked"),
    ("EKEYREJECTED", 129, "Key was rejected by service"),
    ("EOWNERDEAD", 130, "Owner died"),
    ("ENOTRECOVERABLE", 131, "State not recoverable"),
    ("ERFKILL", 132, "Operation not possible due to RF-kill"),
    ("EHWPOISON", 133, "Memory page has hardware error"),
];
