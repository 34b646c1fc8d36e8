//! Branches on unknown values: both sides are run, and what they leave behind is joined.

use crate::hash::IndexMap;
use std::collections::BTreeSet;

use super::Interp;
use super::flow::{Flow, R};
use super::heap::Outcome;
use super::object::{Data, Hash, Object};
use super::output::join_text;
use super::unknown::{Cause, Unknown};
use super::value::{Kind, UnknownId, Value};

/// A stretch of evaluation that a `return`, `next` or `break` may leave early: a method, a block.
#[derive(Debug, Default)]
pub struct Region {
    /// The activation, where this is a method, lambda or file.
    pub activation: Option<u64>,
    /// One side of a branch on these left early: what follows may not happen.
    pub conditions: Vec<UnknownId>,
    /// What a side that left returned.
    pub returned: Vec<Value>,
}

impl Interp {
    /// Runs both sides and joins their states and results.
    ///
    /// A side that raises or leaves while the other goes on makes what follows conditional; two
    /// sides that both leave in the same way leave joined.
    pub fn fork(
        &mut self,
        why: UnknownId,
        left: impl FnOnce(&mut Self) -> R,
        right: impl FnOnce(&mut Self) -> R,
    ) -> R {
        self.conditions.push(why);
        let mark = self.output_mark();
        self.heap.begin_trial();
        let a = left(self);
        let state_a = self.heap.take_back();
        let text_a = self.output_take(mark);
        self.heap.begin_trial();
        let b = right(self);
        let state_b = self.heap.take_back();
        let text_b = self.output_take(mark);
        self.conditions.pop();
        match (a, b) {
            (Err(Flow::Halt(id)), _) | (_, Err(Flow::Halt(id))) => Err(Flow::Halt(id)),
            (Ok(a), Ok(b)) => {
                self.join_states(why, state_a, state_b);
                self.output_join(why, text_a, &text_b);
                Ok(self.join_values(why, a, b))
            }
            (Ok(value), Err(flow)) => {
                self.heap.put(state_a);
                self.output_put(text_a);
                self.left_early(why, flow);
                Ok(value)
            }
            (Err(flow), Ok(value)) => {
                self.heap.put(state_b);
                self.output_put(text_b);
                self.left_early(why, flow);
                Ok(value)
            }
            (Err(a), Err(b)) => self.both_left(why, (a, state_a, text_a), (b, state_b, text_b)),
        }
    }

    #[allow(clippy::type_complexity)]
    fn both_left(
        &mut self,
        why: UnknownId,
        (a, state_a, text_a): (Flow, Outcome, (String, Vec<(usize, u32)>)),
        (b, state_b, text_b): (Flow, Outcome, (String, Vec<(usize, u32)>)),
    ) -> R {
        let joined = match (&a, &b) {
            (Flow::Next(x), Flow::Next(y)) => Some(Flow::Next(self.join_values(why, *x, *y))),
            (Flow::Break(x), Flow::Break(y)) => Some(Flow::Break(self.join_values(why, *x, *y))),
            (Flow::Return(i, x), Flow::Return(j, y)) if i == j => {
                Some(Flow::Return(*i, self.join_values(why, *x, *y)))
            }
            _ => None,
        };
        if let Some(flow) = joined {
            self.join_states(why, state_a, state_b);
            self.output_join(why, text_a, &text_b);
            return Err(flow);
        }
        // An exception on one side only is the less certain end.
        let (stay, state, text, gone) = match (&a, &b) {
            (Flow::Raise(_), Flow::Raise(_)) | (_, Flow::Raise(_)) => (a, state_a, text_a, b),
            (Flow::Raise(_), _) => (b, state_b, text_b, a),
            _ => (a, state_a, text_a, b),
        };
        self.heap.put(state);
        self.output_put(text);
        if !matches!((&stay, &gone), (Flow::Raise(_), Flow::Raise(_))) {
            self.left_early(why, gone);
        }
        Err(stay)
    }

