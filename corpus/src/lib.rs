//! Incidents as data, with their loader.
//!
//! An incident is a folder:
//!
//! ```text
//! <slug>/incident.toml     what happened, where it was told, what must be found
//!        before/           a small chef-repo, whole
//!        after/            the change: files added or replaced over before/
//!        inventory/        node objects as `knife node show -F json -l` prints them
//!        twins/<name>/     a harmless change: files added or replaced over before/
//! ```
//!
//! Files that a change deletes are listed in `incident.toml`, because an overlay cannot show absence.
//! An incident without `inventory/` keeps its node objects in `nodes/` of the tree, as some
//! repositories do; its change may then edit run lists too.
//!
//! Incidents may share one repository: `base = "<slug>"` takes `before/` and `inventory/` from another.
//!
//! A twin is the same repository under a change that looks alike and does no harm. It is loaded as an
//! incident of its own, named `<slug>/<name>`, about which nothing may be found: an alarm that cannot
//! stay silent says nothing when it rings. A twin may come after another one (`after = "<name>"`): the second of two
//! steps.
//!
//! Nothing here reads a file: the caller passes contents, and our own incidents are embedded when the
//! crate is built.

// Nothing that comes from input may panic; the few exceptions say why they cannot.
#![cfg_attr(
    not(test),
    deny(
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::string_slice,
        clippy::unreachable,
        clippy::unwrap_used
    )
)]

mod error;
mod expect;
mod incident;
mod load;

pub use error::LoadError;
pub use expect::{Expect, Found, Place};
pub use incident::{Incident, Story, Tree};
pub use load::from_files;

/// Every file below `incidents/`, by its path there.
static EMBEDDED: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/incidents.rs"));

/// The slug of the incident that a demonstration should judge.
pub const DEMO: &str = "search-empties-the-balancer";

/// The embedded incidents, each followed by its twins, in the order of their slugs.
///
/// # Errors
/// Says which incident is not well formed. Ours are: a test loads them all.
pub fn incidents() -> Result<Vec<Incident>, LoadError> {
    from_files(
        EMBEDDED
            .iter()
            .map(|(path, bytes)| ((*path).to_owned(), bytes.to_vec()))
            .collect(),
    )
}
