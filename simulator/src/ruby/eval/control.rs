//! Conditions, loops, `case`, `begin`. A condition that is unknown is taken both ways.

use foretaste_parser::ruby::ast::{
    self, Arg, Begin, Case, Expr, ExprKind as E, MultiTarget, While,
};

use super::super::Interp;
use super::super::env::{Args, Env};
use super::super::flow::{Flow, R};
use super::super::value::Value;

impl Interp {
    pub(super) fn eval_control(&mut self, env: &Env, expr: &Expr) -> R {
        match &expr.kind {
            E::If {
                cond,
                then,
                otherwise,
            } => {
                let cond = self.eval(env, cond)?;
                self.branch(
                    cond,
                    |this| this.eval_opt(env, then.as_deref()),
                    |this| this.eval_opt(env, otherwise.as_deref()),
                )
            }
            E::And(left, right) => {
                let left = self.eval(env, left)?;
                self.branch(left, |this| this.eval(env, right), |_| Ok(left))
            }
            E::Or(left, right) => {
                let left = self.eval(env, left)?;
                self.branch(left, |_| Ok(left), |this| this.eval(env, right))
            }
            E::Not(value) => {
                let value = self.eval(env, value)?;
                Ok(match value.truthy() {
                    Some(b) => Value::from(!b).with_origin(value.origin),
                    None => value,
                })
            }
            E::While(w) => self.eval_while(env, w),
            E::For { target, iter, body } => {
                self.eval_for(env, expr, target, iter, body.as_deref())
            }
            E::Case(case) => self.eval_case(env, case),
            E::Begin(begin) => self.eval_begin(env, begin),
            _ => Ok(Value::NIL),
        }
    }

    /// One side or the other, or both where the condition is unknown.
    pub(super) fn branch(
        &mut self,
        cond: Value,
        yes: impl FnOnce(&mut Self) -> R,
        no: impl FnOnce(&mut Self) -> R,
    ) -> R {
        match cond.truthy() {
            Some(true) => self.under(cond, yes),
            Some(false) => self.under(cond, no),
            None => match self.condition_unknown(cond) {
                Some(why) => self.under(cond, |this| this.fork(why, yes, no)),
                None => Ok(cond),
            },
        }
    }

    fn eval_while(&mut self, env: &Env, w: &While) -> R {
        let mut first = w.body_first;
        loop {
            if !std::mem::take(&mut first) {
                let cond = self.eval(env, &w.cond)?;
                match cond.truthy() {
                    Some(b) if b == w.until => return Ok(Value::NIL),
                    Some(_) => {}
                    None => {
                        // How often an unknown loop runs is unknown: its body runs once, conditionally.
                        let Some(why) = self.condition_unknown(cond) else {
                            return Ok(Value::NIL);
                        };
                        let result =
                            self.conditionally(why, |this| this.eval_opt(env, w.body.as_ref()));
                        return match result {
                            Err(Flow::Break(value) | Flow::Next(value)) => Ok(value),
                            Err(flow) => Err(flow),
                            Ok(_) => Ok(Value::NIL),
                        };
                    }
                }
            }
            match self.eval_opt(env, w.body.as_ref()) {
                Ok(_) | Err(Flow::Next(_)) => {}
                Err(Flow::Break(value)) => return Ok(value),
                Err(flow) => return Err(flow),
            }
        }
    }

    fn eval_for(
        &mut self,
        env: &Env,
        expr: &Expr,
        target: &MultiTarget,
        iter: &Expr,
        body: Option<&Expr>,
    ) -> R {
        let iter = self.eval(env, iter)?;
        self.current = expr.span;
        if let Some(why) = self.unknown_of(iter) {
            return self.conditionally(why, |this| {
                this.assign_multi(env, target, iter)?;
                match this.eval_opt(env, body) {
                    Err(Flow::Break(_) | Flow::Next(_)) => Ok(Value::NIL),
                    other => other,
                }
            });
        }
        let items = self.each_to_vec(iter)?;
        let (control, gathering) = (self.control, self.gathering);
        let origin = self.origin_of(iter);
        self.control = self.origins.union(control, origin);
        self.gather(iter);
        let mut result = Ok(iter);
        for item in items {
            let step =
                if target.before.len() == 1 && target.splat.is_none() && target.after.is_empty() {
                    match target.before.first() {
                        Some(only) => self.assign(env, only, item).map(|_| ()),
                        None => Ok(()),
                    }
                } else {
                    self.assign_multi(env, target, item)
                };
            match step.and_then(|()| self.eval_opt(env, body)) {
                Ok(_) | Err(Flow::Next(_)) => {}
                Err(flow) => {
                    self.left(iter, &flow);
                    result = match flow {
                        Flow::Break(value) => Ok(value),
                        flow => Err(flow),
                    };
                    break;
                }
            }
        }
        (self.control, self.gathering) = (control, gathering);
        result
    }

    /// What `each` yields: items of an array, pairs of a hash, or what an object's own `each` gives.
    pub fn each_to_vec(&mut self, value: Value) -> R<Vec<Value>> {
        if let Some(items) = self.array_items(value) {
            return Ok(items.to_vec());
        }
        let list = self.send(
            value,
            foretaste_parser::name::Name::new("to_a"),
            Args::default(),
            super::super::call::Form::Own,
        )?;
        match self.array_items(list) {
            Some(items) => Ok(items.to_vec()),
            None => match self.unknown_of(list) {
                Some(id) => Err(Flow::Unknown(id)),
                None => Err(self.type_error("can't iterate")),
            },
        }
    }

