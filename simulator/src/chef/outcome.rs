//! From the machine's state to the converge's result.

use foretaste_parser::name::Name;
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;
use std::sync::Arc;

use super::attribute_view;
use super::attributes::{self, Level};
use super::json::{to_json, unknown_paths};
use super::property::ivar_of;
use super::resource::actions;
use super::run::run;
use crate::convergence::{Convergence, Resource, SavedNode, Undetermined};
use crate::ruby::Interp;
use crate::ruby::value::Value;

/// Takes the result out of the machine.
pub fn collect(interp: &mut Interp, node: &SavedNode, mut out: Convergence) -> Convergence {
    run(interp).collections.truncate(1);
    super::notification::settle(interp);
    let list = run(interp)
        .collections
        .first()
        .map(|c| c.list.clone())
        .unwrap_or_default();
    out.resources = list
        .iter()
        .map(|r| Arc::new(resource(interp, *r, 0)))
        .collect();
    let branched: Vec<u32> = interp.origins.tags(interp.branched_on).collect();
    if !run(interp).searches.is_empty() {
        let written = run(interp).written_from;
        out.kept_from = attributes::searches_behind(interp, &[Level::Normal]);
        out.saved_from = attributes::tagged(interp, written);
        out.saved_from
            .extend(attributes::searches_behind(interp, &Level::ALL));
    }
    let cut_short = interp.origins.taken_together(interp.cut_short);
    out.cut_short = cut_short.map(|t| t as usize).collect();
    let counted = interp.origins.taken_together(interp.counted_on);
    out.counted_on = counted.map(|t| t as usize).collect();
    let together = interp.origins.taken_together(interp.treated_together);
    out.together = together.map(|t| t as usize).collect();
    let state = run(interp);
    out.dependent = std::mem::take(&mut state.dependent);
    out.searches = std::mem::take(&mut state.searches);
    out.files = std::mem::take(&mut state.files);
    out.failure = state.failure.take();
    out.inputs = std::mem::take(&mut state.inputs);
    out.reads = std::mem::take(&mut state.reads);
    out.secrets = std::mem::take(&mut state.secrets);
    let extra = std::mem::take(&mut state.extra_undetermined);
    for tag in branched {
        if let Some(search) = out.searches.get_mut(tag as usize) {
            search.guarded = true;
        }
    }
    let mut undetermined: Vec<Undetermined> = interp.unknowns.undetermined().chain(extra).collect();
    undetermined.sort();
    undetermined.dedup();
    out.undetermined = undetermined;
    let state = Some(Arc::new(saved(interp, node)));
    match out.failure {
        None => out.saved = state,
        Some(_) => out.unsaved = state,
    }
    out
}

/// The node object at the end of the run.
fn saved(interp: &mut Interp, node: &SavedNode) -> SavedNode {
    use Level as L;
    let mut default = attribute_view::combined(
        interp,
        &[L::Default, L::EnvDefault, L::RoleDefault, L::ForceDefault],
    );
    let mut overrides = attribute_view::combined(
        interp,
        &[
            L::Override,
            L::RoleOverride,
            L::EnvOverride,
            L::ForceOverride,
        ],
    );
    let mut normal = attribute_view::combined(interp, &[L::Normal]);
    let mut automatic = attribute_view::combined(interp, &[L::Automatic]);
    // What was unknown because the node had never converged is known now.
    let mut unknown: Vec<Vec<String>> = node
        .unknown
        .iter()
        .filter(|p| p.as_slice() != ["*"])
        .cloned()
        .collect();
    for map in [&mut default, &mut overrides, &mut normal, &mut automatic] {
        unknown.extend(unknown_paths(map));
    }
    unknown.sort();
    unknown.dedup();
    SavedNode {
        name: node.name.clone(),
        chef_environment: run(interp).environment.clone(),
        run_list: run(interp).run_list.clone(),
        policy_name: node.policy_name.clone(),
        policy_group: node.policy_group.clone(),
        default: default.into(),
        normal: normal.into(),
        r#override: overrides.into(),
        automatic: automatic.into(),
        unknown,
        synthetic: node.synthetic,
        location: node.location.clone(),
    }
}

fn resource(interp: &mut Interp, this: Value, depth: usize) -> Resource {
    let action = actions(interp, this);
    let name = interp.ivar(this, Name::new("@name")).unwrap_or(Value::NIL);
    let name = interp.to_text(name).unwrap_or_default();
    let name = interp.show_holes(&name);
    let Some(meta) = this
        .obj()
        .and_then(|id| run(interp).metas.get(&id))
        .cloned()
    else {
        return Resource {
            r#type: String::new(),
            name,
            action,
            properties: BTreeMap::new(),
            notifies: Vec::new(),
            conditional: None,
            location: foretaste_parser::source::Location::line("", 1),
            children: Vec::new(),
        };
    };
    let mut properties = BTreeMap::new();
    let sensitive = interp
        .ivar(this, Name::new("@sensitive"))
        .is_some_and(|v| v.truthy() == Some(true));
    for property in &meta.set {
        let value = match meta.evaluated.get(property) {
            Some(value) => *value,
            None => interp.ivar(this, ivar_of(*property)).unwrap_or(Value::NIL),
        };
        let json = if sensitive
            && matches!(
                property.as_str(),
                "content" | "variables" | "command" | "code" | "password"
            ) {
            Json::from("‹sensitive›")
        } else {
            shown(interp, value)
        };
        properties.insert(property.as_str().to_owned(), json);
    }
    let children = if depth < 40 {
        meta.children
            .iter()
            .map(|c| Arc::new(resource(interp, *c, depth + 1)))
            .collect()
    } else {
        Vec::new()
    };
    Resource {
        r#type: meta.r#type,
        name,
        action,
        properties,
        notifies: meta.notifies,
        conditional: meta.conditional,
        location: meta.location,
        children,
    }
}

/// A property's value for people and machines: unknown parts as `‹reason›`.
fn shown(interp: &mut Interp, value: Value) -> Json {
    let json = to_json(interp, value);
    replace(json)
}

fn replace(json: Json) -> Json {
    match json {
        Json::String(text) if text == super::json::UNKNOWN => Json::from("‹unknown›"),
        Json::Array(items) => Json::Array(items.into_iter().map(replace).collect()),
        Json::Object(map) => Json::Object(
            map.into_iter()
                .map(|(k, v)| (k, replace(v)))
                .collect::<Map<_, _>>(),
        ),
        other => other,
    }
}
