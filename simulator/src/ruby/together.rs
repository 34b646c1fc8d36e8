//! Whether what is made of a collection is made of each item for itself, or of the items together.
//!
//! `found.map { … }` gives of each item what it would give of it alone. `found.first(2)` and `found.size` do not: what
//! becomes of one item depends on the others. The host needs to know which (Chef: whether members of a pool come and go
//! each for itself). So a value may carry, for a collection with a tag, that it comes from one item ([`Origins::item`]),
//! and that it comes from the items together ([`Origins::together`]).
//!
//! What is not known to look at each item for itself takes them together: methods of arrays and hashes that are not
//! listed here, assignments in a loop to what outlives its turn, and loops that are left early. Branches are not
//! looked at; whoever asks has [`Interp::branched_on`] for them.
//!
//! [`Origins::item`]: super::origin::Origins::item
//! [`Origins::together`]: super::origin::Origins::together

use super::Interp;
use super::env::Args;
use super::flow::{Flow, R};
use super::object::Data;
use super::value::{Kind, Origin, Value};

/// Objects and scopes with lower numbers were there before the loop.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gathering {
    objects: u32,
    scopes: u32,
}

/// Methods of arrays and hashes that treat each item for itself, or whose answer is only good for a branch.
fn is_each(name: &str) -> bool {
    matches!(
        name,
        "!" | "!="
            | "=="
            | "==="
            | "&"
            | "+"
            | "-"
            | "<<"
            | "|"
            | "all?"
            | "any?"
            | "append"
            | "class"
            | "clone"
            | "collect"
            | "collect!"
            | "collect_concat"
            | "compact"
            | "compact!"
            | "concat"
            | "delete_if"
            | "difference"
            | "dup"
            | "each"
            | "each_entry"
            | "each_key"
            | "each_pair"
            | "each_value"
            | "each_with_object"
            | "empty?"
            | "entries"
            | "eql?"
            | "filter"
            | "filter!"
            | "filter_map"
            | "find_all"
            | "flat_map"
            | "flatten"
            | "flatten!"
            | "freeze"
            | "frozen?"
            | "grep"
            | "grep_v"
            | "group_by"
            | "has_key?"
            | "has_value?"
            | "include?"
            | "inspect"
            | "instance_of?"
            | "intersect?"
            | "intersection"
            | "is_a?"
            | "itself"
            | "join"
            | "keep_if"
            | "key?"
            | "keys"
            | "kind_of?"
            | "map"
            | "map!"
            | "member?"
            | "merge"
            | "merge!"
            | "nil?"
            | "none?"
            | "object_id"
            | "partition"
            | "prepend"
            | "push"
            | "reject"
            | "reject!"
            | "replace"
            | "respond_to?"
            | "reverse"
            | "reverse!"
            | "reverse_each"
            | "select"
            | "select!"
            | "send"
            | "public_send"
            | "__send__"
            | "sort"
            | "sort!"
            | "sort_by"
            | "sort_by!"
            | "store"
            | "tap"
            | "to_a"
            | "to_ary"
            | "to_h"
            | "to_hash"
            | "to_json"
            | "to_json_pretty"
            | "to_s"
            | "to_yaml"
            | "transform_keys"
            | "transform_keys!"
            | "transform_values"
            | "transform_values!"
            | "union"
            | "unshift"
            | "update"
            | "value?"
            | "values"
    )
}

/// Further ones of hashes: by key, where those of arrays are by place.
fn is_by_key(name: &str) -> bool {
    matches!(
        name,
        "[]" | "[]="
            | "delete"
            | "dig"
            | "except"
            | "fetch"
            | "fetch_values"
            | "slice"
            | "values_at"
    )
}

/// Methods of texts whose result depends on all that was joined in it.
fn is_of_whole_text(name: &str) -> bool {
    matches!(
        name,
        "[]" | "byteslice" | "bytesize" | "hash" | "index" | "length" | "rindex" | "size" | "slice"
    )
}

/// Methods of enumerators and of what else has `each`.
fn is_of_place(name: &str) -> bool {
    matches!(
        name,
        "count"
            | "cycle"
            | "detect"
            | "drop"
            | "drop_while"
            | "each_cons"
            | "each_slice"
            | "each_with_index"
            | "find"
            | "find_index"
            | "first"
            | "inject"
            | "length"
            | "max"
            | "max_by"
            | "min"
            | "min_by"
            | "minmax"
            | "minmax_by"
            | "next"
            | "peek"
            | "reduce"
            | "size"
            | "sum"
            | "take"
            | "take_while"
            | "uniq"
            | "with_index"
            | "zip"
    )
}

impl Interp {
    /// What a call adds to its result's sources: nothing where it treats each item for itself.
    pub(super) fn taken_together(&mut self, name: &str, recv: Value, args: &Args) -> Origin {
        self.count_on(name, recv, args);
        let takes = match recv.obj().map(|id| self.data(id)) {
            Some(Data::Array(_)) if matches!(name, "uniq" | "uniq!" | "|" | "union") => {
                args.block.is_some()
            }
            Some(Data::Array(_)) => !is_each(name),
            Some(Data::Hash(_)) => !is_each(name) && !is_by_key(name),
            Some(Data::Str(_)) => is_of_whole_text(name),
            Some(_) => is_of_place(name),
            None => false,
        };
        if !takes {
            return Origin::HERE;
        }
        let mut out = self.together_in(recv);
        for arg in &args.list {
            let of_arg = self.together_in(*arg);
            out = self.origins.union(out, of_arg);
        }
        self.treated_together = self.origins.union(self.treated_together, out);
        out
    }