    fn eval_case(&mut self, env: &Env, case: &Case) -> R {
        let subject = match &case.subject {
            Some(subject) => Some(self.eval(env, subject)?),
            None => None,
        };
        self.case_from(env, case, subject, 0)
    }

    fn case_from(&mut self, env: &Env, case: &Case, subject: Option<Value>, from: usize) -> R {
        let Some(when) = case.whens.get(from) else {
            let otherwise = case.otherwise.as_ref();
            return match subject {
                Some(subject) => self.under(subject, |this| this.eval_opt(env, otherwise)),
                None => self.eval_opt(env, otherwise),
            };
        };
        let mut unknown = None;
        for test in &when.tests {
            let values = match test {
                Arg::Splat(list) => {
                    let list = self.eval(env, list)?;
                    match self.unknown_of(list) {
                        Some(id) => vec![id.into()],
                        None => self.splat(list)?,
                    }
                }
                Arg::Value(expr) => vec![self.eval(env, expr)?],
                Arg::Keywords(_) | Arg::Forward => Vec::new(),
            };
            self.current = when.span;
            for value in values {
                let matched = match subject {
                    Some(subject) => {
                        match self.unknown_of(subject).or_else(|| self.unknown_of(value)) {
                            Some(id) => Err(Flow::Unknown(id)),
                            None => self.case_equal(value, subject),
                        }
                    }
                    None => self.truth(value),
                };
                match matched {
                    Ok(false) => {}
                    Ok(true) if unknown.is_none() => {
                        let condition = subject.unwrap_or(value);
                        return self
                            .under(condition, |this| this.eval_opt(env, when.body.as_ref()));
                    }
                    Ok(true) => {}
                    Err(Flow::Unknown(id)) => unknown = Some(id),
                    Err(flow) => return Err(flow),
                }
            }
        }
        match unknown {
            Some(why) => self.fork(
                why,
                |this| this.eval_opt(env, when.body.as_ref()),
                |this| this.case_from(env, case, subject, from + 1),
            ),
            None => self.case_from(env, case, subject, from + 1),
        }
    }

    fn eval_begin(&mut self, env: &Env, begin: &Begin) -> R {
        let result = self.eval_rescued(env, begin);
        if let Some(ensure) = &begin.ensure {
            // A run that ends for want of budget does not go on to clean up.
            if !matches!(result, Err(Flow::Halt(_))) {
                let before = self.current_exception;
                if let Err(Flow::Raise(exception)) = &result {
                    self.current_exception = Some(*exception);
                }
                let cleaned = self.eval(env, ensure);
                self.current_exception = before;
                cleaned?;
            }
        }
        result
    }

    fn eval_rescued(&mut self, env: &Env, begin: &Begin) -> R {
        for _ in 0..1000 {
            let depth = (self.stack.len(), self.regions.len(), self.buffers.len());
            let result = self.eval_opt(env, begin.body.as_ref());
            let exception = match result {
                Err(Flow::Raise(exception)) if !begin.rescues.is_empty() => exception,
                Ok(value) => {
                    return match &begin.otherwise {
                        Some(otherwise) => self.eval(env, otherwise),
                        None => Ok(value),
                    };
                }
                other => return other,
            };
            self.stack.truncate(depth.0);
            self.regions.truncate(depth.1);
            self.buffers.truncate(depth.2);
            let Some(rescue) = self.find_rescue(env, begin, exception)? else {
                return Err(Flow::Raise(exception));
            };
            let before = self.current_exception.replace(exception);
            let result = self.run_rescue(env, rescue, exception);
            self.current_exception = before;
            match result {
                Err(Flow::Retry) => {}
                other => return other,
            }
        }
        Err(self.halt("a rescue that retries without end"))
    }

    fn run_rescue(&mut self, env: &Env, rescue: &ast::Rescue, exception: Value) -> R {
        if let Some(target) = &rescue.target {
            self.assign(env, target, exception)?;
        }
        self.eval_opt(env, rescue.body.as_ref())
    }

    fn find_rescue<'b>(
        &mut self,
        env: &Env,
        begin: &'b Begin,
        exception: Value,
    ) -> R<Option<&'b ast::Rescue>> {
        for rescue in &begin.rescues {
            if rescue.classes.is_empty() {
                if self.is_a(exception, self.core.standard_error) {
                    return Ok(Some(rescue));
                }
                continue;
            }
            for class in &rescue.classes {
                let values = match class {
                    Arg::Splat(list) => {
                        let list = self.eval(env, list)?;
                        self.splat(list)?
                    }
                    Arg::Value(expr) => vec![self.eval(env, expr)?],
                    _ => Vec::new(),
                };
                for value in values {
                    // A class that no model covers may be this one's: it is taken not to be, since
                    // what it would rescue never happens here.
                    if self.unknown_of(value).is_some() {
                        continue;
                    }
                    match self.case_equal(value, exception) {
                        Ok(true) => return Ok(Some(rescue)),
                        Ok(false) | Err(Flow::Unknown(_)) => {}
                        Err(flow) => return Err(flow),
                    }
                }
            }
        }
        Ok(None)
    }
}
