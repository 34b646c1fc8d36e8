//! Calls, arguments, blocks.

use std::collections::BTreeSet;

use ruby_prism as p;

use super::scope::{BLOCK, KEYWORD_REST, REST};
use super::{Lower, name};
use crate::ruby::ast::{Arg, Args, BlockArg, Call, ExprKind as E, Pair};
use crate::source::Span;

impl Lower<'_> {
    pub(super) fn call(&mut self, call: &p::CallNode<'_>) -> E {
        if let Some(kind) = self.template_output(call) {
            return kind;
        }
        let callee = name(&call.name());
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
        let callee = name(&call.name());
        let locals = matches!(
            callee.as_str(),
            "binding" | "local_variables" | "eval" | "instance_eval" | "class_eval" | "module_eval"
        );
        Call {
            locals: (locals && call.block().is_none()).then(|| self.visible_scopes()),
            recv: call.receiver().map(|r| self.expr(&r)),
            name: callee,
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

    /// In a template, `_buf << …` is output: of text where the template has text, else of a value.
    fn template_output(&mut self, call: &p::CallNode<'_>) -> Option<E> {
        let template = self.template?;
        let buffer = call.receiver()?.as_local_variable_read_node()?;
        if call.name().as_slice() != b"<<" || buffer.name().as_slice() != b"_buf" {
            return None;
        }
        let value = call.arguments()?.arguments().first()?;
        let start = call.location().start() as usize;
        if template.texts.binary_search(&start).is_ok()
            && let Some(text) = value.as_string_node()
        {
            let text = String::from_utf8_lossy(text.unescaped());
            return Some(E::ErbText(text.as_ref().into()));
        }
        let (value, escape) = match tag_value(&value) {
            Some(found) => found,
            None => (value, false),
        };
        Some(E::ErbOutput {
            value: Box::new(self.expr(&value)),
            escape,
        })
    }

    pub(super) fn args(
        &mut self,
        list: Option<&p::ArgumentsNode<'_>>,
        block: Option<p::Node<'_>>,
    ) -> Args {
        let mut args = Vec::new();
        let mut forwarded = None;
        for node in list.iter().flat_map(|list| list.arguments().iter()) {
            if node.as_forwarding_arguments_node().is_none() {
                args.push(self.arg(&node));
                continue;
            }
            // `...` passes on what the three parameters hold that it stands for.
            let span = self.span(&node.location());
            args.push(Arg::Splat(self.anonymous(REST, span)));
            let value = self.anonymous(KEYWORD_REST, span);
            args.push(Arg::Keywords(Box::new([Pair { key: None, value }])));
            forwarded = Some(BlockArg::Pass(Some(self.anonymous(BLOCK, span))));
        }
        Args {
            list: args.into(),
            block: block.and_then(|b| self.block_arg(&b)).or(forwarded),
        }
    }

    pub(super) fn block_arg(&mut self, node: &p::Node<'_>) -> Option<BlockArg> {
        if let Some(b) = node.as_block_node() {
            let block = self.block(&b.location(), &b.locals(), b.parameters(), b.body());
            return Some(BlockArg::Literal(block));
        }
        let pass = node.as_block_argument_node()?;
        Some(BlockArg::Pass(Some(match pass.expression() {
            Some(value) => self.expr(&value),
            None => {
                let span = self.span(&node.location());
                self.anonymous(BLOCK, span)
            }
        })))
    }

    pub(super) fn arg(&mut self, node: &p::Node<'_>) -> Arg {
        if let Some(splat) = node.as_splat_node() {
            return match splat.expression() {
                Some(value) => Arg::Splat(self.expr(&value)),
                None => {
                    let span = self.span(&node.location());
                    Arg::Splat(self.anonymous(REST, span))
                }
            };
        }
        if let Some(hash) = node.as_keyword_hash_node() {
            return Arg::Keywords(self.pairs(&hash.elements()));
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
                        self.anonymous(KEYWORD_REST, span)
                    }
                };
                out.push(Pair { key: None, value });
            }
        }
        overwritten(&mut out);
        out.into()
    }
}

/// Leaves out literal keys that are written again: Ruby drops the earlier pair, so the place in the hash is that of
/// the later. A value that is more than a literal stays, since it is evaluated.
fn overwritten(pairs: &mut Vec<Pair>) {
    let mut seen = BTreeSet::new();
    let mut at = pairs.len();
    while at > 0 {
        at -= 1;
        let Some(pair) = pairs.get(at) else { break };
        let key = match pair.key.as_ref().map(|k| &k.kind) {
            // What is merged in may have the key as well.
            None => return,
            Some(E::Str(text)) => (0, text.to_string()),
            Some(E::Sym(name)) => (1, name.to_string()),
            Some(E::Int(n)) => (2, n.to_string()),
            Some(_) => continue,
        };
        if !seen.insert(key) && is_literal(&pair.value.kind) {
            pairs.remove(at);
        }
    }
}

fn is_literal(value: &E) -> bool {
    let plain = |pair: &Pair| is_literal(&pair.value.kind);
    match value {
        E::Nil | E::True | E::False | E::Int(_) | E::Float(_) | E::Str(_) | E::Sym(_) => true,
        E::Hash(pairs) => pairs.iter().all(plain),
        E::Array(items) => items
            .iter()
            .all(|item| matches!(item, Arg::Value(value) if is_literal(&value.kind))),
        _ => false,
    }
}

/// What stands in a tag: `x` of `( x ).to_s` or `Erubis::XmlHelper.escape_xml( x )`.
fn tag_value<'pr>(value: &p::Node<'pr>) -> Option<(p::Node<'pr>, bool)> {
    let call = value.as_call_node()?;
    let recv = call.receiver()?;
    if call.name().as_slice() == b"to_s" {
        let written = recv.as_parentheses_node()?;
        return call
            .arguments()
            .is_none()
            .then(|| (written.as_node(), false));
    }
    let helper = recv.as_constant_path_node()?.name()?;
    if call.name().as_slice() != b"escape_xml" || helper.as_slice() != b"XmlHelper" {
        return None;
    }
    let arguments = call.arguments()?.arguments();
    (arguments.len() == 1)
        .then(|| arguments.first())
        .flatten()
        .map(|written| (written, true))
}
