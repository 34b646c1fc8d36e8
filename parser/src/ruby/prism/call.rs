//! Calls, arguments, blocks.

use ruby_prism as p;

use super::{ERB_ESCAPED, ERB_OUTPUT, ERB_TEXT, Lower, name};
use crate::ruby::ast::{Arg, Args, BlockArg, Call, Expr, ExprKind as E, Pair};
use crate::source::Span;

impl Lower<'_> {
    pub(super) fn call(&mut self, call: &p::CallNode<'_>) -> E {
        let callee = name(&call.name());
        if call.receiver().is_none()
            && callee.as_str().starts_with("__erb_")
            && let Some(kind) = self.erb_call(callee.as_str(), call)
        {
            return kind;
        }
        if callee.as_str() == "!"
            && call.arguments().is_none()
            && let Some(value) = call.receiver()
        {
            return E::Not(Box::new(self.expr(&value)));
        }
        // `recv.name = value` and `recv[i] = value` are assignments, whose value is what was assigned.
        if call.is_attribute_write()
            && call.block().is_none()
            && let Some(kind) = self.attribute_write(call)
        {
            return kind;
        }
        let args = self.args(call.arguments().as_ref(), call.block());
        E::Call(Box::new(self.plain_call(call, args)))
    }

    pub(super) fn plain_call(&mut self, call: &p::CallNode<'_>, args: Args) -> Call {
        let name_span = match call.message_loc() {
            Some(at) => self.span(&at),
            None => self.span(&call.location()),
        };
        Call {
            recv: call.receiver().map(|r| self.expr(&r)),
            name: name(&call.name()),
            name_span,
            args,
            safe: call.is_safe_navigation(),
            vcall: call.is_variable_call(),
        }
    }

    /// `a.b = c`, `a[b] = c` where written as a call node.
    fn attribute_write(&mut self, call: &p::CallNode<'_>) -> Option<E> {
        use crate::ruby::ast::{Target, TargetKind};
        let recv = call.receiver()?;
        let callee = name(&call.name());
        let list: Vec<p::Node<'_>> = call.arguments()?.arguments().iter().collect();
        let (value, index) = list.split_last()?;
        let span = self.span(&call.location());
        let kind = if callee.as_str() == "[]=" {
            let recv = self.expr(&recv);
            let list = index.iter().map(|n| self.arg(n)).collect();
            TargetKind::Index {
                recv,
                args: Args { list, block: None },
            }
        } else {
            let recv = self.expr(&recv);
            let plain = callee.as_str().strip_suffix('=')?;
            TargetKind::Attr {
                recv,
                name: crate::name::Name::new(plain),
                safe: call.is_safe_navigation(),
            }
        };
        let value = self.expr(value);
        Some(E::Assign(Box::new(Target { span, kind }), Box::new(value)))
    }

    fn erb_call(&mut self, callee: &str, call: &p::CallNode<'_>) -> Option<E> {
        let arguments = call.arguments()?.arguments();
        let first = arguments.first()?;
        match callee {
            ERB_TEXT => {
                let digits = first.location();
                let number: usize = std::str::from_utf8(digits.as_slice()).ok()?.parse().ok()?;
                Some(E::ErbText(self.texts.get(number)?.clone()))
            }
            ERB_OUTPUT | ERB_ESCAPED => {
                let value = Box::new(self.expr(&first));
                Some(E::ErbOutput {
                    value,
                    escape: callee == ERB_ESCAPED,
                })
            }
            _ => None,
        }
    }

    pub(super) fn args(
        &mut self,
        list: Option<&p::ArgumentsNode<'_>>,
        block: Option<p::Node<'_>>,
    ) -> Args {
        let list = match list {
            Some(list) => list.arguments().iter().map(|n| self.arg(&n)).collect(),
            None => Box::default(),
        };
        Args {
            list,
            block: block.and_then(|b| self.block_arg(&b)),
        }
    }

    pub(super) fn block_arg(&mut self, node: &p::Node<'_>) -> Option<BlockArg> {
        if let Some(b) = node.as_block_node() {
            let block = self.block(&b.location(), &b.locals(), b.parameters(), b.body());
            return Some(BlockArg::Literal(block));
        }
        let pass = node.as_block_argument_node()?;
        Some(BlockArg::Pass(pass.expression().map(|e| self.expr(&e))))
    }

    pub(super) fn arg(&mut self, node: &p::Node<'_>) -> Arg {
        if let Some(splat) = node.as_splat_node() {
            return match splat.expression() {
                Some(value) => Arg::Splat(self.expr(&value)),
                None => {
                    let span = self.span(&node.location());
                    Arg::Splat(Expr {
                        span,
                        kind: E::Unsupported("an anonymous splat"),
                    })
                }
            };
        }
        if let Some(hash) = node.as_keyword_hash_node() {
            return Arg::Keywords(self.pairs(&hash.elements()));
        }
        if node.as_forwarding_arguments_node().is_some() {
            return Arg::Forward;
        }
        Arg::Value(self.expr(node))
    }

    pub(super) fn pairs(&mut self, elements: &p::NodeList<'_>) -> Box<[Pair]> {
        let mut out = Vec::with_capacity(elements.len());
        for node in elements.iter() {
            if let Some(assoc) = node.as_assoc_node() {
                let value = assoc.value();
                let value = match value.as_implicit_node() {
                    Some(implicit) => self.expr(&implicit.value()),
                    None => self.expr(&value),
                };
                out.push(Pair {
                    key: Some(self.expr(&assoc.key())),
                    value,
                });
            } else if let Some(splat) = node.as_assoc_splat_node() {
                let value = match splat.value() {
                    Some(value) => self.expr(&value),
                    None => {
                        let span: Span = self.span(&node.location());
                        Expr {
                            span,
                            kind: E::Unsupported("an anonymous double splat"),
                        }
                    }
                };
                out.push(Pair { key: None, value });
            }
        }
        out.into()
    }
}
