//! Ruby's standard library, as far as it computes: what asks the machine outside is unknown.

use super::super::Interp;

pub mod clock;
pub mod digest;
mod dir;
mod file;
mod gem;
pub mod io;
pub mod json;
mod marshal;
pub mod yaml;
mod yaml_read;

pub(super) fn install(interp: &mut Interp) {
    file::install(interp);
    dir::install(interp);
    gem::install(interp);
    io::install(interp);
    marshal::install(interp);
}
