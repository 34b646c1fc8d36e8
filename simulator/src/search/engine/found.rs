//! Sets of documents with the third answer.

use std::borrow::Cow;

use roaring::RoaringBitmap;

/// The documents that match for certain, and those that may.
#[derive(Clone, Debug)]
pub struct Found<'a> {
    yes: Cow<'a, RoaringBitmap>,
    /// With the certain ones; `None` where they are all.
    may: Option<RoaringBitmap>,
}

impl<'a> Found<'a> {
    /// `yes` match for certain and nothing else may.
    pub fn certain(yes: Cow<'a, RoaringBitmap>) -> Self {
        Self { yes, may: None }
    }

    pub fn nothing() -> Self {
        Self::certain(Cow::default())
    }

    /// `yes` match for certain; `unsure` may, where they are not among those.
    pub fn new(yes: Cow<'a, RoaringBitmap>, unsure: &RoaringBitmap) -> Self {
        let may = (!unsure.is_empty()).then(|| &*yes | unsure);
        Self { yes, may }
    }

    /// What matches for certain.
    pub fn yes(&self) -> &RoaringBitmap {
        &self.yes
    }

    /// What matches for certain or perhaps.
    pub fn may(&self) -> &RoaringBitmap {
        self.may.as_ref().unwrap_or(&self.yes)
    }

    pub fn and(&self, other: &Self) -> Found<'static> {
        self.with(other, |a, b| a & b)
    }

    pub fn or(&self, other: &Self) -> Found<'static> {
        self.with(other, |a, b| a | b)
    }

    fn with(
        &self,
        other: &Self,
        combine: impl Fn(&RoaringBitmap, &RoaringBitmap) -> RoaringBitmap,
    ) -> Found<'static> {
        let exact = self.may.is_none() && other.may.is_none();
        Found {
            yes: Cow::Owned(combine(&self.yes, &other.yes)),
            may: (!exact).then(|| combine(self.may(), other.may())),
        }
    }

    /// What matches this and not the other.
    pub fn without(&self, other: &Self) -> Found<'static> {
        let exact = self.may.is_none() && other.may.is_none();
        Found {
            yes: Cow::Owned(&*self.yes - other.may()),
            may: (!exact).then(|| self.may() - &*other.yes),
        }
    }

    /// What of these is in a set.
    pub fn within(&self, domain: &RoaringBitmap) -> Found<'static> {
        Found {
            yes: Cow::Owned(&*self.yes & domain),
            may: self.may.as_ref().map(|may| may & domain),
        }
    }

    /// What of a set matches for certain, and what of it perhaps.
    pub fn split(self, live: &RoaringBitmap) -> (RoaringBitmap, RoaringBitmap) {
        let maybe = match self.may {
            None => RoaringBitmap::new(),
            Some(may) => (may - &*self.yes) & live,
        };
        let yes = match self.yes {
            Cow::Owned(yes) => yes & live,
            Cow::Borrowed(yes) => yes & live,
        };
        (yes, maybe)
    }
}
