//! What native methods share: conversions of arguments with Ruby's own errors, and iteration.

use foretaste_parser::name::Name;

use super::super::Interp;
use super::super::call::Form;
use super::super::encoding::Encoding;
use super::super::env::Args;
use super::super::flow::{Flow, R};
use super::super::object::{Data, ProcBody, Range, Str};
use super::super::unknown::Cause;
use super::super::value::{Kind, Value};

/// What an iteration's visitor wants next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Go,
    Stop,
}

/// Called for each element; several yielded values arrive as one array.
pub type Visit<'a> = &'a mut dyn FnMut(&mut Interp, Value) -> R<Step>;

impl Interp {
    /// Leaves the builtin with an unknown result: Ruby that this evaluator does not do.
    pub fn not_supported(&mut self, what: impl Into<String>) -> Flow {
        match self.unsupported(what).kind {
            Kind::Unknown(id) => Flow::Unknown(id),
            _ => Flow::Next(Value::NIL),
        }
    }

    /// A value's class as conversion errors show it: `nil`, `true`, `String`.
    pub fn kind_label(&self, value: Value) -> String {
        match value.kind {
            Kind::Nil => "nil".into(),
            Kind::Bool(b) => b.to_string(),
            _ => self.class_name(self.real_class_of(value)).to_string(),
        }
    }

    /// The unknown that a value is leaves the builtin.
    pub fn known(&self, value: Value) -> R<Value> {
        match self.unknown_or_hole(value) {
            Some(id) => Err(Flow::Unknown(id)),
            None => Ok(value),
        }
    }

    /// A conversion method gave something else.
    fn wrong_conversion(&mut self, value: Value, into: &str, method: &str, gave: Value) -> Flow {
        if let Some(id) = self.unknown_of(gave) {
            return Flow::Unknown(id);
        }
        let class = self.class_name(self.real_class_of(value));
        let given = self.class_name(self.real_class_of(gave));
        self.type_error(format!(
            "can't convert {class} to {into} ({class}#{method} gives {given})"
        ))
    }

    fn no_implicit(&mut self, value: Value, into: &str) -> Flow {
        let label = self.kind_label(value);
        self.type_error(format!("no implicit conversion of {label} into {into}"))
    }

    /// An integer argument; floats are cut, other things refused as Ruby words it.
    pub fn int_arg(&mut self, value: Value) -> R<i64> {
        match value.kind {
            Kind::Int(n) => Ok(n),
            Kind::Float(f) if f.is_nan() || f.is_infinite() => {
                let text = super::super::convert::float_text(f);
                Err(self.error(self.core.float_domain_error, text))
            }
            Kind::Float(f) if f.abs() < 9e18 => Ok(f as i64),
            Kind::Float(f) => Err(self.error(
                self.core.range_error,
                format!(
                    "float {} out of range of integer",
                    super::string::format::short(f)
                ),
            )),
            Kind::Unknown(id) => Err(Flow::Unknown(id)),
            Kind::Obj(id) if matches!(self.data(id), Data::Big(_)) => Err(self.error(
                self.core.range_error,
                "bignum too big to convert into `long'",
            )),
            Kind::Nil => Err(self.type_error("no implicit conversion from nil to integer")),
            _ if self.text(value).is_none() && self.responds(value, "to_int") => {
                let n = self.call(value, "to_int", &[])?;
                match n.kind {
                    Kind::Int(n) => Ok(n),
                    _ => Err(self.no_implicit(value, "Integer")),
                }
            }
            _ => Err(self.no_implicit(value, "Integer")),
        }
    }

    /// A count that must not be negative; `what` is the message for one that is.
    pub fn count_arg(&mut self, value: Value, what: &str) -> R<usize> {
        let n = self.int_arg(value)?;
        match usize::try_from(n) {
            Ok(n) => Ok(n),
            Err(_) => Err(self.argument_error(what)),
        }
    }

