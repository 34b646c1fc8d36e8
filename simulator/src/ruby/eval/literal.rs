//! Literals that take evaluation: collections, interpolation, regular expressions, lambdas.

use std::rc::Rc;
use std::sync::Arc;

use foretaste_parser::name::Name;
use foretaste_parser::ruby::ast::{Arg, Block, Expr, ExprKind as E, Pair, RegexFlags};

use super::super::Interp;
use super::super::encoding::Encoding;
use super::super::env::Env;
use super::super::flow::{Flow, R};
use super::super::object::{Data, Hash, Proc, ProcBody, Range, Regex, Str};
use super::super::value::{Origin, Value};

impl Interp {
    pub(super) fn eval_literal(&mut self, env: &Env, expr: &Expr) -> R {
        match &expr.kind {
            E::Bytes(bytes) => {
                let data = Data::Str(Str::from_bytes(bytes, Encoding::Utf8));
                Ok(self.alloc(self.core.string, data).into())
            }
            E::Binary(bytes) => {
                let data = Data::Str(Str::from_bytes(bytes, Encoding::Binary));
                Ok(self.alloc(self.core.string, data).into())
            }
            E::BigInt(digits) => {
                self.current = expr.span;
                super::super::builtin::big_literal(self, digits)
            }
            E::Numeric(text) => {
                self.current = expr.span;
                match text.strip_suffix('r') {
                    Some(number) => {
                        let class = self.rational_class()?;
                        let text = self.str(number);
                        self.call(class, "__convert__", &[text])
                    }
                    None => Ok(self.unsupported(format!("the number {text}"))),
                }
            }
            E::InterpSym(parts) => {
                let text = self.interpolate(env, parts)?;
                if let Some(id) = self.unknown_or_hole(text) {
                    return Ok(id.into());
                }
                Ok(self.text(text).map_or(Value::NIL, Value::sym))
            }
            E::Shell(parts) => {
                let text = self.interpolate(env, parts)?;
                self.current = expr.span;
                (self.hooks.shell)(self, text)
            }
            E::Regex { parts, flags } => {
                let text = self.interpolate(env, parts)?;
                self.current = expr.span;
                if let Some(id) = self.unknown_or_hole(text) {
                    return Ok(id.into());
                }
                let source = self.text(text).unwrap_or_default().to_owned();
                let fixed = parts.iter().all(|p| matches!(p.kind, E::Str(_)));
                match self.regex(source, *flags) {
                    // Ruby refuses a literal while it reads the file.
                    Err(Flow::Raise(e)) if fixed => {
                        let message = self.exception_text(e);
                        Err(self.error(self.core.syntax_error, message))
                    }
                    other => other,
                }
            }
            E::Array(items) => {
                let mut list = Vec::with_capacity(items.len());
                let mut splatted = Origin::HERE;
                for item in items {
                    match item {
                        Arg::Value(expr) => list.push(self.eval(env, expr)?),
                        Arg::Splat(expr) => {
                            let value = self.eval(env, expr)?;
                            match self.unknown_of(value) {
                                // How many items an unknown list has is unknown: so is the whole.
                                Some(id) => return Ok(id.into()),
                                None => {
                                    let origin = self.origin_of(value);
                                    splatted = self.origins.union(splatted, origin);
                                    let items = self.splat(value)?;
                                    self.spend(items.len())?;
                                    list.extend(items);
                                }
                            }
                        }
                        Arg::Keywords(pairs) => list.push(self.eval_pairs(env, pairs)?),
                        Arg::Forward => {}
                    }
                }
                Ok(self.listed(list, splatted))
            }
            E::Hash(pairs) => self.eval_pairs(env, pairs),
            E::Range {
                low,
                high,
                exclusive,
            } => {
                let low = self.eval_opt(env, low.as_deref())?;
                let high = self.eval_opt(env, high.as_deref())?;
                if let Some(id) = self.unknown_of(low).or_else(|| self.unknown_of(high)) {
                    return Ok(id.into());
                }
                self.current = expr.span;
                self.check_ends(low, high)?;
                let data = Data::Range(Box::new(Range {
                    low,
                    high,
                    exclusive: *exclusive,
                }));
                let id = self.alloc(self.core.range, data);
                self.heap.get_mut(id).frozen = true;
                Ok(id.into())
            }
            E::Lambda(block) => Ok(self.closure(env, block, true)),
            E::File => {
                let path = env.ctx.source.path().clone();
                Ok(self.str(&*path))
            }
            E::Encoding { bytes } => {
                let encoding = match bytes {
                    true => Encoding::Binary,
                    false => Encoding::Utf8,
                };
                Ok(self.encoding_object(encoding))
            }
            _ => Ok(Value::NIL),
        }
    }