    /// One side left; the other goes on, from here on conditionally.
    fn left_early(&mut self, why: UnknownId, flow: Flow) {
        match flow {
            Flow::Raise(exception) => {
                let reason = self.unknowns.reason(why).to_owned();
                let class = self.class_name(self.real_class_of(exception));
                let message = self.exception_text(exception);
                let location = self
                    .exception_location(exception)
                    .or_else(|| self.location());
                self.unknowns.add(Unknown {
                    cause: Cause::Outside,
                    reason: format!("may raise {class}: {message} (depends on {reason})"),
                    location,
                });
            }
            Flow::Return(id, value) => {
                let region = self
                    .regions
                    .iter_mut()
                    .rev()
                    .find(|r| r.activation == Some(id));
                if let Some(region) = region {
                    region.conditions.push(why);
                    region.returned.push(value);
                }
            }
            Flow::Next(value) | Flow::Break(value) | Flow::BreakFrom(_, value) => {
                if let Some(region) = self.regions.last_mut() {
                    region.conditions.push(why);
                    region.returned.push(value);
                }
            }
            _ => {}
        }
    }

    pub(super) fn enter_region(&mut self, activation: Option<u64>) {
        self.regions.push(Region {
            activation,
            ..Region::default()
        });
    }

    /// Ends the innermost region; its result is joined with what sides that left early returned.
    pub(super) fn leave_region(&mut self, result: R) -> R {
        let Some(region) = self.regions.pop() else {
            return result;
        };
        match (result, region.conditions.last()) {
            (Ok(value), Some(why)) => {
                let mut value = value;
                for other in region.returned {
                    value = self.join_values(*why, value, other);
                }
                Ok(value)
            }
            (Err(flow @ Flow::Raise(_)), Some(why)) => {
                self.raised_after_a_way_out(*why, flow, region.activation, region.returned)
            }
            (result, _) => result,
        }
    }

    /// An exception in a region that another side has left without one: it is only possible.
    ///
    /// The method or block then gives what that side returned. Of a block that is called without end the exception may be
    /// what ends the loop; it goes on to the method around, which then only may raise it.
    fn raised_after_a_way_out(
        &mut self,
        why: UnknownId,
        flow: Flow,
        activation: Option<u64>,
        returned: Vec<Value>,
    ) -> R {
        let native = self.natives.last().map(|(_, name)| *name);
        let is_endless = matches!(native, Some("loop" | "cycle" | "step" | "each_entry"));
        if activation.is_none() && is_endless && !self.regions.is_empty() {
            let around = self.regions.iter().rposition(|r| r.activation.is_some());
            if let Some(region) = self.regions.get_mut(around.unwrap_or(0)) {
                region.conditions.push(why);
                region.returned.push(why.into());
            }
            return Err(flow);
        }
        self.left_early(why, flow);
        let mut returned = returned.into_iter();
        let first = returned.next().unwrap_or(Value::NIL);
        Ok(returned.fold(first, |a, b| self.join_values(why, a, b)))
    }

    /// Why what is declared now may not happen; `None` where it is certain.
    pub fn condition(&self) -> Option<UnknownId> {
        self.conditions
            .last()
            .or_else(|| self.regions.iter().rev().find_map(|r| r.conditions.last()))
            .copied()
    }

    /// Marks everything that `f` declares as conditional, without a second side.
    pub fn conditionally(&mut self, why: UnknownId, f: impl FnOnce(&mut Self) -> R) -> R {
        self.fork(why, f, |_| Ok(Value::NIL))
    }

    fn join_states(&mut self, why: UnknownId, a: Outcome, b: Outcome) {
        let (mut a, mut b) = (a, b);
        let ids: BTreeSet<_> = a.objects.keys().chain(b.objects.keys()).copied().collect();
        for id in ids {
            let base = self.heap.get(id).clone();
            let x = a.objects.remove(&id).unwrap_or_else(|| base.clone());
            let y = b.objects.remove(&id).unwrap_or(base);
            let joined = self.join_objects(why, x, y);
            *self.heap.get_mut(id) = joined;
        }
        let slots: BTreeSet<_> = a.slots.keys().chain(b.slots.keys()).copied().collect();
        for (scope, slot) in slots {
            let base = self.heap.slot(scope, slot);
            let x = a.slots.get(&(scope, slot)).copied().unwrap_or(base);
            let y = b.slots.get(&(scope, slot)).copied().unwrap_or(base);
            let joined = self.join_values(why, x, y);
            self.heap.set_local(scope, 0, slot, joined);
        }
    }