    /// A string argument (`to_str` counts), holes and all.
    pub fn str_arg(&mut self, value: Value) -> R<String> {
        if let Some(text) = self.text(value) {
            return Ok(text.to_owned());
        }
        if let Some(id) = self.unknown_of(value) {
            return Err(Flow::Unknown(id));
        }
        if value.obj().is_some() && self.responds(value, "to_str") {
            let made = self.call(value, "to_str", &[])?;
            if let Some(text) = self.text(made) {
                return Ok(text.to_owned());
            }
            return Err(self.wrong_conversion(value, "String", "to_str", made));
        }
        Err(self.no_implicit(value, "String"))
    }

    /// A string or symbol argument.
    pub fn name_arg(&mut self, value: Value) -> R<String> {
        if let Some(text) = self.text_or_sym(value) {
            return Ok(text.to_owned());
        }
        if let Some(id) = self.unknown_of(value) {
            return Err(Flow::Unknown(id));
        }
        let text = self.inspect(value)?;
        Err(self.type_error(format!("{text} is not a symbol nor a string")))
    }

    /// An array argument (`to_ary` counts).
    pub fn array_arg(&mut self, value: Value) -> R<Vec<Value>> {
        if let Some(items) = self.array_items(value) {
            return Ok(items.to_vec());
        }
        if let Some(id) = self.unknown_of(value) {
            return Err(Flow::Unknown(id));
        }
        if value.obj().is_some() && self.responds(value, "to_ary") {
            let list = self.call(value, "to_ary", &[])?;
            if let Some(items) = self.array_items(list) {
                return Ok(items.to_vec());
            }
            return Err(self.wrong_conversion(value, "Array", "to_ary", list));
        }
        Err(self.no_implicit(value, "Array"))
    }

    pub fn range_of(&self, value: Value) -> Option<&Range> {
        match self.data(value.obj()?) {
            Data::Range(range) => Some(range),
            _ => None,
        }
    }

    pub fn new_range(&mut self, low: Value, high: Value, exclusive: bool) -> Value {
        let data = Data::Range(Box::new(Range {
            low,
            high,
            exclusive,
        }));
        let id = self.alloc(self.core.range, data);
        self.heap.get_mut(id).frozen = true;
        id.into()
    }

    /// Start and length that a range selects out of `len` items; `None` where it starts outside.
    pub fn range_span(&mut self, range: &Range, len: usize) -> R<Option<(usize, usize)>> {
        let low = match range.low.kind {
            Kind::Nil => 0,
            _ => self.int_arg(range.low)?,
        };
        let (high, exclusive) = match range.high.kind {
            Kind::Nil => (-1, false),
            _ => (self.int_arg(range.high)?, range.exclusive),
        };
        let total = i64::try_from(len).unwrap_or(i64::MAX);
        let low = if low < 0 { low + total } else { low };
        let high = if high < 0 { high + total } else { high };
        if low < 0 || low > total {
            return Ok(None);
        }
        let end = if exclusive {
            high
        } else {
            high.saturating_add(1)
        };
        let end = end.clamp(low, total);
        Ok(Some((low as usize, (end - low) as usize)))
    }

    /// Start and length from Ruby's `[start, length]`; `None` where it starts outside.
    pub fn start_length(&self, start: i64, length: i64, len: usize) -> Option<(usize, usize)> {
        let total = i64::try_from(len).unwrap_or(i64::MAX);
        let start = if start < 0 { start + total } else { start };
        if start < 0 || start > total || length < 0 {
            return None;
        }
        let length = length.min(total - start);
        Some((start as usize, length as usize))
    }

    /// Where an index points among `len` items.
    pub fn at_index(&self, index: i64, len: usize) -> Option<usize> {
        let total = i64::try_from(len).unwrap_or(i64::MAX);
        let index = if index < 0 { index + total } else { index };
        usize::try_from(index).ok().filter(|i| *i < len)
    }

    /// A new string in an encoding.
    pub fn new_str(&mut self, text: impl Into<String>, encoding: Encoding) -> Value {
        let text = text.into();
        self.alloc(self.core.string, Data::Str(Str { text, encoding }))
            .into()
    }

