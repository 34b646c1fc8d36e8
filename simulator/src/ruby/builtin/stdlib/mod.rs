//! Ruby's standard library, as far as it computes: what asks the machine outside is unknown.

use super::super::Interp;

pub mod clock;
pub mod digest;
mod file;
mod gem;
pub mod io;
mod json;
mod yaml;

pub(super) fn install(interp: &mut Interp) {
    file::install(interp);
    gem::install(interp);
    io::install(interp);
    json::install(interp);
    yaml::install(interp);
}
