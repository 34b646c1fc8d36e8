//! Strings made of parts, and integers of any size.

use ruby_prism as p;

use super::Lower;
use crate::ruby::ast::{Expr, ExprKind as E};
use crate::source::Span;

impl Lower<'_> {
    /// The parts of a string, neighbouring literals joined: adjacent strings and the lines of a
    /// dedented heredoc arrive one by one, and a character may be spread over several.
    pub(super) fn parts(&mut self, nodes: &p::NodeList<'_>) -> Box<[Expr]> {
        let mut parts = Vec::with_capacity(nodes.len());
        self.collect_parts(nodes, &mut parts);
        let exprs = parts.into_iter().map(|part| match part {
            Part::Text(span, bytes, utf8) => Expr {
                span,
                kind: self.string_kind(&bytes, utf8),
            },
            Part::Code(expr) => expr,
        });
        exprs.collect()
    }

    fn collect_parts(&mut self, nodes: &p::NodeList<'_>, parts: &mut Vec<Part>) {
        for node in nodes {
            let span = self.span(&node.location());
            if let Some(n) = node.as_string_node() {
                match parts.last_mut() {
                    Some(Part::Text(before, bytes, utf8)) => {
                        *before = before.to(span);
                        bytes.extend_from_slice(n.unescaped());
                        *utf8 |= n.is_forced_utf8_encoding();
                    }
                    _ => parts.push(Part::Text(
                        span,
                        n.unescaped().to_vec(),
                        n.is_forced_utf8_encoding(),
                    )),
                }
            } else if let Some(n) = node.as_interpolated_string_node() {
                self.nested(&node, |this| {
                    this.collect_parts(&n.parts(), parts);
                    Some(())
                });
            } else {
                let expr = if let Some(n) = node.as_embedded_statements_node() {
                    match n.statements() {
                        Some(list) => self.statements(&list),
                        None => Expr { span, kind: E::Nil },
                    }
                } else if let Some(n) = node.as_embedded_variable_node() {
                    self.expr(&n.variable())
                } else {
                    self.expr(&node)
                };
                parts.push(Part::Code(expr));
            }
        }
    }
}

/// A piece of a string before neighbouring literals are joined.
enum Part {
    /// With whether `\u` made it UTF-8.
    Text(Span, Vec<u8>, bool),
    Code(Expr),
}

/// A string of parts, which is a plain one where nothing is interpolated.
pub(super) fn interpolated(parts: Box<[Expr]>) -> E {
    let mut parts = parts.into_vec();
    match (parts.pop(), parts.is_empty()) {
        (None, _) => E::Str("".into()),
        (Some(only), true) if matches!(only.kind, E::Str(_) | E::Bytes(_) | E::Binary(_)) => {
            only.kind
        }
        (Some(last), _) => {
            parts.push(last);
            E::Interp(parts.into())
        }
    }
}

/// Digits of base 2^32; printing a longer literal in decimal takes too long.
const MAX_LIMBS: usize = 1_000;

pub(super) fn integer(value: &p::Integer<'_>) -> E {
    let (negative, limbs) = value.to_u32_digits();
    if limbs.len() > MAX_LIMBS {
        return E::Unsupported("an integer of thousands of digits");
    }
    let mut small: i128 = 0;
    if limbs.len() <= 2 {
        for limb in limbs.iter().rev() {
            small = small << 32 | i128::from(*limb);
        }
        if let Ok(n) = i64::try_from(if negative { -small } else { small }) {
            return E::Int(n);
        }
    }
    E::BigInt(decimal(negative, limbs.to_vec()).into())
}

/// Decimal digits, nine at a time from the least significant.
fn decimal(negative: bool, mut limbs: Vec<u32>) -> String {
    const CHUNK: u64 = 1_000_000_000;
    let mut chunks = Vec::new();
    while limbs.iter().any(|limb| *limb != 0) {
        let mut rest = 0_u64;
        for limb in limbs.iter_mut().rev() {
            let value = rest << 32 | u64::from(*limb);
            *limb = u32::try_from(value / CHUNK).unwrap_or(u32::MAX);
            rest = value % CHUNK;
        }
        chunks.push(rest);
    }
    let mut text = String::from(if negative { "-" } else { "" });
    for (i, chunk) in chunks.iter().rev().enumerate() {
        let digits = if i == 0 {
            chunk.to_string()
        } else {
            format!("{chunk:09}")
        };
        text.push_str(&digits);
    }
    text
}
