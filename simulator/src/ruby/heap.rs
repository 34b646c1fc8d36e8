//! The heap of one run: objects and local scopes by number, with a journal that lets both sides of
//! a branch on an unknown value be tried and then joined.
//!
//! Nothing is freed while a run lasts; the memory budget bounds it. While at least one trial is
//! open, the first mutation of an older object keeps a copy of it in the innermost trial.

use std::collections::BTreeMap;

use super::class::ClassId;
use super::object::{Data, Object};
use super::value::{ObjId, Origin, Value};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ScopeId(pub u32);

#[derive(Debug)]
pub struct Scope {
    pub slots: Vec<Value>,
    pub parent: Option<ScopeId>,
    /// A closure may still see it after its method returned.
    captured: bool,
}

#[derive(Debug, Default)]
pub struct Heap {
    objects: Vec<Object>,
    scopes: Vec<Scope>,
    trials: Vec<Trial>,
    /// Approximate bytes, for the budget.
    pub bytes: usize,
}

/// What has been overwritten since a trial began, as it was then.
#[derive(Debug, Default)]
pub struct Trial {
    first_new_object: u32,
    first_new_scope: u32,
    pub objects: BTreeMap<ObjId, Object>,
    pub slots: BTreeMap<(ScopeId, u16), Value>,
}

/// The state that one side of a branch left behind, taken out so that the other side can run.
#[derive(Debug, Default)]
pub struct Outcome {
    pub objects: BTreeMap<ObjId, Object>,
    pub slots: BTreeMap<(ScopeId, u16), Value>,
}

const OBJECT_BYTES: usize = std::mem::size_of::<Object>();

impl Heap {
    pub fn alloc(&mut self, class: ClassId, data: Data, origin: Origin) -> ObjId {
        let id = ObjId(u32::try_from(self.objects.len()).unwrap_or(u32::MAX));
        self.bytes += OBJECT_BYTES
            + match &data {
                Data::Str(s) => s.text.len(),
                Data::Array(a) => a.len() * 24,
                Data::Hash(h) => h.map.len() * 80,
                _ => 0,
            };
        self.objects.push(Object {
            data,
            class,
            origin,
            frozen: false,
            ivars: None,
        });
        id
    }

    /// How many objects there are: ids at or above this are newer than now.
    pub fn mark(&self) -> u32 {
        u32::try_from(self.objects.len()).unwrap_or(u32::MAX)
    }

    /// The number of the next scope.
    pub fn scope_mark(&self) -> u32 {
        u32::try_from(self.scopes.len()).unwrap_or(u32::MAX)
    }

    /// The number of the scope that a local lives in.
    pub fn scope_of(&self, scope: ScopeId, depth: u16) -> Option<u32> {
        self.outward(scope, depth).map(|id| id.0)
    }

    /// # Panics
    /// Never for an id that this heap gave out.
    #[expect(clippy::indexing_slicing, reason = "ids come from this heap alone")]
    pub fn get(&self, id: ObjId) -> &Object {
        &self.objects[id.0 as usize]
    }

    /// The object for writing; an open trial keeps how it was.
    ///
    /// # Panics
    /// Never for an id that this heap gave out.
    #[expect(clippy::indexing_slicing, reason = "ids come from this heap alone")]
    pub fn get_mut(&mut self, id: ObjId) -> &mut Object {
        let object = &mut self.objects[id.0 as usize];
        if let Some(trial) = self.trials.last_mut()
            && id.0 < trial.first_new_object
        {
            trial.objects.entry(id).or_insert_with(|| object.clone());
        }
        object
    }

    pub fn new_scope(&mut self, size: usize, parent: Option<ScopeId>) -> ScopeId {
        let id = ScopeId(u32::try_from(self.scopes.len()).unwrap_or(u32::MAX));
        self.bytes += 48 + size * 24;
        self.scopes.push(Scope {
            slots: vec![Value::NIL; size],
            parent,
            captured: false,
        });
        id
    }

