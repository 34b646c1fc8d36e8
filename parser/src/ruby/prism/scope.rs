//! Local variables to slots; parameters, blocks, definitions.

use std::sync::Arc;

use ruby_prism as p;

use super::{Lower, name};
use crate::name::Name;
use crate::ruby::ast::{
    Block, Body, KeywordRest, LocalRef, MultiTarget, Param, Params, Target, TargetKind,
};

/// The locals of one scope, a slot each.
pub(super) struct Scope {
    names: Vec<Name>,
    /// Blocks see the scopes around them.
    open: bool,
}

impl Scope {
    pub(super) fn closed(locals: &p::ConstantList<'_>) -> Self {
        Self {
            names: locals.iter().map(|id| name(&id)).collect(),
            open: false,
        }
    }

    fn open(locals: &p::ConstantList<'_>) -> Self {
        Self {
            names: locals.iter().map(|id| name(&id)).collect(),
            open: true,
        }
    }

    pub(super) fn names(self) -> Box<[Name]> {
        self.names.into()
    }
}

impl Lower<'_> {
    /// The slot of a local. Prism's own depth counts the same scopes; a name that it does not list
    /// (after a syntax error) gets a slot of its own.
    pub(super) fn local(&mut self, name: Name) -> LocalRef {
        let mut depth = 0u16;
        for scope in self.scopes.iter().rev() {
            if let Some(slot) = scope.names.iter().position(|n| *n == name) {
                return LocalRef {
                    depth,
                    slot: u16::try_from(slot).unwrap_or(u16::MAX),
                };
            }
            if !scope.open {
                break;
            }
            depth = depth.saturating_add(1);
        }
        LocalRef {
            depth: 0,
            slot: self.slot(name),
        }
    }

    /// The slot of a name in the innermost scope.
    fn slot(&mut self, name: Name) -> u16 {
        let Some(scope) = self.scopes.last_mut() else {
            return 0;
        };
        let at = scope
            .names
            .iter()
            .position(|n| *n == name)
            .unwrap_or_else(|| {
                scope.names.push(name);
                scope.names.len() - 1
            });
        u16::try_from(at).unwrap_or(u16::MAX)
    }

    /// Runs in a new closed scope and gives it back as a body.
    pub(super) fn closed_body(
        &mut self,
        locals: &p::ConstantList<'_>,
        params: Option<p::ParametersNode<'_>>,
        body: Option<p::Node<'_>>,
    ) -> (Params, Body) {
        self.scopes.push(Scope::closed(locals));
        let params = params
            .map(|params| self.params(&params))
            .unwrap_or_default();
        let expr = body.map(|body| self.expr(&body));
        let locals = self.scopes.pop().map(Scope::names).unwrap_or_default();
        (params, Body { locals, expr })
    }

    pub(super) fn block(
        &mut self,
        at: &p::Location<'_>,
        locals: &p::ConstantList<'_>,
        parameters: Option<p::Node<'_>>,
        body: Option<p::Node<'_>>,
    ) -> Arc<Block> {
        self.scopes.push(Scope::open(locals));
        let mut params = Params::default();
        if let Some(parameters) = parameters {
            if let Some(block) = parameters.as_block_parameters_node() {
                if let Some(list) = block.parameters() {
                    params = self.params(&list);
                }
            } else if let Some(numbered) = parameters.as_numbered_parameters_node() {
                let count = numbered.maximum();
                let slots =
                    (1..=count).map(|n| Param::Slot(self.slot(Name::new(&format!("_{n}")))));
                params.required = slots.collect();
                params.numbered = count;
            } else if parameters.as_it_parameters_node().is_some() {
                params.required = Box::new([Param::Slot(self.slot(Name::new("it")))]);
                params.numbered = 1;
            }
        }
        let expr = body.map(|body| self.expr(&body));
        let locals = self.scopes.pop().map(Scope::names).unwrap_or_default();
        let body = Body { locals, expr };
        Arc::new(Block {
            span: self.span(at),
            source: self.source.clone(),
            params,
            body,
        })
    }

    pub(super) fn params(&mut self, list: &p::ParametersNode<'_>) -> Params {
        let required = list.requireds().iter().map(|n| self.param(&n)).collect();
        let mut optional = Vec::new();
        for node in list.optionals().iter() {
            if let Some(o) = node.as_optional_parameter_node() {
                let slot = self.slot(name(&o.name()));
                optional.push((slot, self.expr(&o.value())));
            }
        }
        let mut excess_comma = false;
        let rest = list.rest().and_then(|node| {
            if node.as_implicit_rest_node().is_some() {
                excess_comma = true;
                return None;
            }
            let rest = node.as_rest_parameter_node()?;
            Some(rest.name().map(|id| self.slot(name(&id))))
        });
        let post = list.posts().iter().map(|n| self.param(&n)).collect();
        let mut keywords = Vec::new();
        for node in list.keywords().iter() {
            if let Some(k) = node.as_required_keyword_parameter_node() {
                let key = name(&k.name());
                keywords.push((key, self.slot(key), None));
            } else if let Some(k) = node.as_optional_keyword_parameter_node() {
                let key = name(&k.name());
                let slot = self.slot(key);
                keywords.push((key, slot, Some(self.expr(&k.value()))));
            }
        }
        let mut forward = false;
        let keyword_rest = match list.keyword_rest() {
            None => KeywordRest::None,
            Some(node) => {
                if let Some(rest) = node.as_keyword_rest_parameter_node() {
                    KeywordRest::Rest(rest.name().map(|id| self.slot(name(&id))))
                } else if node.as_forwarding_parameter_node().is_some() {
                    forward = true;
                    KeywordRest::None
                } else {
                    KeywordRest::Forbidden
                }
            }
        };
        let block = list.block().and_then(|node| {
            let block = node.as_block_parameter_node()?;
            Some(block.name().map(|id| self.slot(name(&id))))
        });
        Params {
            required,
            optional: optional.into(),
            rest,
            post,
            keywords: keywords.into(),
            keyword_rest,
            block,
            excess_comma,
            forward,
            numbered: 0,
        }
    }

    fn param(&mut self, node: &p::Node<'_>) -> Param {
        if let Some(r) = node.as_required_parameter_node() {
            return Param::Slot(self.slot(name(&r.name())));
        }
        match node.as_multi_target_node() {
            Some(multi) => Param::Destructure(self.param_targets(&multi)),
            None => Param::Slot(self.slot(Name::new("_"))),
        }
    }

    /// The pieces of `|(a, (b, *c))|`, all in the block's own scope.
    fn param_targets(&mut self, multi: &p::MultiTargetNode<'_>) -> MultiTarget {
        let one = |this: &mut Self, node: &p::Node<'_>| -> Target {
            let span = this.span(&node.location());
            let kind = if let Some(r) = node.as_required_parameter_node() {
                let slot = this.slot(name(&r.name()));
                TargetKind::Local(LocalRef { depth: 0, slot })
            } else if let Some(inner) = node.as_multi_target_node() {
                TargetKind::Multi(Box::new(this.param_targets(&inner)))
            } else {
                return this.target(node);
            };
            Target { span, kind }
        };
        let before = multi.lefts().iter().map(|n| one(self, &n)).collect();
        let splat = multi.rest().map(|node| {
            let inner = node.as_splat_node().and_then(|s| s.expression());
            inner.map(|n| Box::new(one(self, &n)))
        });
        let after = multi.rights().iter().map(|n| one(self, &n)).collect();
        MultiTarget {
            before,
            splat,
            after,
        }
    }
}