    /// Spends budget on native work over `n` items, so that giant ranges and strings end.
    pub fn spend(&mut self, n: usize) -> R<()> {
        let n = n as u64;
        if self.budget.steps < n {
            self.budget.steps = 0;
            return Err(self.halt("the step budget is used up"));
        }
        self.budget.steps -= n;
        Ok(())
    }

    /// Visits a part of a value: one step of the budget, and one level of depth while `visit` runs. For native code that
    /// walks through values by itself, since they may contain themselves, nest deep, or share so much that they have
    /// more parts than anybody can visit.
    pub fn descend<T>(&mut self, visit: impl FnOnce(&mut Self) -> R<T>) -> R<T> {
        self.spend(1)?;
        if self.budget.depth >= self.budget.max_depth {
            return Err(self.error(self.core.system_stack_error, "stack level too deep"));
        }
        self.budget.depth += 1;
        let result = visit(self);
        self.budget.depth -= 1;
        result
    }

    /// As [`Self::descend`], for walks that cannot leave early: what is out of the budget is unknown.
    pub fn descend_or_unknown(&mut self, visit: impl FnOnce(&mut Self) -> Value) -> Value {
        if self.budget.steps == 0 || self.budget.depth >= self.budget.max_depth {
            return self.new_unknown(
                Cause::Budget,
                "a value that is too large, or nested too deeply".to_owned(),
            );
        }
        self.budget.steps -= 1;
        self.budget.depth += 1;
        let value = visit(self);
        self.budget.depth -= 1;
        value
    }

    /// Refuses a string longer than the budget allows before it is made.
    pub fn check_len(&mut self, len: usize) -> R<()> {
        if len > self.budget.max_string {
            return Err(self.halt("a string grew over the memory budget"));
        }
        Ok(())
    }

    /// Values given to one yield as one value.
    pub fn pack(&mut self, list: &[Value]) -> Value {
        match list {
            [] => Value::NIL,
            [only] => *only,
            _ => self.array(list.to_vec()),
        }
    }

    /// Visits what `each` of any object yields.
    pub fn iterate(&mut self, recv: Value, visit: Visit) -> R<()> {
        if let Some(id) = self.unknown_of(recv) {
            return Err(Flow::Unknown(id));
        }
        enum Way {
            Array,
            Hash,
            Range,
            Each,
        }
        let way = match recv.obj().map(|id| self.data(id)) {
            Some(Data::Array(_)) => Way::Array,
            Some(Data::Hash(_)) => Way::Hash,
            Some(Data::Range(_)) => Way::Range,
            _ => Way::Each,
        };
        match way {
            Way::Array => {
                let mut i = 0;
                while let Some(item) = self.array_items(recv).and_then(|a| a.get(i)).copied() {
                    self.spend(1)?;
                    if visit(self, item)? == Step::Stop {
                        break;
                    }
                    i += 1;
                }
                Ok(())
            }
            Way::Hash => {
                let pairs: Vec<(Value, Value)> = match self.hash_data(recv) {
                    Some(hash) => hash.map.values().copied().collect(),
                    None => Vec::new(),
                };
                super::hash::walking(self, recv, |this| {
                    for (key, value) in pairs {
                        this.spend(1)?;
                        let pair = this.array(vec![key, value]);
                        if visit(this, pair)? == Step::Stop {
                            break;
                        }
                    }
                    Ok(())
                })
            }
            Way::Range => super::range::each(self, recv, visit),
            Way::Each => {
                for item in self.collect_each(recv, usize::MAX)? {
                    if visit(self, item)? == Step::Stop {
                        break;
                    }
                }
                Ok(())
            }
        }
    }

    /// What an object's own `each` yields, at most `limit` of it.
    pub fn collect_each(&mut self, recv: Value, limit: usize) -> R<Vec<Value>> {
        self.collect_from(recv, Name::new("each"), &[], limit)
    }

