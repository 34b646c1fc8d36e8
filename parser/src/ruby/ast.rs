//! The compact Ruby tree. It is `Send + Sync`, owns no text but what evaluation needs, and has its
//! local variables already resolved to slots, so that one tree serves every simulated node.

use std::sync::Arc;

use crate::name::Name;
use crate::source::{Source, Span, SyntaxError};

/// One parsed file, or one template lowered to the Ruby that Erubis would make of it.
#[derive(Debug)]
pub struct Program {
    pub source: Arc<Source>,
    pub body: Expr,
    /// The names of the top-level locals; a slot is an index here.
    pub locals: Box<[Name]>,
    pub errors: Vec<SyntaxError>,
}

#[derive(Debug)]
pub struct Expr {
    pub span: Span,
    pub kind: ExprKind,
}

pub type BoxExpr = Box<Expr>;

#[derive(Debug)]
pub enum ExprKind {
    Nil,
    True,
    False,
    SelfRef,
    Int(i64),
    /// Decimal digits of an integer too large for `Int`.
    BigInt(Box<str>),
    Float(f64),
    /// `3r`, `2i`: kept as source text; the evaluator does not support them.
    Numeric(Box<str>),
    Str(Arc<str>),
    /// A string literal that is not valid UTF-8 (`"\xff"`).
    Bytes(Arc<[u8]>),
    /// A string of a template that is more than ASCII: Chef has Ruby read templates as bytes.
    Binary(Arc<[u8]>),
    Sym(Name),
    /// An interpolated string.
    Interp(Box<[Expr]>),
    InterpSym(Box<[Expr]>),
    /// Backticks or `%x`; never run.
    Shell(Box<[Expr]>),
    Regex {
        parts: Box<[Expr]>,
        flags: RegexFlags,
    },
    Array(Box<[Arg]>),
    Hash(Box<[Pair]>),
    Range {
        low: Option<BoxExpr>,
        high: Option<BoxExpr>,
        exclusive: bool,
    },

    Local(LocalRef),
    IVar(Name),
    GVar(Name),
    CVar(Name),
    /// `$1` …; 0 is `$~`-style back reference of the whole match (`$&`).
    NthRef(u32),
    Const(Name),
    /// `::Name`
    RootConst(Name),
    /// `scope::Name`
    ScopedConst(BoxExpr, Name),

    Assign(Box<Target>, BoxExpr),
    OpAssign(Box<Target>, AssignOp, BoxExpr),
    MultiAssign(Box<MultiTarget>, BoxExpr),

    And(BoxExpr, BoxExpr),
    Or(BoxExpr, BoxExpr),
    Not(BoxExpr),
    Defined(BoxExpr),
    /// `unless` and the ternary arrive here too, with their branches in place.
    If {
        cond: BoxExpr,
        then: Option<BoxExpr>,
        otherwise: Option<BoxExpr>,
    },
    While(Box<While>),
    For {
        target: Box<MultiTarget>,
        iter: BoxExpr,
        body: Option<BoxExpr>,
    },
    Case(Box<Case>),
    CaseIn(Box<CaseIn>),
    /// `value in pattern` and `value => pattern`
    MatchPattern {
        value: BoxExpr,
        pattern: Box<Pattern>,
        raises: bool,
    },
    Begin(Box<Begin>),
    Seq(Box<[Expr]>),
    FlipFlop,

    Return(Option<BoxExpr>),
    Break(Option<BoxExpr>),
    Next(Option<BoxExpr>),
    Redo,
    Retry,

    Call(Box<Call>),
    Super(Box<Args>),
    /// `super` without arguments: passes on those of the enclosing method.
    ZSuper(Option<Box<BlockArg>>),
    Yield(Box<Args>),
    /// `->(x) { … }`
    Lambda(Arc<Block>),
    /// `/(?<x>…)/ =~ value`, which writes its named groups to locals.
    MatchWrite {
        call: Box<Call>,
        targets: Box<[(Name, LocalRef)]>,
    },

