//! Local variables to slots; parameters, blocks, definitions.

use crate::hash::HashMap;
use std::sync::Arc;

use ruby_prism as p;

use super::{Lower, name};
use crate::name::Name;
use crate::ruby::ast::{
    Block, Body, Expr, ExprKind, KeywordRest, LocalRef, MultiTarget, Param, Params, Target,
    TargetKind,
};
use crate::source::Span;

/// What the anonymous parameters are kept under; no variable can have such a name.
pub(super) const REST: &str = "*";
pub(super) const KEYWORD_REST: &str = "**";
pub(super) const BLOCK: &str = "&";

/// The locals of one scope, a slot each.
pub(super) struct Scope {
    names: Vec<Name>,
    index: HashMap<Name, usize>,
    /// Blocks see the scopes around them.
    open: bool,
}

impl Scope {
    pub(super) fn closed(locals: &p::ConstantList<'_>) -> Self {
        Self::new(locals, false)
    }

    /// A scope around text that is evaluated, or that text's own.
    pub(super) fn around(names: &[Name]) -> Self {
        let mut scope = Self {
            names: Vec::with_capacity(names.len()),
            index: HashMap::default(),
            open: true,
        };
        for name in names {
            scope.add(*name);
        }
        scope
    }

    pub(super) fn new(locals: &p::ConstantList<'_>, open: bool) -> Self {
        let mut scope = Self {
            names: Vec::with_capacity(locals.len()),
            index: HashMap::default(),
            open,
        };
        for id in locals {
            scope.add(name(&id));
        }
        scope
    }

    /// Gives a name a slot; the first one is the one that is found by the name.
    fn add(&mut self, name: Name) -> usize {
        let slot = self.names.len();
        self.names.push(name);
        self.index.entry(name).or_insert(slot);
        slot
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
            if let Some(slot) = scope.index.get(&name) {
                return LocalRef {
                    depth,
                    slot: u16::try_from(*slot).unwrap_or(u16::MAX),
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
        let at = match scope.index.get(&name) {
            Some(at) => *at,
            None => scope.add(name),
        };
        u16::try_from(at).unwrap_or(u16::MAX)
    }

    /// The slot of a parameter; a repeated `_` gets another one, so that the first keeps its value.
    fn param_slot(&mut self, name: Name, repeated: bool) -> u16 {
        match self.scopes.last_mut() {
            Some(scope) if repeated => u16::try_from(scope.add(name)).unwrap_or(u16::MAX),
            _ => self.slot(name),
        }
    }

    /// Reads what an anonymous parameter of the method around holds.
    pub(super) fn anonymous(&mut self, parameter: &str, span: Span) -> Expr {
        Expr {
            span,
            kind: ExprKind::Local(self.local(Name::new(parameter))),
        }
    }

    /// The names of the scopes that are seen from here, the outermost first.
    pub(super) fn visible_scopes(&self) -> Arc<[Box<[Name]>]> {
        let mut seen: Vec<Box<[Name]>> = Vec::new();
        for scope in self.scopes.iter().rev() {
            seen.push(scope.names.clone().into());
            if !scope.open {
                break;
            }
        }
        seen.reverse();
        seen.into()
    }

    /// Leaves the innermost scope; answers its names in the order of their slots.
    pub(super) fn leave_scope(&mut self) -> Box<[Name]> {
        self.scopes.pop().map(Scope::names).unwrap_or_default()
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
        let locals = self.leave_scope();
        (params, Body { locals, expr })
    }

    pub(super) fn block(
        &mut self,
        at: &p::Location<'_>,
        locals: &p::ConstantList<'_>,
        parameters: Option<p::Node<'_>>,
        body: Option<p::Node<'_>>,
    ) -> Arc<Block> {
        self.scopes.push(Scope::new(locals, true));
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
        let locals = self.leave_scope();
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
        let mut rest = list.rest().and_then(|node| {
            if node.as_implicit_rest_node().is_some() {
                excess_comma = true;
                return None;
            }
            let rest = node.as_rest_parameter_node()?;
            Some(Some(self.named_or(rest.name(), REST)))
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
        let mut block = list.block().and_then(|node| {
            let block = node.as_block_parameter_node()?;
            Some(Some(self.named_or(block.name(), BLOCK)))
        });
        let keyword_rest = match list.keyword_rest() {
            None => KeywordRest::None,
            Some(node) => {
                if let Some(rest) = node.as_keyword_rest_parameter_node() {
                    KeywordRest::Rest(Some(self.named_or(rest.name(), KEYWORD_REST)))
                } else if node.as_forwarding_parameter_node().is_some() {
                    // `...` is `*, **, &`.
                    rest = Some(Some(self.slot(Name::new(REST))));
                    block = Some(Some(self.slot(Name::new(BLOCK))));
                    KeywordRest::Rest(Some(self.slot(Name::new(KEYWORD_REST))))
                } else {
                    KeywordRest::Forbidden
                }
            }
        };
        Params {
            required,
            optional: optional.into(),
            rest,
            post,
            keywords: keywords.into(),
            keyword_rest,
            block,
            excess_comma,
            forward: false,
            numbered: 0,
        }
    }

    fn named_or(&mut self, id: Option<p::ConstantId<'_>>, anonymous: &str) -> u16 {
        self.slot(id.map_or_else(|| Name::new(anonymous), |id| name(&id)))
    }

    fn param(&mut self, node: &p::Node<'_>) -> Param {
        if let Some(r) = node.as_required_parameter_node() {
            return Param::Slot(self.param_slot(name(&r.name()), r.is_repeated_parameter()));
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
                let slot = this.param_slot(name(&r.name()), r.is_repeated_parameter());
                TargetKind::Local(LocalRef { depth: 0, slot })
            } else if let Some(inner) = node.as_multi_target_node() {
                let targets = this.nested(node, |this| Some(this.param_targets(&inner)));
                match targets {
                    Some(targets) => TargetKind::Multi(Box::new(targets)),
                    None => return this.target(node),
                }
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