    /// What a method yields to its block, at most `limit` of it.
    pub fn collect_from(
        &mut self,
        recv: Value,
        method: Name,
        args: &[Value],
        limit: usize,
    ) -> R<Vec<Value>> {
        self.collect_with_result(recv, method, args, limit)
            .map(|(list, _)| list)
    }

    /// The same, with what the method returned where it came to its end.
    pub fn collect_with_result(
        &mut self,
        recv: Value,
        method: Name,
        args: &[Value],
        limit: usize,
    ) -> R<(Vec<Value>, Value)> {
        if limit == 0 {
            return Ok((Vec::new(), Value::NIL));
        }
        let sink = self.array(Vec::new());
        let cap = Value::count(limit);
        let state = self.array(vec![sink, cap, Value::NIL]);
        let body = ProcBody::Native {
            f: push_yielded,
            captured: state,
        };
        let block = self.new_proc(body, false);
        if let Some(id) = state.obj()
            && let Data::Array(items) = &mut self.heap.get_mut(id).data
            && let Some(last) = items.last_mut()
        {
            *last = block;
        }
        let args = Args::of(args).with_block(Some(block));
        let result = self.send(recv, method, args, Form::Own);
        let result = match result {
            Ok(value) => {
                if let Some(id) = value.unknown() {
                    return Err(Flow::Unknown(id));
                }
                value
            }
            Err(Flow::BreakFrom(id, _)) if Some(id) == block.obj() => Value::NIL,
            Err(flow) => return Err(flow),
        };
        let list = self.array_items(sink).map(<[Value]>::to_vec);
        Ok((list.unwrap_or_default(), result))
    }

    /// All that an object's `each` yields.
    pub fn to_list(&mut self, recv: Value) -> R<Vec<Value>> {
        if let Some(items) = self.array_items(recv) {
            return Ok(items.to_vec());
        }
        let mut out = Vec::new();
        self.iterate(recv, &mut |_, item| {
            out.push(item);
            Ok(Step::Go)
        })?;
        Ok(out)
    }

    /// What to iterate an argument by: arrays, hashes, ranges and all that has `each`.
    pub fn list_arg(&mut self, value: Value) -> R<Vec<Value>> {
        if value.obj().is_some()
            && (self.responds(value, "each") || self.unknown_of(value).is_some())
        {
            return self.to_list(value);
        }
        self.array_arg(value)
    }

    /// Calls the block with one value; tells whether the result is true.
    pub fn test(&mut self, args: &Args, value: Value) -> R<bool> {
        let result = self.yield_to(args, &[value])?;
        self.truth(result)
    }

    /// A hash that is nothing but that, whatever it was taken from: what `Hash#select` and its kin give since Ruby 3.
    pub fn plain_hash(&mut self, hash: super::super::object::Hash) -> Value {
        self.hash(super::super::object::Hash {
            indifferent: false,
            tag: 0,
            ..hash
        })
    }

    /// A hash of the receiver's class.
    pub fn same_hash(&mut self, like: Value, hash: super::super::object::Hash) -> Value {
        let class = match like.obj() {
            Some(_) => self.real_class_of(like),
            None => self.core.hash,
        };
        let class = if self.is_a(like, self.core.hash) {
            class
        } else {
            self.core.hash
        };
        self.alloc(class, Data::Hash(Box::new(hash))).into()
    }
}

/// The block of [`Interp::collect_from`]: keeps what it is given, breaks at the limit.
fn push_yielded(interp: &mut Interp, state: Value, args: &Args) -> R {
    let value = interp.pack(&args.list);
    let (Some(sink), Some(limit), block) = (
        interp.array_items(state).and_then(|s| s.first()).copied(),
        interp.array_items(state).and_then(|s| s.get(1)).copied(),
        interp.array_items(state).and_then(|s| s.get(2)).copied(),
    ) else {
        return Ok(Value::NIL);
    };
    interp.spend(1)?;
    let items = interp.array_mut(sink)?;
    items.push(value);
    let full = Value::count(items.len()).kind == limit.kind;
    match block.and_then(Value::obj) {
        Some(id) if full => Err(Flow::BreakFrom(id, Value::NIL)),
        _ => Ok(Value::NIL),
    }
}

