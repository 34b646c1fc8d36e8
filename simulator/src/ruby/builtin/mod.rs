//! Native methods: one file for each receiver class.
//!
//! A method is declared once, in its class's `METHODS` (instances) or `STATIC` (the class itself),
//! with its name and arity. To add one, add its line and its function in the file of its class.
//! What real Ruby has and we lack is named in `known`, so that calling it is undetermined instead of
//! a false `NoMethodError`.

use crate::hash::HashMap;
use foretaste_parser::name::Name;

use super::Interp;
use super::env::Args;
use super::flow::R;
use super::value::Value;

mod array;
mod array_combine;
mod array_edit;
mod bigint;
pub mod binding;
mod comparable;
mod conversion;
mod enumerable;
pub mod enumerator;
pub mod errors;
pub mod erubis;
mod exception;
mod float;
mod grouping;
mod hash;
mod hash_derive;
mod hash_edit;
mod integer;
mod kernel;
pub mod known;
mod lazy;
mod module;
mod numeric;
mod object;
mod ordering;
mod pack;
pub mod pattern;
mod pattern_class;
mod procs;
mod range;
pub mod regexp;
mod regexp_methods;
mod singletons;
pub mod stdlib;
mod string;
mod structs;
pub mod support;
mod symbol;

/// `this` is the receiver.
pub type NativeFn = fn(&mut Interp, Value, &Args) -> R;

/// One native method.
#[derive(Debug)]
pub struct Builtin {
    pub name: &'static str,
    pub min: u8,
    /// Negative: any number.
    pub max: i8,
    pub f: NativeFn,
    /// What the call does with unknown arguments.
    pub on_unknown: OnUnknown,
    /// The receiver is changed: sources of the arguments become its own.
    pub mutates: bool,
    /// What the call does without a block.
    pub without_block: WithoutBlock,
}

/// What a method that takes a block does without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WithoutBlock {
    /// The function takes care itself.
    Call,
    /// It gives an enumerator of itself, with its arguments.
    Enumerate,
    /// The same, where there are no arguments either.
    EnumerateAlone,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnUnknown {
    /// An unknown argument, or a hole in a string receiver or argument, makes the result unknown.
    Spread,
    /// The function takes care itself.
    Take,
}

/// A method with `min` to `max` arguments (`max` negative: any number).
pub const fn def(name: &'static str, min: u8, max: i8, f: NativeFn) -> Builtin {
    Builtin {
        name,
        min,
        max,
        f,
        on_unknown: OnUnknown::Spread,
        mutates: false,
        without_block: WithoutBlock::Call,
    }
}

impl Builtin {
    /// The function handles unknown arguments and holes in strings itself.
    pub const fn takes_unknown(mut self) -> Self {
        self.on_unknown = OnUnknown::Take;
        self
    }

    /// Without a block the call gives an enumerator.
    pub const fn enumerates(mut self) -> Self {
        self.without_block = WithoutBlock::Enumerate;
        self
    }

    /// Without a block and arguments the call gives an enumerator.
    pub const fn enumerates_alone(mut self) -> Self {
        self.without_block = WithoutBlock::EnumerateAlone;
        self
    }

    /// The function changes its receiver.
    pub const fn mutates(mut self) -> Self {
        self.mutates = true;
        self
    }
}

/// Indexes a list of methods by name.
pub fn table(methods: &'static [Builtin]) -> HashMap<Name, &'static Builtin> {
    methods.iter().map(|b| (Name::new(b.name), b)).collect()
}

/// An integer literal over 64 bits.
pub(super) fn big_literal(interp: &mut Interp, digits: &str) -> R {
    match digits.strip_prefix('-') {
        Some(digits) => {
            let n = bigint::parse(interp, digits, 10)?;
            bigint::binary(interp, 0.into(), n, "-")
        }
        None => bigint::parse(interp, digits, 10),
    }
}

/// Adds the native methods of the core classes.
pub(super) fn install(interp: &mut Interp) {
    kernel::install(interp);
    conversion::install(interp);
    object::install(interp);
    module::install(interp);
    procs::install(interp);
    binding::install(interp);
    exception::install(interp);
    comparable::install(interp);
    singletons::install(interp);
    numeric::install(interp);
    string::install(interp);
    symbol::install(interp);
    regexp::install(interp);
    array::install(interp);
    hash::install(interp);
    range::install(interp);
    enumerable::install(interp);
    structs::install(interp);
    stdlib::install(interp);
}
