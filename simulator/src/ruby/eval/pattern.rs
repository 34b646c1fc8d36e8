//! Pattern matching: `case … in`, `value in pattern`, `value => pattern`.

use foretaste_parser::name::Name;
use foretaste_parser::ruby::ast::{CaseIn, Expr, HashRest, LocalRef, Pattern as P};
use foretaste_parser::source::Span;

use super::super::Interp;
use super::super::env::Env;
use super::super::flow::{Flow, R};
use super::super::object::{Hash, Key};
use super::super::value::Value;

/// Why a pattern did not match.
#[derive(Debug, Default)]
pub(crate) enum Mismatch {
    #[default]
    None,
    /// A hash lacks this key.
    Key(Name, String),
    Other(String),
}

impl Interp {
    pub(super) fn eval_case_in(&mut self, env: &Env, span: Span, case: &CaseIn) -> R {
        let subject = self.eval(env, &case.subject)?;
        self.current = span;
        for arm in &case.arms {
            match self.matches(env, &arm.pattern, subject) {
                Ok(false) => continue,
                Ok(true) => {}
                Err(Flow::Unknown(id)) => return Ok(id.into()),
                Err(flow) => return Err(flow),
            }
            if let Some(guard) = &arm.guard {
                let guard = self.eval(env, guard)?;
                match guard.truthy() {
                    Some(b) if b == arm.guard_negated => {
                        let text = "guard clause does not return true".to_owned();
                        self.mismatch = Mismatch::Other(text);
                        continue;
                    }
                    Some(_) => {}
                    None => return Ok(guard),
                }
            }
            return self.under(subject, |this| this.eval_opt(env, arm.body.as_ref()));
        }
        match &case.otherwise {
            Some(otherwise) => self.eval(env, otherwise),
            // Only where there was one pattern does Ruby say why it did not match.
            None if case.arms.len() == 1 => Err(self.no_match(subject)?),
            None => {
                let text = self.inspect(subject)?;
                Err(self.error(self.core.no_matching_pattern_error, text))
            }
        }
    }

    pub(super) fn eval_match_pattern(
        &mut self,
        env: &Env,
        span: Span,
        value: &Expr,
        pattern: &P,
        raises: bool,
    ) -> R {
        let value = self.eval(env, value)?;
        self.current = span;
        match self.matches(env, pattern, value) {
            Ok(matched) if !raises => Ok(matched.into()),
            Ok(true) => Ok(Value::NIL),
            Ok(false) => Err(self.no_match(value)?),
            Err(Flow::Unknown(id)) => Ok(id.into()),
            Err(flow) => Err(flow),
        }
    }

    /// `NoMatchingPatternError` with the reason of the last mismatch.
    fn no_match(&mut self, value: Value) -> R<Flow> {
        let text = self.inspect(value)?;
        Ok(match std::mem::take(&mut self.mismatch) {
            Mismatch::None => self.error(self.core.no_matching_pattern_error, text),
            Mismatch::Other(why) => self.error(
                self.core.no_matching_pattern_error,
                format!("{text}: {why}"),
            ),
            Mismatch::Key(name, why) => {
                let class = self.core.no_matching_pattern_key_error;
                let flow = self.error(class, format!("{text}: {why}"));
                let flow = self.with_detail(flow, "matchee", value);
                self.with_detail(flow, "key", name.into())
            }
        })
    }

    fn fits(&mut self, expected: Value, value: Value) -> R<bool> {
        let fits = self.case_equal(expected, value)?;
        if !fits {
            let (expected, value) = (self.inspect(expected)?, self.inspect(value)?);
            self.mismatch = Mismatch::Other(format!("{expected} === {value} does not return true"));
        }
        Ok(fits)
    }

    fn wrong_length(&mut self, value: Value, given: usize, wanted: usize, more: &str) -> R<()> {
        let text = self.inspect(value)?;
        self.mismatch = Mismatch::Other(format!(
            "{text} length mismatch (given {given}, expected {wanted}{more})"
        ));
        Ok(())
    }

    fn lacks(&mut self, value: Value, method: &str) -> R<()> {
        let text = self.inspect(value)?;
        self.mismatch = Mismatch::Other(format!("{text} does not respond to #{method}"));
        Ok(())
    }

    fn bind(&mut self, env: &Env, at: LocalRef, value: Value) {
        self.heap.set_local(env.scope, at.depth, at.slot, value);
    }