impl Interp {
    /// The native data of an object made by [`Self::new_host`].
    pub fn host_data<T: 'static>(&self, value: Value) -> Option<&T> {
        match self.data(value.obj()?) {
            Data::Host(data) => (**data).as_any().downcast_ref(),
            _ => None,
        }
    }

    /// The same for writing.
    pub fn host_data_mut<T: 'static>(&mut self, value: Value) -> Option<&mut T> {
        match &mut self.heap.get_mut(value.obj()?).data {
            Data::Host(data) => (**data).as_any_mut().downcast_mut(),
            _ => None,
        }
    }

    /// An object of a native class.
    pub fn new_host<T: super::super::object::HostData>(
        &mut self,
        class: super::super::class::ClassId,
        data: T,
    ) -> Value {
        self.alloc(class, Data::Host(Box::new(data))).into()
    }

    /// An object of the class of this name; plain `Object` where it is not defined.
    pub fn class_named(&self, path: &str) -> super::super::class::ClassId {
        self.class_by_path(path).unwrap_or(self.core.object)
    }

    /// Sorts by a comparison that may fail; equal items keep their order, as glibc's sort does.
    pub fn sort_values(
        &mut self,
        items: Vec<Value>,
        compare: &mut dyn FnMut(&mut Interp, Value, Value) -> R<std::cmp::Ordering>,
    ) -> R<Vec<Value>> {
        if items.len() < 2 {
            return Ok(items);
        }
        self.spend(items.len())?;
        let mut left = items;
        let right = left.split_off(left.len() / 2);
        let left = self.sort_values(left, compare)?;
        let right = self.sort_values(right, compare)?;
        let mut out = Vec::with_capacity(left.len() + right.len());
        let (mut a, mut b) = (left.into_iter().peekable(), right.into_iter().peekable());
        while let (Some(x), Some(y)) = (a.peek().copied(), b.peek().copied()) {
            if compare(self, x, y)? == std::cmp::Ordering::Greater {
                out.push(y);
                b.next();
            } else {
                out.push(x);
                a.next();
            }
        }
        out.extend(a);
        out.extend(b);
        Ok(out)
    }

    /// A comparison by the block where there is one, else by `<=>`.
    pub fn compare_with(&mut self, args: &Args, a: Value, b: Value) -> R<std::cmp::Ordering> {
        if args.block.is_none() {
            return self.compare(a, b);
        }
        let order = self.yield_to(args, &[a, b])?;
        match order.kind {
            Kind::Int(n) => Ok(n.cmp(&0)),
            Kind::Float(f) => Ok(f.partial_cmp(&0.0).unwrap_or(std::cmp::Ordering::Equal)),
            Kind::Unknown(id) => Err(Flow::Unknown(id)),
            // Ruby asks what the block gives whether it is more than nothing, then whether it is less.
            Kind::Obj(_) => {
                let zero = Value::from(0);
                if self.call(order, ">", &[zero])?.truthy() != Some(false) {
                    return Ok(std::cmp::Ordering::Greater);
                }
                let less = self.call(order, "<", &[zero])?.truthy() != Some(false);
                Ok(if less {
                    std::cmp::Ordering::Less
                } else {
                    std::cmp::Ordering::Equal
                })
            }
            _ => {
                let left = self.kind_label(a);
                let right = match b.kind {
                    Kind::Nil | Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) | Kind::Sym(_) => {
                        self.inspect(b)?
                    }
                    _ => self.kind_label(b),
                };
                Err(self.argument_error(format!("comparison of {left} with {right} failed")))
            }
        }
    }
}

impl Interp {
    /// Calls a method with the same arguments and block.
    pub fn call_with(&mut self, recv: Value, name: &str, args: &Args) -> R {
        self.send(recv, Name::new(name), args.clone(), Form::Own)
    }
}