    /// Gives a scope's place back where nothing can refer to it any more.
    pub fn drop_scope(&mut self, id: ScopeId) {
        if id.0 as usize + 1 == self.scopes.len()
            && let Some(scope) = self.scopes.last()
            && !scope.captured
        {
            self.bytes = self.bytes.saturating_sub(48 + scope.slots.len() * 24);
            self.scopes.pop();
        }
    }

    /// A closure now refers to this scope and all around it.
    pub fn capture(&mut self, id: ScopeId) {
        let mut next = Some(id);
        while let Some(scope) = next.and_then(|id| self.scopes.get_mut(id.0 as usize)) {
            if scope.captured {
                return;
            }
            scope.captured = true;
            next = scope.parent;
        }
    }

    /// How many scopes surround this one.
    pub fn levels(&self, id: ScopeId) -> u16 {
        let mut levels = 0u16;
        let mut next = self.scopes.get(id.0 as usize).and_then(|s| s.parent);
        while let Some(scope) = next {
            levels = levels.saturating_add(1);
            next = self.scopes.get(scope.0 as usize).and_then(|s| s.parent);
        }
        levels
    }

    fn outward(&self, mut id: ScopeId, depth: u16) -> Option<ScopeId> {
        for _ in 0..depth {
            id = self.scopes.get(id.0 as usize)?.parent?;
        }
        Some(id)
    }

    pub fn local(&self, scope: ScopeId, depth: u16, slot: u16) -> Value {
        self.outward(scope, depth)
            .and_then(|id| self.scopes.get(id.0 as usize))
            .and_then(|s| s.slots.get(slot as usize))
            .copied()
            .unwrap_or(Value::NIL)
    }

    pub fn set_local(&mut self, scope: ScopeId, depth: u16, slot: u16, value: Value) {
        let Some(id) = self.outward(scope, depth) else {
            return;
        };
        self.write_slot(id, slot, value);
    }

    fn write_slot(&mut self, id: ScopeId, slot: u16, value: Value) {
        let Some(place) = self
            .scopes
            .get_mut(id.0 as usize)
            .and_then(|s| s.slots.get_mut(slot as usize))
        else {
            return;
        };
        let old = std::mem::replace(place, value);
        if let Some(trial) = self.trials.last_mut()
            && id.0 < trial.first_new_scope
        {
            trial.slots.entry((id, slot)).or_insert(old);
        }
    }

    /// How many trials are open.
    pub fn depth(&self) -> usize {
        self.trials.len()
    }

    pub fn begin_trial(&mut self) {
        // Scopes of an abandoned side may be reused otherwise.
        self.trials.push(Trial {
            first_new_object: self.mark(),
            first_new_scope: u32::try_from(self.scopes.len()).unwrap_or(u32::MAX),
            ..Trial::default()
        });
    }

    /// Ends the innermost trial, puts back what it changed, and returns how it had left things.
    pub fn take_back(&mut self) -> Outcome {
        let Some(trial) = self.trials.pop() else {
            return Outcome::default();
        };
        let mut outcome = Outcome::default();
        for (id, old) in trial.objects {
            if let Some(place) = self.objects.get_mut(id.0 as usize) {
                outcome.objects.insert(id, std::mem::replace(place, old));
            }
        }
        for ((scope, slot), old) in trial.slots {
            if let Some(place) = self
                .scopes
                .get_mut(scope.0 as usize)
                .and_then(|s| s.slots.get_mut(slot as usize))
            {
                outcome
                    .slots
                    .insert((scope, slot), std::mem::replace(place, old));
            }
        }
        outcome
    }

    /// Makes an outcome the present state.
    pub fn put(&mut self, outcome: Outcome) {
        for (id, object) in outcome.objects {
            *self.get_mut(id) = object;
        }
        for ((scope, slot), value) in outcome.slots {
            self.write_slot(scope, slot, value);
        }
    }

    /// The value of a slot now.
    pub fn slot(&self, scope: ScopeId, slot: u16) -> Value {
        self.local(scope, 0, slot)
    }
}