    /// Notes numbers that come from items together and are given to a method that may not take every number.
    fn count_on(&mut self, name: &str, recv: Value, args: &Args) {
        let divides = matches!(name, "/" | "%" | "div" | "divmod" | "modulo" | "fdiv");
        if matches!(recv.kind, Kind::Int(_) | Kind::Float(_)) && !divides {
            return;
        }
        for arg in &args.list {
            if matches!(arg.kind, Kind::Int(_) | Kind::Float(_) | Kind::Nil)
                && self.origins.taken_together(arg.origin).next().is_some()
            {
                self.counted_on = self.origins.union(self.counted_on, arg.origin);
            }
        }
    }

    /// What a text that is made of a collection has of all that is in it.
    pub(super) fn written_out(&mut self, name: &str, recv: Value) -> Origin {
        let writes = matches!(name, "inspect" | "join" | "to_json" | "to_s" | "to_yaml");
        match recv.obj().map(|id| self.data(id)) {
            Some(Data::Array(_) | Data::Hash(_)) if writes => {
                let origin = self.deep_origin(recv);
                self.origins.gathered(origin)
            }
            _ => Origin::HERE,
        }
    }

    fn together_in(&mut self, value: Value) -> Origin {
        let origin = self.origin_of(value);
        self.origins.together(origin)
    }

    /// A block begins to look at the items of a collection.
    pub(super) fn gather(&mut self, collection: Value) {
        if self.together_in(collection) != Origin::HERE {
            self.gathering = Some(Gathering {
                objects: self.heap.mark(),
                scopes: self.heap.scope_mark(),
            });
        }
    }

    /// Runs what gives the items of a collection to a block one by one.
    ///
    /// # Errors
    /// Those of `f`.
    pub fn each_of(&mut self, collection: Value, f: impl FnOnce(&mut Self) -> R<()>) -> R<()> {
        let (control, gathering) = (self.control, self.gathering);
        let origin = self.origin_of(collection);
        self.control = self.origins.union(control, origin);
        self.gather(collection);
        let result = f(self);
        (self.control, self.gathering) = (control, gathering);
        if let Err(flow) = &result {
            self.left(collection, flow);
        }
        result
    }

    /// A call with a block was left: items after this one were not looked at.
    pub(super) fn left(&mut self, collection: Value, flow: &Flow) {
        if matches!(flow, Flow::Halt(_) | Flow::Unknown(_)) {
            return;
        }
        let together = self.together_in(collection);
        self.treated_together = self.origins.union(self.treated_together, together);
        self.cut_short = self.origins.union(self.cut_short, together);
    }

    /// What a changed object gets: not from one item, unless all of it is.
    pub(super) fn gathered_into(&mut self, old: Origin, new: Origin) -> Origin {
        match self.origins.gathered(old) == old {
            true => self.origins.gathered(new),
            false => new,
        }
    }

    /// The sources of a value that outlives the turn of a loop: the last item decides, or the first.
    fn outliving(&mut self) -> Origin {
        let control = self.origins.gathered(self.control);
        let together = self.origins.together(control);
        self.origins.union(control, together)
    }

    /// The arguments of a write of one key in a loop over items, to an object from before it: the last item decides.
    pub(super) fn overwriting(&mut self, name: &str, recv: Value, args: &Args) -> Option<Args> {
        let gathering = self.gathering.filter(|_| matches!(name, "[]=" | "store"))?;
        let outlives = recv.obj().is_none_or(|id| id.0 < gathering.objects);
        let key = args.get(0);
        let of_key = self.origin_of(key);
        // What is made in a loop has its collection's sources; only a key from an item has that item's, too.
        if !outlives || self.origins.gathered(of_key) != of_key {
            return None;
        }
        let more = self.outliving();
        let mut args = args.clone();
        if let Some(last) = args.list.last_mut() {
            last.origin = self.origins.union(last.origin, more);
        }
        Some(args)
    }

    /// A value as it is assigned, where `place` is the number of the scope that it is assigned in. `grows` where it is
    /// the old one with something added.
    pub(super) fn assigned(&mut self, scope: Option<u32>, value: Value, grows: bool) -> Value {
        let Some(gathering) = self.gathering else {
            return value;
        };
        if scope.is_some_and(|s| s >= gathering.scopes) {
            return value;
        }
        self.outlives(value, grows)
    }

    /// The same for an instance variable of an object.
    pub(super) fn assigned_in(&mut self, object: Value, value: Value, grows: bool) -> Value {
        match self.gathering {
            Some(gathering) if object.obj().is_none_or(|id| id.0 < gathering.objects) => {
                self.outlives(value, grows)
            }
            _ => value,
        }
    }

    fn outlives(&mut self, value: Value, grows: bool) -> Value {
        let collects = grows
            && matches!(
                value.obj().map(|id| self.data(id)),
                Some(Data::Array(_) | Data::Hash(_) | Data::Str(_))
            );
        if !collects {
            let more = self.outliving();
            let origin = self.origins.union(value.origin, more);
            return value.with_origin(origin);
        }
        let origin = self.origins.union(value.origin, self.control);
        let origin = self.origins.gathered(origin);
        if let Some(id) = value.obj() {
            let own = self.heap.get(id).origin;
            self.heap.get_mut(id).origin = self.origins.gathered(own);
        }
        value.with_origin(origin)
    }
}