    Def(Arc<Def>),
    Class(Arc<ClassDef>),
    Module(Arc<ClassDef>),
    /// `class << object`
    SingletonClass {
        object: BoxExpr,
        body: Arc<Body>,
    },
    Alias {
        new: BoxExpr,
        old: BoxExpr,
    },
    Undef(Box<[Expr]>),

    /// `__FILE__`, `__LINE__` arrives as `Int`, `__ENCODING__` as `Encoding`.
    File,
    Encoding {
        /// The code is a template's.
        bytes: bool,
    },
    /// A piece of a template's output that Erubis would append to its buffer; see `erb`.
    ErbText(Arc<str>),
    /// `<%= … %>`: the value's `to_s` is appended to the buffer (`<%== … %>` XML-escaped).
    ErbOutput {
        value: BoxExpr,
        escape: bool,
    },
    /// Where the parser recovered from a syntax error.
    Missing,
    /// Syntax that the evaluator does not know; evaluating it gives an unknown value.
    Unsupported(&'static str),
}

/// A local variable: how many scopes out (blocks see their surroundings), and the slot there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocalRef {
    pub depth: u16,
    pub slot: u16,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct RegexFlags {
    pub ignore_case: bool,
    pub extended: bool,
    pub multi_line: bool,
    pub once: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AssignOp {
    /// `||=`
    Or,
    /// `&&=`
    And,
    /// `+=` and its like, by operator method.
    Op(Name),
}

#[derive(Debug)]
pub struct Target {
    pub span: Span,
    pub kind: TargetKind,
}

#[derive(Debug)]
pub enum TargetKind {
    Local(LocalRef),
    IVar(Name),
    GVar(Name),
    CVar(Name),
    Const(Name),
    ScopedConst(Expr, Name),
    /// `recv.name = …`; `name` is without the `=`.
    Attr {
        recv: Expr,
        name: Name,
        safe: bool,
    },
    Index {
        recv: Expr,
        args: Args,
    },
    Multi(Box<MultiTarget>),
}

/// `a, (b, *c), d = …`, also a block's `|a, (b, c)|`.
#[derive(Debug)]
pub struct MultiTarget {
    pub before: Box<[Target]>,
    /// `Some(None)` for a nameless splat.
    pub splat: Option<Option<Box<Target>>>,
    pub after: Box<[Target]>,
}

#[derive(Debug)]
pub struct Pair {
    /// `None` for `**value`.
    pub key: Option<Expr>,
    pub value: Expr,
}

#[derive(Debug)]
pub enum Arg {
    Value(Expr),
    Splat(Expr),
    /// The keyword arguments or brace-less hash of a call, always last.
    Keywords(Box<[Pair]>),
    /// `...`
    Forward,
}

#[derive(Debug, Default)]
pub struct Args {
    pub list: Box<[Arg]>,
    pub block: Option<BlockArg>,
}

#[derive(Debug)]
pub enum BlockArg {
    Literal(Arc<Block>),
    /// `&expr`; `None` is the anonymous `&`.
    Pass(Option<Expr>),
}

#[derive(Debug)]
pub struct Call {
    pub recv: Option<Expr>,
    pub name: Name,
    /// Where the method's name stands.
    pub name_span: Span,
    pub args: Args,
    /// `&.`
    pub safe: bool,
    /// A bare identifier that could also have been a local variable.
    pub vcall: bool,
    /// The names of the locals around, by slot, the outermost scope first: only for calls such as `eval` and
    /// `binding`, whose meaning depends on them.
    pub locals: Option<Arc<[Box<[Name]>]>>,
}

#[derive(Debug)]
pub struct While {
    pub cond: Expr,
    pub body: Option<Expr>,
    pub until: bool,
    /// `begin … end while cond`
    pub body_first: bool,
}

#[derive(Debug)]
pub struct Case {
    pub subject: Option<Expr>,
    pub whens: Box<[When]>,
    pub otherwise: Option<Expr>,
}

#[derive(Debug)]
pub struct When {
    pub span: Span,
    /// Only `Value` and `Splat` occur.
    pub tests: Box<[Arg]>,
    pub body: Option<Expr>,
}

#[derive(Debug)]
pub struct CaseIn {
    pub subject: Expr,
    pub arms: Box<[InArm]>,
    pub otherwise: Option<Expr>,
}

#[derive(Debug)]
pub struct InArm {
    pub pattern: Pattern,
    pub guard: Option<Expr>,
    pub guard_negated: bool,
    pub body: Option<Expr>,
}

#[derive(Debug)]
pub enum Pattern {
    /// Compared with `===`.
    Value(Expr),
    /// `^(expr)`, `^local`
    Pin(Expr),
    Bind(LocalRef),
    /// `_` binds nothing that can be read.
    Capture(Box<Pattern>, LocalRef),
    Alternatives(Box<[Pattern]>),
    Array {
        constant: Option<Box<Expr>>,
        before: Box<[Pattern]>,
        rest: Option<Option<LocalRef>>,
        after: Box<[Pattern]>,
    },
    Find {
        constant: Option<Box<Expr>>,
        left: Option<LocalRef>,
        middle: Box<[Pattern]>,
        right: Option<LocalRef>,
    },
    Hash {
        constant: Option<Box<Expr>>,
        pairs: Box<[PatternPair]>,
        rest: HashRest,
    },
}

/// A key with its pattern; `key:` alone binds a local of that name.
pub type PatternPair = (Name, Option<Pattern>, Option<LocalRef>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HashRest {
    /// Other keys are allowed.
    Open,
    /// `**nil`
    Closed,
    /// `**rest`
    Bind(LocalRef),
}

#[derive(Debug)]
pub struct Begin {
    pub body: Option<Expr>,
    pub rescues: Box<[Rescue]>,
    pub otherwise: Option<Expr>,
    pub ensure: Option<Expr>,
}

#[derive(Debug)]
pub struct Rescue {
    pub span: Span,
    /// Empty means `StandardError`.
    pub classes: Box<[Arg]>,
    pub target: Option<Target>,
    pub body: Option<Expr>,
}

/// A scope of its own: its locals and what runs in it.
#[derive(Debug)]
pub struct Body {
    pub locals: Box<[Name]>,
    pub expr: Option<Expr>,
}

/// A block or lambda literal. Its parameters take slots among its own locals.
#[derive(Debug)]
pub struct Block {
    pub span: Span,
    pub source: Arc<Source>,
    pub params: Params,
    pub body: Body,
}

#[derive(Debug)]
pub struct Def {
    pub span: Span,
    pub source: Arc<Source>,
    pub name: Name,
    pub name_span: Span,
    /// `def self.x`, `def object.x`
    pub singleton: Option<Expr>,
    pub params: Params,
    pub body: Body,
}

#[derive(Debug)]
pub struct ClassDef {
    pub span: Span,
    pub source: Arc<Source>,
    /// `Const`, `RootConst` or `ScopedConst`.
    pub path: Expr,
    pub superclass: Option<Expr>,
    pub body: Body,
}

#[derive(Debug, Default)]
pub struct Params {
    pub required: Box<[Param]>,
    pub optional: Box<[(u16, Expr)]>,
    /// `*rest`; `Some(None)` for a nameless one.
    pub rest: Option<Option<u16>>,
    pub post: Box<[Param]>,
    /// Keyword name, slot, default (`None` = required).
    pub keywords: Box<[(Name, u16, Option<Expr>)]>,
    pub keyword_rest: KeywordRest,
    pub block: Option<Option<u16>>,
    /// `|a,|`: takes the first element of an array argument, as one required parameter with a rest does.
    pub excess_comma: bool,
    /// `(...)`: the slots of the rest, keyword rest and block that it stands for are nameless.
    pub forward: bool,
    /// `_1`, `_2` or `it`: how many; then `required` holds their slots.
    pub numbered: u8,
}

#[derive(Debug)]
pub enum Param {
    Slot(u16),
    Destructure(MultiTarget),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeywordRest {
    #[default]
    None,
    /// `**nil`
    Forbidden,
    /// `**rest`, or a nameless `**`.
    Rest(Option<u16>),
}

const _: fn() = || {
    fn shared<T: Send + Sync>() {}
    shared::<Program>();
};
