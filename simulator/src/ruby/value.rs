//! Values: small, copied freely, each with the origin that tells where it came from.

use foretaste_parser::name::Name;

/// What a Ruby expression gives: a kind and the sources that it was derived from.
#[derive(Clone, Copy, Debug)]
pub struct Value {
    pub kind: Kind,
    pub origin: Origin,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    Nil,
    Bool(bool),
    Int(i64),
    Float(f64),
    Sym(Name),
    /// Everything with identity lives in the heap.
    Obj(ObjId),
    /// A value that the simulation cannot know, with its reason.
    Unknown(UnknownId),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjId(pub u32);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UnknownId(pub u32);

/// A set of sources, by its number in [`super::origin::Origins`]; zero is "written here".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Origin(pub u32);

impl Origin {
    pub const HERE: Origin = Origin(0);
}

impl From<Kind> for Value {
    fn from(kind: Kind) -> Self {
        Self {
            kind,
            origin: Origin::HERE,
        }
    }
}

impl From<bool> for Value {
    fn from(b: bool) -> Self {
        Kind::Bool(b).into()
    }
}

impl From<i64> for Value {
    fn from(n: i64) -> Self {
        Kind::Int(n).into()
    }
}

impl From<f64> for Value {
    fn from(n: f64) -> Self {
        Kind::Float(n).into()
    }
}

impl From<Name> for Value {
    fn from(name: Name) -> Self {
        Kind::Sym(name).into()
    }
}

impl From<ObjId> for Value {
    fn from(id: ObjId) -> Self {
        Kind::Obj(id).into()
    }
}

impl From<UnknownId> for Value {
    fn from(id: UnknownId) -> Self {
        Kind::Unknown(id).into()
    }
}

impl Value {
    pub const NIL: Value = Value {
        kind: Kind::Nil,
        origin: Origin::HERE,
    };
    pub const TRUE: Value = Value {
        kind: Kind::Bool(true),
        origin: Origin::HERE,
    };
    pub const FALSE: Value = Value {
        kind: Kind::Bool(false),
        origin: Origin::HERE,
    };

    #[must_use]
    pub fn sym(text: &str) -> Value {
        Name::new(text).into()
    }

    /// An integer from a length or count.
    #[must_use]
    pub fn count(n: usize) -> Value {
        Kind::Int(i64::try_from(n).unwrap_or(i64::MAX)).into()
    }

    #[must_use]
    pub fn with_origin(self, origin: Origin) -> Value {
        Value { origin, ..self }
    }

    #[must_use]
    pub fn is_nil(self) -> bool {
        self.kind == Kind::Nil
    }

    /// `None` where the value is unknown.
    #[must_use]
    pub fn truthy(self) -> Option<bool> {
        match self.kind {
            Kind::Nil | Kind::Bool(false) => Some(false),
            Kind::Unknown(_) => None,
            _ => Some(true),
        }
    }

    #[must_use]
    pub fn obj(self) -> Option<ObjId> {
        match self.kind {
            Kind::Obj(id) => Some(id),
            _ => None,
        }
    }

    #[must_use]
    pub fn unknown(self) -> Option<UnknownId> {
        match self.kind {
            Kind::Unknown(id) => Some(id),
            _ => None,
        }
    }
}