    fn matches(&mut self, env: &Env, pattern: &P, value: Value) -> R<bool> {
        match pattern {
            P::Value(expr) | P::Pin(expr) => {
                let expected = self.eval(env, expr)?;
                if let Some(id) = self.unknown_of(value) {
                    return Err(Flow::Unknown(id));
                }
                self.fits(expected, value)
            }
            P::Bind(at) => {
                self.bind(env, *at, value);
                Ok(true)
            }
            P::Capture(pattern, at) => {
                let matched = self.matches(env, pattern, value)?;
                if matched {
                    self.bind(env, *at, value);
                }
                Ok(matched)
            }
            P::Alternatives(list) => {
                for pattern in list {
                    if self.matches(env, pattern, value)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            P::Array {
                constant,
                before,
                rest,
                after,
            } => {
                if !self.constant_matches(env, constant.as_deref(), value)? {
                    return Ok(false);
                }
                let Some(items) = self.deconstruct(value)? else {
                    return Ok(false);
                };
                let fixed = before.len() + after.len();
                if items.len() < fixed || (rest.is_none() && items.len() != fixed) {
                    let more = if rest.is_some() { "+" } else { "" };
                    self.wrong_length(value, items.len(), fixed, more)?;
                    return Ok(false);
                }
                let middle = items.len() - after.len();
                for (pattern, item) in before.iter().zip(&items) {
                    if !self.matches(env, pattern, *item)? {
                        return Ok(false);
                    }
                }
                for (pattern, item) in after.iter().zip(items.iter().skip(middle)) {
                    if !self.matches(env, pattern, *item)? {
                        return Ok(false);
                    }
                }
                if let Some(Some(at)) = rest {
                    let items = items.into_iter().take(middle).skip(before.len()).collect();
                    let rest = self.array(items);
                    self.bind(env, *at, rest);
                }
                Ok(true)
            }
            P::Find {
                constant,
                left,
                middle,
                right,
            } => {
                if !self.constant_matches(env, constant.as_deref(), value)? {
                    return Ok(false);
                }
                let Some(items) = self.deconstruct(value)? else {
                    return Ok(false);
                };
                if items.len() < middle.len() {
                    self.wrong_length(value, items.len(), middle.len(), "+")?;
                    return Ok(false);
                }
                let found = self.find_in(env, &items, *left, middle, *right)?;
                if !found {
                    let text = self.inspect(value)?;
                    self.mismatch =
                        Mismatch::Other(format!("{text} does not match to find pattern"));
                }
                Ok(found)
            }
            P::Hash {
                constant,
                pairs,
                rest,
            } => {
                if !self.constant_matches(env, constant.as_deref(), value)? {
                    return Ok(false);
                }
                let Some(hash) = self.deconstruct_keys(value)? else {
                    return Ok(false);
                };
                if pairs.is_empty() && matches!(rest, HashRest::Open) && !hash.map.is_empty() {
                    let text = self.inspect(value)?;
                    self.mismatch = Mismatch::Other(format!("{text} is not empty"));
                    return Ok(false);
                }
                self.match_pairs(env, hash, pairs, *rest)
            }
        }
    }

    fn find_in(
        &mut self,
        env: &Env,
        items: &[Value],
        left: Option<LocalRef>,
        middle: &[P],
        right: Option<LocalRef>,
    ) -> R<bool> {
        for start in 0..=items.len().saturating_sub(middle.len()) {
            let Some(window) = items.get(start..start + middle.len()) else {
                break;
            };
            let mut all = true;
            for (pattern, item) in middle.iter().zip(window) {
                if !self.matches(env, pattern, *item)? {
                    all = false;
                    break;
                }
            }
            if all {
                let before = items.iter().take(start).copied().collect();
                let after = items.iter().skip(start + middle.len()).copied().collect();
                if let Some(at) = left {
                    let before = self.array(before);
                    self.bind(env, at, before);
                }
                if let Some(at) = right {
                    let after = self.array(after);
                    self.bind(env, at, after);
                }
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn match_pairs(
        &mut self,
        env: &Env,
        mut hash: Hash,
        pairs: &[(Name, Option<P>, Option<LocalRef>)],
        rest: HashRest,
    ) -> R<bool> {
        for (name, pattern, at) in pairs {
            let Some((_, item)) = hash.map.shift_remove(&Key::Sym(*name)) else {
                let shown = super::super::convert::inspect_symbol(name.as_str());
                self.mismatch = Mismatch::Key(*name, format!("key not found: {shown}"));
                return Ok(false);
            };
            if let Some(pattern) = pattern
                && !self.matches(env, pattern, item)?
            {
                return Ok(false);
            }
            if let Some(at) = at {
                self.bind(env, *at, item);
            }
        }
        match rest {
            HashRest::Open => Ok(!pairs.is_empty() || hash.map.is_empty()),
            HashRest::Closed if hash.map.is_empty() => Ok(true),
            HashRest::Closed => {
                let rest = self.hash(hash);
                let text = self.inspect(rest)?;
                self.mismatch = Mismatch::Other(format!("rest of {text} is not empty"));
                Ok(false)
            }
            HashRest::Bind(at) => {
                let rest = self.hash(hash);
                self.bind(env, at, rest);
                Ok(true)
            }
        }
    }

    fn constant_matches(&mut self, env: &Env, constant: Option<&Expr>, value: Value) -> R<bool> {
        if let Some(id) = self.unknown_of(value) {
            return Err(Flow::Unknown(id));
        }
        match constant {
            Some(constant) => {
                let constant = self.eval(env, constant)?;
                self.fits(constant, value)
            }
            None => Ok(true),
        }
    }

    fn deconstruct(&mut self, value: Value) -> R<Option<Vec<Value>>> {
        if let Some(items) = self.array_items(value) {
            return Ok(Some(items.to_vec()));
        }
        if !self.responds(value, "deconstruct") {
            self.lacks(value, "deconstruct")?;
            return Ok(None);
        }
        let list = self.call(value, "deconstruct", &[])?;
        Ok(self.array_items(list).map(<[Value]>::to_vec))
    }

    fn deconstruct_keys(&mut self, value: Value) -> R<Option<Hash>> {
        if let Some(hash) = self.hash_data(value) {
            return Ok(Some(hash.clone()));
        }
        if !self.responds(value, "deconstruct_keys") {
            self.lacks(value, "deconstruct_keys")?;
            return Ok(None);
        }
        let hash = self.call(value, "deconstruct_keys", &[Value::NIL])?;
        Ok(self.hash_data(hash).cloned())
    }
}
