//! How evaluation leaves an expression other than with a value.

use super::object::Data;
use super::unknown::{Cause, Unknown};
use super::value::{Kind, ObjId, UnknownId, Value};
use super::{Interp, class::ClassId};

pub type R<T = Value> = Result<T, Flow>;

#[derive(Clone, Debug)]
pub enum Flow {
    /// A Ruby exception.
    Raise(Value),
    /// `break`, not yet out of its block or loop.
    Break(Value),
    /// `break` on its way to the call that the block was given to.
    BreakFrom(ObjId, Value),
    Next(Value),
    Redo,
    Retry,
    /// `return`, to the activation of this id.
    Return(u64, Value),
    Throw(Value, Value),
    /// A builtin met an unknown value that its result depends on; never leaves the builtin's call.
    Unknown(UnknownId),
    /// The run ends here: budget. The reason is among the unknowns.
    Halt(UnknownId),
}

impl Interp {
    /// A Ruby exception of a class with a message.
    pub fn error(&mut self, class: ClassId, message: impl Into<String>) -> Flow {
        let message = self.str(message.into());
        Flow::Raise(self.exception(class, message))
    }

    pub fn exception(&mut self, class: ClassId, message: Value) -> Value {
        // A deep stack is written down with each exception, which code that rescues in recursion raises without end.
        let frames = self.stack.len() as u64;
        self.budget.steps = self.budget.steps.saturating_sub(frames);
        let backtrace = self.backtrace();
        let trace = self.trace();
        let cause = self.current_exception;
        let data = Data::Exception(Box::new(super::object::Exception {
            message,
            backtrace,
            trace,
            given_backtrace: None,
            cause,
        }));
        self.alloc(class, data).into()
    }

    pub fn type_error(&mut self, message: impl Into<String>) -> Flow {
        self.error(self.core.type_error, message)
    }

    pub fn argument_error(&mut self, message: impl Into<String>) -> Flow {
        self.error(self.core.argument_error, message)
    }

    /// `wrong number of arguments (given 1, expected 2)`
    pub fn arity_error(&mut self, given: usize, expected: &str) -> Flow {
        self.argument_error(format!(
            "wrong number of arguments (given {given}, expected {expected})"
        ))
    }

    pub fn name_error(&mut self, message: impl Into<String>) -> Flow {
        self.error(self.core.name_error, message)
    }

    pub fn frozen_error(&mut self, value: Value) -> Flow {
        if let Some(flow) = (self.hooks.frozen)(self, value) {
            return flow;
        }
        let text = self.inspect(value).unwrap_or_default();
        let class = self.class_name(self.real_class_of(value));
        let flow = self.error(
            self.core.frozen_error,
            format!("can't modify frozen {class}: {text}"),
        );
        self.with_detail(flow, "receiver", value)
    }

    /// An unknown value: the outside world, or what no model covers.
    pub fn outside(&mut self, reason: impl Into<String>) -> Value {
        self.new_unknown(Cause::Outside, reason.into())
    }

    /// As [`Self::outside`], of something that stands at another place than what is run now.
    pub fn outside_at(
        &mut self,
        reason: impl Into<String>,
        location: Option<foretaste_parser::source::Location>,
    ) -> Value {
        let id = self.unknowns.add(Unknown {
            cause: Cause::Outside,
            reason: reason.into(),
            location: location.or_else(|| self.location()),
        });
        Value {
            kind: Kind::Unknown(id),
            origin: self.control,
        }
    }

    /// An unknown value: Ruby or Chef that this evaluator does not do.
    pub fn unsupported(&mut self, reason: impl Into<String>) -> Value {
        self.new_unknown(Cause::Unsupported, reason.into())
    }

    /// What a class or module that is not modelled gives, where something of it is used.
    pub fn of_opaque(&mut self, id: UnknownId) -> Value {
        match self.unknowns.get(id) {
            Some(unknown) if self.unknowns.is_quiet(id) => {
                let (cause, reason) = (unknown.cause, unknown.reason.clone());
                self.new_unknown(cause, reason)
            }
            _ => id.into(),
        }
    }

    pub fn new_unknown(&mut self, cause: Cause, reason: String) -> Value {
        let location = self.location();
        let id = self.unknowns.add(Unknown {
            cause,
            reason,
            location,
        });
        Value {
            kind: Kind::Unknown(id),
            origin: self.control,
        }
    }

    /// Ends the run for want of budget.
    pub fn halt(&mut self, reason: &str) -> Flow {
        let location = self.location();
        Flow::Halt(self.unknowns.add(Unknown {
            cause: Cause::Budget,
            reason: reason.into(),
            location,
        }))
    }
}
