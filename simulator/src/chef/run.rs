//! The state of one node's simulated run, kept in the machine's host place.

use crate::hash::{HashMap, IndexMap};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use foretaste_parser::name::Name;
use foretaste_parser::ruby::ast::Program;
use foretaste_parser::source::Location;
use indexmap::IndexSet;
use serde_json::Value as Json;

use super::attributes::Attributes;
use super::order::Chosen;
use crate::convergence::{Evidence, Failure, Reads, RenderedFile, SavedNode, Search, Undetermined};
use crate::repository::Repository;
use crate::ruby::Interp;
use crate::ruby::class::ClassId;
use crate::ruby::value::{ObjId, Value};
use crate::simulation::IndexView;

/// What the run knows and has done so far. References live as long as the converge.
pub struct Run {
    pub repository: Arc<Repository>,
    pub index: View,
    pub node: Arc<SavedNode>,
    pub options: super::Options,
    pub environment: String,
    /// The node's run list as the run has it.
    pub run_list: Vec<String>,
    /// Cookbooks that a policy locks and that the repository does not hold.
    pub elsewhere: Vec<String>,
    pub attributes: Attributes,
    pub classes: Classes,
    /// The `node` object of recipes.
    pub node_value: Value,
    pub run_state: Value,
    /// Cookbooks of this run, by name, in the order of their loading.
    pub cookbooks: IndexMap<String, Chosen>,
    pub roles: Vec<String>,
    /// Recipes of the expanded run list, as `cookbook::recipe`.
    pub recipes: Vec<String>,
    /// Recipes that were run or are being run.
    pub loaded_recipes: IndexSet<String>,
    pub loaded_attributes: BTreeSet<String>,
    /// Files that `require` has run: libraries among them.
    pub required: BTreeSet<String>,
    /// Where declared resources go: the node's collection, or a custom resource's own.
    pub collections: Vec<super::collection::Collection>,
    /// Classes of built-in resources.
    pub core_types: BTreeMap<ClassId, &'static super::resource_table::ResourceType>,
    /// What `delayed_action` asked for, to be run at the end.
    pub delayed: Vec<(Value, String)>,
    /// Actions that only a notification would run.
    pub notified: Vec<super::notification::Notified>,
    /// Custom resources by the names that they provide.
    pub custom: BTreeMap<String, ClassId>,
    /// Who offers to be a resource of a name on which nodes, the first choice first.
    pub offers: BTreeMap<String, Vec<super::provides::Offer>>,
    /// `define :name do … end`
    pub definitions: BTreeMap<String, Definition>,
    pub searches: Vec<Search>,
    /// See [`crate::convergence::Convergence::dependent`].
    pub dependent: std::collections::BTreeSet<usize>,
    /// What attribute writes and removals came from since the first search.
    pub written_from: crate::ruby::value::Origin,
    pub files: BTreeMap<String, RenderedFile>,
    pub failure: Option<Failure>,
    pub inputs: BTreeSet<Arc<str>>,
    /// Attribute values of other nodes and items, converted once.
    pub documents: BTreeMap<(String, String), Value>,
    /// What the run read of other nodes, by their names.
    pub reads: BTreeMap<String, Reads>,
    /// Encrypted values that were decrypted.
    pub secrets: Vec<Json>,
    /// Gems and files that were required and that nothing models.
    pub unmodelled: IndexSet<String>,
    pub metas: super::resource::Metas,
    pub customs: BTreeMap<ClassId, Rc<super::custom::Custom>>,
    /// Action classes that have the methods of their resource.
    pub forwarding: BTreeSet<ClassId>,
    /// The names that files in `resources/` give their classes.
    pub own_names: BTreeMap<ClassId, String>,
    /// How messages name a custom resource's class.
    pub custom_labels: BTreeMap<ClassId, String>,
    /// The resource that speaks a property's own message, by the class that declares the property and its name.
    pub speakers: HashMap<(ClassId, Name), ObjId>,
    /// Templates being rendered, for partials that include themselves.
    pub template_depth: u32,
    /// Where in a template the last failure was.
    pub template_place: Option<Location>,
    pub extra_undetermined: Vec<Undetermined>,
}

/// The search index of the run, without its lifetime: the machine's host must be `'static`.
#[derive(Clone)]
pub enum View {
    Now(crate::search::SearchIndex),
    Between(crate::search::Timeline),
    Supposing(crate::search::SearchIndex, crate::simulation::Supposition),
}

impl View {
    pub fn of(view: IndexView<'_>) -> Self {
        match view {
            IndexView::Now(index) => Self::Now(index.clone()),
            IndexView::Between(timeline) => Self::Between(timeline.clone()),
            IndexView::Supposing(index, supposition) => {
                Self::Supposing(index.clone(), supposition.clone())
            }
        }
    }

    pub fn view(&self) -> IndexView<'_> {
        match self {
            Self::Now(index) => IndexView::Now(index),
            Self::Between(timeline) => IndexView::Between(timeline),
            Self::Supposing(index, supposition) => IndexView::Supposing(index, supposition),
        }
    }
}

#[derive(Clone)]
pub struct Definition {
    pub block: Value,
    pub params: Vec<(String, Value)>,
}

/// Classes that Chef adds.
#[derive(Clone, Copy)]
pub struct Classes {
    pub node: ClassId,
    pub recipe: ClassId,
    pub resource: ClassId,
    pub provider: ClassId,
    pub action_class: ClassId,
    pub lwrp_provider: ClassId,
    pub lazy: ClassId,
    pub definition: ClassId,
    pub template_context: ClassId,
    pub dsl: ClassId,
    pub item: ClassId,
}

/// The run's state.
pub fn run(interp: &mut Interp) -> &mut Run {
    interp.host_mut::<Run>()
}

impl Run {
    /// Notes a file that the result depends on, whether it exists or not.
    pub fn looked_at(&mut self, path: &str) {
        if !self.inputs.contains(path) {
            self.inputs.insert(path.into());
        }
    }

    /// The document of another object, or `None` where the server would say 404.
    pub fn document(&self, index: &str, name: &str) -> Option<Arc<Json>> {
        self.index.view().document(index, name).map(|d| d.json())
    }
}

/// A Ruby file's tree, noting that it was read.
pub fn program(interp: &mut Interp, path: &str) -> Option<Arc<Program>> {
    let run = run(interp);
    run.looked_at(path);
    run.repository.ruby(path)
}

/// The steps of an evidence chain that an origin stands for.
pub fn evidence(interp: &Interp, origin: crate::ruby::value::Origin) -> Vec<Evidence> {
    interp
        .origins
        .sources(origin)
        .filter_map(|s| {
            Some(Evidence {
                message: s.message.clone(),
                location: s.location.clone()?,
            })
        })
        .collect()
}

/// A place in a file of the repository, by line.
pub fn line_of(path: &str, line: u32) -> Location {
    Location::line(path, line)
}
