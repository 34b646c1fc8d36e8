//! Assignment targets and operator assignments.

use ruby_prism as p;
use ruby_prism::Node as N;

use super::{Lower, name};
use crate::name::Name;
use crate::ruby::ast::{Args, AssignOp, Expr, ExprKind as E, MultiTarget, Target, TargetKind as T};

impl Lower<'_> {
    /// A target inside a multiple assignment, a `rescue`, a `for`.
    pub(super) fn target(&mut self, node: &N<'_>) -> Target {
        let span = self.span(&node.location());
        Target {
            span,
            kind: self
                .nested(node, |this| Some(this.target_kind(node)))
                .unwrap_or_else(recovered),
        }
    }

    fn target_kind(&mut self, node: &N<'_>) -> T {
        if let Some(n) = node.as_local_variable_target_node() {
            return T::Local(self.local(name(&n.name())));
        }
        if let Some(n) = node.as_instance_variable_target_node() {
            return T::IVar(name(&n.name()));
        }
        if let Some(n) = node.as_global_variable_target_node() {
            return T::GVar(name(&n.name()));
        }
        if let Some(n) = node.as_class_variable_target_node() {
            return T::CVar(name(&n.name()));
        }
        if let Some(n) = node.as_constant_target_node() {
            return T::Const(name(&n.name()));
        }
        if let Some(n) = node.as_constant_path_target_node() {
            let last = n.name().map_or(Name::new(""), |id| name(&id));
            return match n.parent() {
                Some(parent) => T::ScopedConst(self.expr(&parent), last),
                None => self.root_const(node, last),
            };
        }
        if let Some(n) = node.as_call_target_node() {
            let recv = self.expr(&n.receiver());
            return T::Attr {
                recv,
                name: plain(name(&n.name())),
                safe: n.is_safe_navigation(),
            };
        }
        if let Some(n) = node.as_index_target_node() {
            let recv = self.expr(&n.receiver());
            let args = self.args(n.arguments().as_ref(), None);
            return T::Index { recv, args };
        }
        if let Some(n) = node.as_multi_target_node() {
            return T::Multi(Box::new(self.multi(&n.lefts(), n.rest(), &n.rights())));
        }
        recovered()
    }

    /// `::Name = …` writes to Object.
    fn root_const(&self, node: &N<'_>, last: Name) -> T {
        let kind = E::RootConst(Name::new("Object"));
        T::ScopedConst(self.expr_at(&node.location(), kind), last)
    }

    pub(super) fn multi(
        &mut self,
        lefts: &p::NodeList<'_>,
        rest: Option<N<'_>>,
        rights: &p::NodeList<'_>,
    ) -> MultiTarget {
        let before = lefts.iter().map(|n| self.target(&n)).collect();
        let splat = rest.map(|node| {
            let inner = node.as_splat_node().and_then(|s| s.expression());
            inner.map(|n| Box::new(self.target(&n)))
        });
        let after = rights.iter().map(|n| self.target(&n)).collect();
        MultiTarget {
            before,
            splat,
            after,
        }
    }

    fn write(&mut self, node: &N<'_>, kind: T, value: &N<'_>) -> E {
        let span = self.span(&node.location());
        E::Assign(Box::new(Target { span, kind }), Box::new(self.expr(value)))
    }

    fn op_write(&mut self, node: &N<'_>, kind: T, op: AssignOp, value: &N<'_>) -> E {
        let span = self.span(&node.location());
        E::OpAssign(
            Box::new(Target { span, kind }),
            op,
            Box::new(self.expr(value)),
        )
    }

    /// `None` where the node is no assignment.
    pub(super) fn assignment(&mut self, node: &N<'_>) -> Option<E> {
        macro_rules! writes {
            ($($plain:ident $and:ident $or:ident $op:ident => $make:expr;)*) => {$(
                #[allow(clippy::redundant_closure_call)]
                if let Some(n) = node.$plain() {
                    let kind = ($make)(self, name(&n.name()));
                    return Some(self.write(node, kind, &n.value()));
                }
                #[allow(clippy::redundant_closure_call)]
                if let Some(n) = node.$and() {
                    let kind = ($make)(self, name(&n.name()));
                    return Some(self.op_write(node, kind, AssignOp::And, &n.value()));
                }
                #[allow(clippy::redundant_closure_call)]
                if let Some(n) = node.$or() {
                    let kind = ($make)(self, name(&n.name()));
                    return Some(self.op_write(node, kind, AssignOp::Or, &n.value()));
                }
                #[allow(clippy::redundant_closure_call)]
                if let Some(n) = node.$op() {
                    let kind = ($make)(self, name(&n.name()));
                    let op = AssignOp::Op(name(&n.binary_operator()));
                    return Some(self.op_write(node, kind, op, &n.value()));
                }
            )*};
        }
        writes! {
            as_local_variable_write_node as_local_variable_and_write_node as_local_variable_or_write_node
                as_local_variable_operator_write_node => |this: &mut Self, n| T::Local(this.local(n));
            as_instance_variable_write_node as_instance_variable_and_write_node
                as_instance_variable_or_write_node as_instance_variable_operator_write_node
                => |_: &mut Self, n| T::IVar(n);
            as_global_variable_write_node as_global_variable_and_write_node as_global_variable_or_write_node
                as_global_variable_operator_write_node => |_: &mut Self, n| T::GVar(n);
            as_class_variable_write_node as_class_variable_and_write_node as_class_variable_or_write_node
                as_class_variable_operator_write_node => |_: &mut Self, n| T::CVar(n);
            as_constant_write_node as_constant_and_write_node as_constant_or_write_node
                as_constant_operator_write_node => |_: &mut Self, n| T::Const(n);
        }
        self.call_assignment(node)
            .or_else(|| self.path_assignment(node))
    }

    fn call_assignment(&mut self, node: &N<'_>) -> Option<E> {
        macro_rules! calls {
            ($($attr:ident $index:ident => $op:expr;)*) => {$(
                #[allow(clippy::redundant_closure_call)]
                if let Some(n) = node.$attr() {
                    let recv = self.recv(node, n.receiver());
                    let kind = T::Attr { recv, name: name(&n.read_name()), safe: n.is_safe_navigation() };
                    let op = ($op)(n.as_node());
                    return Some(self.op_write(node, kind, op, &n.value()));
                }
                #[allow(clippy::redundant_closure_call)]
                if let Some(n) = node.$index() {
                    let recv = self.recv(node, n.receiver());
                    let args: Args = self.args(n.arguments().as_ref(), None);
                    let op = ($op)(n.as_node());
                    return Some(self.op_write(node, T::Index { recv, args }, op, &n.value()));
                }
            )*};
        }
        calls! {
            as_call_and_write_node as_index_and_write_node => |_: N<'_>| AssignOp::And;
            as_call_or_write_node as_index_or_write_node => |_: N<'_>| AssignOp::Or;
            as_call_operator_write_node as_index_operator_write_node => operator;
        }
        None
    }

    fn recv(&mut self, node: &N<'_>, recv: Option<N<'_>>) -> Expr {
        match recv {
            Some(recv) => self.expr(&recv),
            None => Expr {
                span: self.span(&node.location()),
                kind: E::SelfRef,
            },
        }
    }

    fn path_assignment(&mut self, node: &N<'_>) -> Option<E> {
        if let Some(n) = node.as_multi_write_node() {
            let targets = self.multi(&n.lefts(), n.rest(), &n.rights());
            return Some(E::MultiAssign(
                Box::new(targets),
                Box::new(self.expr(&n.value())),
            ));
        }
        let (path, op, value) = if let Some(n) = node.as_constant_path_write_node() {
            (n.target(), None, n.value())
        } else if let Some(n) = node.as_constant_path_or_write_node() {
            (n.target(), Some(AssignOp::Or), n.value())
        } else if let Some(n) = node.as_constant_path_and_write_node() {
            (n.target(), Some(AssignOp::And), n.value())
        } else if let Some(n) = node.as_constant_path_operator_write_node() {
            (
                n.target(),
                Some(AssignOp::Op(name(&n.binary_operator()))),
                n.value(),
            )
        } else {
            return None;
        };
        let last = path.name().map_or(Name::new(""), |id| name(&id));
        let kind = match path.parent() {
            Some(parent) => T::ScopedConst(self.expr(&parent), last),
            None => self.root_const(node, last),
        };
        Some(match op {
            None => self.write(node, kind, &value),
            Some(op) => self.op_write(node, kind, op, &value),
        })
    }
}

fn operator(node: N<'_>) -> AssignOp {
    let id = match (
        node.as_call_operator_write_node(),
        node.as_index_operator_write_node(),
    ) {
        (Some(n), _) => n.binary_operator(),
        (None, Some(n)) => n.binary_operator(),
        (None, None) => return AssignOp::Or,
    };
    AssignOp::Op(name(&id))
}

/// A target that recovery from a syntax error left behind; it is never assigned.
fn recovered() -> T {
    T::GVar(Name::new("$ "))
}

/// A writer's name without its `=`.
fn plain(name: Name) -> Name {
    Name::new(name.as_str().strip_suffix('=').unwrap_or(name.as_str()))
}