    fn join_unknown(&mut self, why: UnknownId) -> UnknownId {
        self.unknowns.add(Unknown {
            cause: Cause::Join(why),
            reason: String::new(),
            location: None,
        })
    }

    /// A value that is one or the other.
    pub fn join_values(&mut self, why: UnknownId, a: Value, b: Value) -> Value {
        let origin = self.origins.union(a.origin, b.origin);
        if a.kind == b.kind {
            return a.with_origin(origin);
        }
        if let (Some(x), Some(y)) = (a.obj(), b.obj()) {
            let same_class = self.heap.get(x).class == self.heap.get(y).class;
            match (self.data(x), self.data(y)) {
                (Data::Str(s), Data::Str(t)) if s == t => return a.with_origin(origin),
                (Data::Array(s), Data::Array(t)) if s.len() == t.len() && same_class => {
                    let pairs: Vec<_> = s.iter().copied().zip(t.iter().copied()).collect();
                    if pairs.len() <= 64 {
                        let items = pairs
                            .into_iter()
                            .map(|(x, y)| self.join_values(why, x, y))
                            .collect();
                        return self.array(items).with_origin(origin);
                    }
                }
                _ => {}
            }
        }
        let id = self.join_unknown(why);
        Value {
            kind: Kind::Unknown(id),
            origin,
        }
    }

    fn join_objects(&mut self, why: UnknownId, a: Object, b: Object) -> Object {
        let origin = self.origins.union(a.origin, b.origin);
        let ivars = match (a.ivars, b.ivars) {
            (None, None) => None,
            (x, y) => {
                let (mut x, mut y) = (x.unwrap_or_default(), y.unwrap_or_default());
                let mut out = IndexMap::default();
                let names: Vec<_> = x.keys().chain(y.keys()).copied().collect();
                for name in names {
                    if out.contains_key(&name) {
                        continue;
                    }
                    let (v, w) = (x.shift_remove(&name), y.shift_remove(&name));
                    let value = self.join_optional(why, v, w);
                    out.insert(name, value);
                }
                Some(Box::new(out))
            }
        };
        let data = match (a.data, b.data) {
            (Data::Str(mut s), Data::Str(t)) => {
                s.text = join_text(&s.text, &t.text, why).0;
                Data::Str(s)
            }
            (Data::Array(s), Data::Array(t)) if s.len() == t.len() => Data::Array(
                s.into_iter()
                    .zip(t)
                    .map(|(x, y)| self.join_values(why, x, y))
                    .collect(),
            ),
            (Data::Array(_), Data::Array(_)) => Data::Opaque(self.join_unknown(why)),
            (Data::Hash(s), Data::Hash(t)) => Data::Hash(Box::new(self.join_hashes(why, *s, *t))),
            (data, _) => data,
        };
        Object {
            data,
            origin,
            ivars,
            ..b_like(a.class, a.frozen && b.frozen)
        }
    }

    fn join_hashes(&mut self, why: UnknownId, a: Hash, mut b: Hash) -> Hash {
        let mut out = Hash {
            map: IndexMap::default(),
            ..a.clone()
        };
        for (key, (k, v)) in a.map {
            let other = b.map.shift_remove(&key).map(|(_, v)| v);
            let value = self.join_optional(why, Some(v), other);
            out.map.insert(key, (k, value));
        }
        for (key, (k, v)) in b.map {
            let value = self.join_optional(why, None, Some(v));
            out.map.insert(key, (k, value));
        }
        out
    }

    /// A place that only one side has filled holds an unknown.
    fn join_optional(&mut self, why: UnknownId, a: Option<Value>, b: Option<Value>) -> Value {
        match (a, b) {
            (Some(a), Some(b)) => self.join_values(why, a, b),
            (one, other) => {
                let origin = one.or(other).map_or_else(Default::default, |v| v.origin);
                let id = self.join_unknown(why);
                Value {
                    kind: Kind::Unknown(id),
                    origin,
                }
            }
        }
    }
}

fn b_like(class: super::class::ClassId, frozen: bool) -> Object {
    Object {
        data: Data::Plain,
        class,
        origin: Default::default(),
        frozen,
        ivars: None,
    }
}
