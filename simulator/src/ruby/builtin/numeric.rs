//! Native methods.

use super::super::Interp;

pub(super) fn install(_interp: &mut Interp) {}
