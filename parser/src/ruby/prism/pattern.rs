//! Patterns of `case … in`.

use ruby_prism as p;
use ruby_prism::Node as N;

use super::{Lower, name};
use crate::name::Name;
use crate::ruby::ast::{Expr, HashRest, LocalRef, Pattern};

impl Lower<'_> {
    pub(super) fn pattern(&mut self, node: &N<'_>) -> Pattern {
        let pattern = self.nested(node, |this| Some(this.pattern_within(node)));
        pattern.unwrap_or_else(|| Pattern::Value(super::missing()))
    }

    fn pattern_within(&mut self, node: &N<'_>) -> Pattern {
        if let Some(n) = node.as_local_variable_target_node() {
            return Pattern::Bind(self.local(name(&n.name())));
        }
        if let Some(n) = node.as_pinned_variable_node() {
            return Pattern::Pin(self.expr(&n.variable()));
        }
        if let Some(n) = node.as_pinned_expression_node() {
            return Pattern::Pin(self.expr(&n.expression()));
        }
        if let Some(n) = node.as_capture_pattern_node() {
            let inner = self.pattern(&n.value());
            let at = self.local(name(&n.target().name()));
            return Pattern::Capture(Box::new(inner), at);
        }
        if let Some(n) = node.as_alternation_pattern_node() {
            let list = [self.pattern(&n.left()), self.pattern(&n.right())];
            return Pattern::Alternatives(Box::new(list));
        }
        if let Some(n) = node.as_parentheses_node()
            && let Some(body) = n.body()
            && let Some(statements) = body.as_statements_node()
            && let Some(first) = statements.body().first()
        {
            return self.pattern(&first);
        }
        if let Some(n) = node.as_array_pattern_node() {
            return Pattern::Array {
                constant: self.constant(n.constant()),
                before: self.patterns(&n.requireds()),
                rest: n.rest().map(|rest| self.rest(&rest)),
                after: self.patterns(&n.posts()),
            };
        }
        if let Some(n) = node.as_find_pattern_node() {
            let left = n.left().expression().and_then(|e| self.bound(&e));
            let right = n.right().expression().and_then(|e| self.bound(&e));
            let middle = self.patterns(&n.requireds());
            return Pattern::Find {
                constant: self.constant(n.constant()),
                left,
                middle,
                right,
            };
        }
        if let Some(n) = node.as_hash_pattern_node() {
            return self.hash_pattern(&n);
        }
        Pattern::Value(self.expr(node))
    }

    fn patterns(&mut self, list: &p::NodeList<'_>) -> Box<[Pattern]> {
        list.iter().map(|n| self.pattern(&n)).collect()
    }

    fn constant(&mut self, node: Option<N<'_>>) -> Option<Box<Expr>> {
        node.map(|n| Box::new(self.expr(&n)))
    }

    /// The local that a splat binds.
    fn rest(&mut self, node: &N<'_>) -> Option<LocalRef> {
        let inner = node.as_splat_node()?.expression()?;
        self.bound(&inner)
    }

    fn bound(&mut self, node: &N<'_>) -> Option<LocalRef> {
        let target = node.as_local_variable_target_node()?;
        Some(self.local(name(&target.name())))
    }

    fn hash_pattern(&mut self, n: &p::HashPatternNode<'_>) -> Pattern {
        let mut pairs = Vec::new();
        for element in n.elements().iter() {
            let Some(assoc) = element.as_assoc_node() else {
                continue;
            };
            let Some(key) = assoc.key().as_symbol_node() else {
                continue;
            };
            let key = Name::new(&super::text(key.unescaped()));
            let value = assoc.value();
            if value.as_implicit_node().is_some() {
                let at = self.local(key);
                pairs.push((key, None, Some(at)));
            } else {
                pairs.push((key, Some(self.pattern(&value)), None));
            }
        }
        let rest = match n.rest() {
            None => HashRest::Open,
            Some(rest) if rest.as_no_keywords_parameter_node().is_some() => HashRest::Closed,
            Some(rest) => match rest.as_assoc_splat_node().and_then(|s| s.value()) {
                Some(value) => self.bound(&value).map_or(HashRest::Open, HashRest::Bind),
                None => HashRest::Open,
            },
        };
        Pattern::Hash {
            constant: self.constant(n.constant()),
            pairs: pairs.into(),
            rest,
        }
    }

    /// A pattern with the guard that prism wraps around it.
    pub(super) fn guarded(&mut self, node: &N<'_>) -> (Pattern, Option<Expr>, bool) {
        if let Some(n) = node.as_if_node()
            && let Some(inner) = n.statements().and_then(|s| s.body().first())
        {
            let pattern = self.pattern(&inner);
            return (pattern, Some(self.expr(&n.predicate())), false);
        }
        if let Some(n) = node.as_unless_node()
            && let Some(inner) = n.statements().and_then(|s| s.body().first())
        {
            let pattern = self.pattern(&inner);
            return (pattern, Some(self.expr(&n.predicate())), true);
        }
        (self.pattern(node), None, false)
    }
}