    /// A literal list, which is of one item of a collection where all of its values are.
    fn listed(&mut self, list: Vec<Value>, splatted: Origin) -> Value {
        let mut origin = Origin::HERE;
        for value in &list {
            let of_value = self.origin_of(*value);
            if self.origins.is_tagged(of_value) {
                origin = self.origins.union(origin, of_value);
            }
        }
        if self.origins.is_tagged(splatted) {
            let all = self.origins.union(origin, splatted);
            origin = self.origins.gathered(all);
        }
        let array = self.array(list);
        if let Some(id) = array.obj().filter(|_| origin != Origin::HERE) {
            let own = self.heap.get(id).origin;
            self.heap.get_mut(id).origin = self.origins.union(own, origin);
        }
        array
    }

    /// A block or lambda as a proc.
    pub(super) fn closure(&mut self, env: &Env, block: &Arc<Block>, lambda: bool) -> Value {
        self.heap.capture(env.scope);
        let body = ProcBody::Block {
            block: block.clone(),
            env: env.clone(),
        };
        self.alloc(
            self.core.proc_class,
            Data::Proc(Rc::new(Proc { body, lambda })),
        )
        .into()
    }

    pub(super) fn interpolate(&mut self, env: &Env, parts: &[Expr]) -> R {
        let mut whole = Str::default();
        let mut origin = self.control;
        for part in parts {
            if let E::Str(literal) = &part.kind {
                if whole.encoding == Encoding::Utf8 {
                    whole.text.push_str(literal);
                    continue;
                }
                let literal = Str {
                    text: literal.to_string(),
                    encoding: Encoding::Utf8,
                };
                self.join_str(&mut whole, &literal)?;
                continue;
            }
            let value = self.eval(env, part)?;
            let of_part = self.origin_of(value);
            origin = self.origins.union(origin, of_part);
            if let Some(Data::Str(s)) = value.obj().map(|id| self.data(id)) {
                if s.encoding == whole.encoding && s.is_valid() {
                    whole.text.push_str(&s.text);
                } else {
                    let piece = s.clone();
                    self.current = part.span;
                    self.join_str(&mut whole, &piece)?;
                }
            } else {
                self.current = part.span;
                let piece = self.text_piece(value)?;
                self.join_str(&mut whole, &piece)?;
            }
            if whole.text.len() > self.budget.max_string {
                return Err(self.halt("a string grew over the memory budget"));
            }
        }
        let id = self.alloc(self.core.string, Data::Str(whole));
        self.heap.get_mut(id).origin = origin;
        Ok(Value::from(id).with_origin(origin))
    }

    pub(super) fn eval_pairs(&mut self, env: &Env, pairs: &[Pair]) -> R {
        let mut hash = Hash::default();
        for pair in pairs {
            let Some(key) = &pair.key else {
                let value = self.eval(env, &pair.value)?;
                if let Some(id) = self.unknown_of(value) {
                    return Ok(id.into());
                }
                if !value.is_nil() {
                    let other = self.to_hash(value)?;
                    for (key, entry) in other.map {
                        hash.map.insert(key, entry);
                    }
                }
                continue;
            };
            let mut key_value = self.eval(env, key)?;
            let value = self.eval(env, &pair.value)?;
            let key = match self.key(key_value) {
                Ok(key) => key,
                Err(super::super::flow::Flow::Unknown(id)) => return Ok(id.into()),
                Err(flow) => return Err(flow),
            };
            if self.text(key_value).is_some() {
                key_value = self.key_value(&key).with_origin(key_value.origin);
            }
            hash.map.insert(key, (key_value, value));
        }
        Ok(self.hash(hash))
    }

    /// The hash behind a value, converting with `to_hash` where needed.
    pub fn to_hash(&mut self, value: Value) -> R<Hash> {
        if let Some(hash) = self.hash_data(value) {
            return Ok(hash.clone());
        }
        if self.responds(value, "to_hash") {
            let other = self.call(value, "to_hash", &[])?;
            if let Some(hash) = self.hash_data(other) {
                return Ok(hash.clone());
            }
        }
        let class = self.class_name(self.real_class_of(value));
        let class = if value.is_nil() { "nil".into() } else { class };
        Err(self.type_error(format!("no implicit conversion of {class} into Hash")))
    }

    /// A regular expression; a pattern that the engine refuses raises `RegexpError` where Ruby would
    /// and is unsupported where Ruby would take it.
    pub fn regex(&mut self, source: String, flags: RegexFlags) -> R {
        let compiled = match super::super::builtin::pattern::compile(&source, flags) {
            Ok(compiled) => compiled,
            Err(message) => {
                let class = self.core.regexp_error;
                return Err(self.error(class, format!("{message}: /{source}/")));
            }
        };
        let names = compiled.as_ref().map_or_else(Vec::new, |regex| {
            regex
                .capture_names()
                .skip(1)
                .map(|n| n.map(Name::new))
                .collect()
        });
        let data = Data::Regex(Rc::new(Regex {
            source,
            flags,
            compiled,
            names,
        }));
        let id = self.alloc(self.core.regexp, data);
        self.heap.get_mut(id).frozen = true;
        Ok(id.into())
    }
}
