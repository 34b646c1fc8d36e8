//! Evaluation of whole files, templates and texts.

use std::rc::Rc;
use std::sync::Arc;

use foretaste_parser::ruby::ast;

use super::class::ClassId;
use super::env::{Activation, Args, Context, Cref, Definee, Env, new_match_cell};
use super::flow::{Flow, R};
use super::value::Value;
use super::{Interp, Label};

impl Interp {
    /// Evaluates a file at top level with this self; `return` ends it.
    pub fn run_program(&mut self, program: &Arc<ast::Program>, this: Value, class: ClassId) -> R {
        let cref = Rc::new(Cref {
            class,
            parent: None,
        });
        self.run_program_in(program, this, cref, Args::default())
    }

    /// Evaluates a file with this self and lexical scope, methods going to `definee`.
    pub fn run_program_as(
        &mut self,
        program: &Arc<ast::Program>,
        this: Value,
        cref: Rc<Cref>,
        definee: Definee,
    ) -> R {
        let args = Args::default();
        self.run_file(program, this, cref, definee, args, &mut false)
    }

    /// Evaluates a template with this self and lexical scope, methods going to `definee`. What it writes is in the last
    /// buffer; but where `return` or `next` end it, their value is what it gives instead.
    pub fn run_template(
        &mut self,
        program: &Arc<ast::Program>,
        this: Value,
        cref: Rc<Cref>,
        definee: Definee,
    ) -> R<Option<Value>> {
        let mut at_end = false;
        let args = Args::default();
        let result = self.run_file(program, this, cref, definee, args, &mut at_end);
        Ok((!at_end).then_some(result?))
    }

    /// Evaluates a file as the body of a class, so that `private` and its like have their place.
    pub fn run_class_file(
        &mut self,
        program: &Arc<ast::Program>,
        this: Value,
        cref: Rc<Cref>,
        class: ClassId,
    ) -> R {
        let args = Args::default();
        self.run_file(program, this, cref, class.into(), args, &mut false)
    }

    /// Evaluates a file with this self and lexical scope; `yield` in it calls the arguments' block.
    pub fn run_program_in(
        &mut self,
        program: &Arc<ast::Program>,
        this: Value,
        cref: Rc<Cref>,
        args: Args,
    ) -> R {
        let definee = cref.class.into();
        self.run_file(program, this, cref, definee, args, &mut false)
    }

    /// Evaluates text in a place of another program.
    pub(super) fn eval_program(
        &mut self,
        program: &Arc<ast::Program>,
        env: &Env,
        label: Label,
    ) -> R {
        let call = self.current;
        let cell = env.ctx.activation.last_match.clone();
        self.in_frame(&program.source, label, call, None, cell, |this| {
            this.eval(env, &program.body)
        })
    }

    fn run_file(
        &mut self,
        program: &Arc<ast::Program>,
        this: Value,
        cref: Rc<Cref>,
        definee: Definee,
        args: Args,
        at_end: &mut bool,
    ) -> R {
        let id = self.fresh_id();
        let scope = self.heap.new_scope(program.locals.len(), None);
        let activation = Rc::new(Activation {
            id,
            method: None,
            def: None,
            owner: cref.class,
            args,
            last_match: new_match_cell(),
            visibility: Default::default(),
            module_function: Default::default(),
        });
        let ctx = Context {
            self_value: this,
            source: program.source.clone(),
            cref,
            definee,
            activation,
        };
        let env = Env {
            ctx: Rc::new(ctx),
            scope,
        };
        if self.toplevel.is_none() && !super::is_internal(&program.source) {
            self.heap.capture(scope);
            self.toplevel = Some((env.clone(), program.locals.clone()));
        }
        let call = self.current;
        let last_match = env.ctx.activation.last_match.clone();
        let result = self.in_frame(
            &program.source,
            Label::Main,
            call,
            Some(id),
            last_match,
            |this| {
                let value = this.eval(&env, &program.body);
                if let Err(Flow::Break(_)) = value {
                    let message = "break from proc-closure";
                    return Err(this.error(this.core.local_jump_error, message));
                }
                *at_end = value.is_ok();
                value
            },
        );
        match result {
            Err(Flow::Next(value)) => Ok(value),
            other => other,
        }
    }
}
