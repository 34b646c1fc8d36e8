//! Expressions and statements.

use std::sync::Arc;

use ruby_prism as p;
use ruby_prism::Node as N;

use super::literal::{integer, interpolated};
use super::{Lower, name, text};
use crate::name::Name;
use crate::ruby::ast::{
    Begin, Body, Case, CaseIn, ClassDef, Def, Expr, ExprKind as E, InArm, MultiTarget, RegexFlags,
    Rescue, Target, When, While,
};

macro_rules! flags {
    ($n:expr) => {
        RegexFlags {
            ignore_case: $n.is_ignore_case(),
            extended: $n.is_extended(),
            multi_line: $n.is_multi_line(),
            once: $n.is_once(),
        }
    };
}

impl Lower<'_> {
    pub(super) fn statements(&mut self, list: &p::StatementsNode<'_>) -> Expr {
        let span = self.span(&list.location());
        let mut body: Vec<Expr> = list.body().iter().map(|n| self.expr(&n)).collect();
        // Ruby does not read a class variable whose value nothing takes: it need not exist.
        let last = body.len().saturating_sub(1);
        let mut at = 0;
        body.retain(|expr| {
            at += 1;
            at > last || !matches!(expr.kind, E::CVar(_))
        });
        match body.len() {
            1 => body.pop().unwrap_or(Expr { span, kind: E::Nil }),
            _ => Expr {
                span,
                kind: E::Seq(body.into()),
            },
        }
    }

    fn opt_statements(&mut self, list: Option<p::StatementsNode<'_>>) -> Option<Expr> {
        list.map(|list| self.statements(&list))
    }

    fn boxed(&mut self, node: &N<'_>) -> Box<Expr> {
        Box::new(self.expr(node))
    }

    pub(super) fn expr(&mut self, node: &N<'_>) -> Expr {
        let span = self.span(&node.location());
        let kind = self.nested(node, |this| Some(this.kind(node)));
        Expr {
            span,
            kind: kind.unwrap_or(E::Missing),
        }
    }

    fn kind(&mut self, node: &N<'_>) -> E {
        // The commonest first.
        if let Some(n) = node.as_call_node() {
            return self.call(&n);
        }
        self.literal(node)
            .or_else(|| self.variable(node))
            .or_else(|| self.assignment(node))
            .or_else(|| self.control(node))
            .or_else(|| self.definition(node))
            .unwrap_or_else(|| self.other(node))
    }

    fn literal(&mut self, node: &N<'_>) -> Option<E> {
        Some(match node {
            N::StringNode { .. } => {
                let n = node.as_string_node()?;
                self.string_kind(n.unescaped(), n.is_forced_utf8_encoding())
            }
            N::SymbolNode { .. } => E::Sym(Name::new(&text(node.as_symbol_node()?.unescaped()))),
            N::NilNode { .. } => E::Nil,
            N::TrueNode { .. } => E::True,
            N::FalseNode { .. } => E::False,
            N::SelfNode { .. } => E::SelfRef,
            N::IntegerNode { .. } => integer(&node.as_integer_node()?.value()),
            N::FloatNode { .. } => E::Float(node.as_float_node()?.value()),
            N::RationalNode { .. } | N::ImaginaryNode { .. } => {
                E::Numeric(text(node.location().as_slice()).into())
            }
            N::InterpolatedStringNode { .. } => {
                interpolated(self.parts(&node.as_interpolated_string_node()?.parts()))
            }
            N::InterpolatedSymbolNode { .. } => {
                let parts = self.parts(&node.as_interpolated_symbol_node()?.parts());
                match interpolated(parts) {
                    E::Str(text) => E::Sym(Name::new(&text)),
                    E::Interp(parts) => E::InterpSym(parts),
                    other => other,
                }
            }
            N::XStringNode { .. } => {
                let n = node.as_x_string_node()?;
                let part = self.expr_at(
                    &n.location(),
                    self.string_kind(n.unescaped(), n.is_forced_utf8_encoding()),
                );
                E::Shell(Box::new([part]))
            }
            N::InterpolatedXStringNode { .. } => {
                E::Shell(self.parts(&node.as_interpolated_x_string_node()?.parts()))
            }
            N::RegularExpressionNode { .. } => {
                let n = node.as_regular_expression_node()?;
                let part = self.expr_at(
                    &n.location(),
                    self.string_kind(n.unescaped(), n.is_forced_utf8_encoding()),
                );
                E::Regex {
                    parts: Box::new([part]),
                    flags: flags!(n),
                }
            }
            N::InterpolatedRegularExpressionNode { .. } => {
                let n = node.as_interpolated_regular_expression_node()?;
                E::Regex {
                    parts: self.parts(&n.parts()),
                    flags: flags!(n),
                }
            }
            N::ArrayNode { .. } => E::Array(
                node.as_array_node()?
                    .elements()
                    .iter()
                    .map(|n| self.arg(&n))
                    .collect(),
            ),
            N::HashNode { .. } => E::Hash(self.pairs(&node.as_hash_node()?.elements())),
            N::RangeNode { .. } => {
                let n = node.as_range_node()?;
                E::Range {
                    low: n.left().map(|l| self.boxed(&l)),
                    high: n.right().map(|r| self.boxed(&r)),
                    exclusive: n.is_exclude_end(),
                }
            }
            N::LambdaNode { .. } => {
                let n = node.as_lambda_node()?;
                E::Lambda(self.block(&n.location(), &n.locals(), n.parameters(), n.body()))
            }
            N::SourceFileNode { .. } => E::File,
            N::SourceLineNode { .. } => {
                let at = node.location();
                let line = match self.template {
                    // That of the code made of the template, which may have more lines than the template.
                    Some(template) => (template.line)(at.start() as usize),
                    None => self.source.line(self.span(&at).start),
                };
                E::Int(i64::from(line))
            }
            N::SourceEncodingNode { .. } => E::Encoding {
                bytes: self.template.is_some(),
            },
            _ => return None,
        })
    }

    fn variable(&mut self, node: &N<'_>) -> Option<E> {
        Some(match node {
            N::LocalVariableReadNode { .. } => {
                E::Local(self.local(name(&node.as_local_variable_read_node()?.name())))
            }
            N::ItLocalVariableReadNode { .. } => E::Local(self.local(Name::new("it"))),
            N::InstanceVariableReadNode { .. } => {
                E::IVar(name(&node.as_instance_variable_read_node()?.name()))
            }
            N::GlobalVariableReadNode { .. } => {
                E::GVar(name(&node.as_global_variable_read_node()?.name()))
            }
            N::ClassVariableReadNode { .. } => {
                E::CVar(name(&node.as_class_variable_read_node()?.name()))
            }
            N::NumberedReferenceReadNode { .. } => {
                E::NthRef(node.as_numbered_reference_read_node()?.number())
            }
            N::BackReferenceReadNode { .. } => {
                let name = name(&node.as_back_reference_read_node()?.name());
                match name.as_str() {
                    "$&" => E::NthRef(0),
                    _ => E::GVar(name),
                }
            }
            N::ConstantReadNode { .. } => E::Const(name(&node.as_constant_read_node()?.name())),
            N::ConstantPathNode { .. } => {
                let n = node.as_constant_path_node()?;
                let last = n.name().map_or(Name::new(""), |id| name(&id));
                match n.parent() {
                    Some(parent) => E::ScopedConst(self.boxed(&parent), last),
                    None => E::RootConst(last),
                }
            }
            _ => return None,
        })
    }

    fn control(&mut self, node: &N<'_>) -> Option<E> {
        Some(match node {
            N::StatementsNode { .. } => self.statements(&node.as_statements_node()?).kind,
            N::ParenthesesNode { .. } => match node.as_parentheses_node()?.body() {
                Some(body) => self.expr(&body).kind,
                None => E::Nil,
            },
            N::AndNode { .. } => {
                let n = node.as_and_node()?;
                E::And(self.boxed(&n.left()), self.boxed(&n.right()))
            }
            N::OrNode { .. } => {
                let n = node.as_or_node()?;
                E::Or(self.boxed(&n.left()), self.boxed(&n.right()))
            }
            N::DefinedNode { .. } => E::Defined(self.boxed(&node.as_defined_node()?.value())),
            N::IfNode { .. } => {
                let n = node.as_if_node()?;
                E::If {
                    cond: self.boxed(&n.predicate()),
                    then: self.opt_statements(n.statements()).map(Box::new),
                    otherwise: n.subsequent().and_then(|s| match s.as_else_node() {
                        Some(clause) => self.else_clause(Some(clause)).map(Box::new),
                        None => Some(self.boxed(&s)),
                    }),
                }
            }
            N::UnlessNode { .. } => {
                let n = node.as_unless_node()?;
                E::If {
                    cond: self.boxed(&n.predicate()),
                    otherwise: self.opt_statements(n.statements()).map(Box::new),
                    then: self.else_clause(n.else_clause()).map(Box::new),
                }
            }
            N::WhileNode { .. } => {
                let n = node.as_while_node()?;
                self.loop_(&n.predicate(), n.statements(), false, n.is_begin_modifier())
            }
            N::UntilNode { .. } => {
                let n = node.as_until_node()?;
                self.loop_(&n.predicate(), n.statements(), true, n.is_begin_modifier())
            }
            N::ForNode { .. } => self.for_(&node.as_for_node()?),
            N::CaseNode { .. } => self.case(&node.as_case_node()?),
            N::CaseMatchNode { .. } => self.case_in(&node.as_case_match_node()?),
            N::MatchPredicateNode { .. } => {
                let n = node.as_match_predicate_node()?;
                let value = self.boxed(&n.value());
                E::MatchPattern {
                    value,
                    pattern: Box::new(self.pattern(&n.pattern())),
                    raises: false,
                }
            }
            N::MatchRequiredNode { .. } => {
                let n = node.as_match_required_node()?;
                let value = self.boxed(&n.value());
                E::MatchPattern {
                    value,
                    pattern: Box::new(self.pattern(&n.pattern())),
                    raises: true,
                }
            }
            N::BeginNode { .. } => self.begin(&node.as_begin_node()?),
            N::RescueModifierNode { .. } => {
                let n = node.as_rescue_modifier_node()?;
                let rescue = Rescue {
                    span: self.span(&n.location()),
                    classes: Box::default(),
                    target: None,
                    body: Some(self.expr(&n.rescue_expression())),
                };
                E::Begin(Box::new(Begin {
                    body: Some(self.expr(&n.expression())),
                    rescues: Box::new([rescue]),
                    otherwise: None,
                    ensure: None,
                }))
            }
            N::ReturnNode { .. } => E::Return(self.jump_value(node.as_return_node()?.arguments())),
            N::BreakNode { .. } => E::Break(self.jump_value(node.as_break_node()?.arguments())),
            N::NextNode { .. } => E::Next(self.jump_value(node.as_next_node()?.arguments())),
            N::RedoNode { .. } => E::Redo,
            N::RetryNode { .. } => E::Retry,
            N::FlipFlopNode { .. } => E::FlipFlop,
            _ => return None,
        })
    }

    /// `return a, b` gives an array.
    fn jump_value(&mut self, args: Option<p::ArgumentsNode<'_>>) -> Option<Box<Expr>> {
        let args = args?;
        let list = args.arguments();
        let single = match (list.len(), list.first()) {
            (1, Some(only))
                if only.as_splat_node().is_none() && only.as_keyword_hash_node().is_none() =>
            {
                Some(only)
            }
            _ => None,
        };
        Some(match single {
            Some(only) => self.boxed(&only),
            None => {
                let items = list.iter().map(|n| self.arg(&n)).collect();
                Box::new(self.expr_at(&args.location(), E::Array(items)))
            }
        })
    }

    fn else_clause(&mut self, clause: Option<p::ElseNode<'_>>) -> Option<Expr> {
        clause.and_then(|c| self.opt_statements(c.statements()))
    }

    fn loop_(
        &mut self,
        cond: &N<'_>,
        body: Option<p::StatementsNode<'_>>,
        until: bool,
        body_first: bool,
    ) -> E {
        let cond = self.expr(cond);
        E::While(Box::new(While {
            cond,
            body: self.opt_statements(body),
            until,
            body_first,
        }))
    }

    fn for_(&mut self, n: &p::ForNode<'_>) -> E {
        let index = n.index();
        let target = match index.as_multi_target_node() {
            Some(multi) => self.multi(&multi.lefts(), multi.rest(), &multi.rights()),
            None => {
                let only: Target = self.target(&index);
                MultiTarget {
                    before: Box::new([only]),
                    splat: None,
                    after: Box::default(),
                }
            }
        };
        let iter = self.boxed(&n.collection());
        E::For {
            target: Box::new(target),
            iter,
            body: self.opt_statements(n.statements()).map(Box::new),
        }
    }

    fn case(&mut self, n: &p::CaseNode<'_>) -> E {
        let subject = n.predicate().map(|s| self.expr(&s));
        let mut whens = Vec::new();
        for node in n.conditions().iter() {
            if let Some(when) = node.as_when_node() {
                whens.push(When {
                    span: self.span(&when.location()),
                    tests: when.conditions().iter().map(|n| self.arg(&n)).collect(),
                    body: self.opt_statements(when.statements()),
                });
            }
        }
        let otherwise = self.else_clause(n.else_clause());
        E::Case(Box::new(Case {
            subject,
            whens: whens.into(),
            otherwise,
        }))
    }

    fn case_in(&mut self, n: &p::CaseMatchNode<'_>) -> E {
        let subject = match n.predicate() {
            Some(subject) => self.expr(&subject),
            None => self.expr_at(&n.location(), E::Nil),
        };
        let mut arms = Vec::new();
        for node in n.conditions().iter() {
            if let Some(arm) = node.as_in_node() {
                let (pattern, guard, guard_negated) = self.guarded(&arm.pattern());
                let body = self.opt_statements(arm.statements());
                arms.push(InArm {
                    pattern,
                    guard,
                    guard_negated,
                    body,
                });
            }
        }
        // `else` without statements still matches.
        let otherwise = n.else_clause().map(|c| match c.statements() {
            Some(list) => self.statements(&list),
            None => self.expr_at(&c.location(), E::Nil),
        });
        E::CaseIn(Box::new(CaseIn {
            subject,
            arms: arms.into(),
            otherwise,
        }))
    }

    fn begin(&mut self, n: &p::BeginNode<'_>) -> E {
        let body = self.opt_statements(n.statements());
        let mut rescues = Vec::new();
        let mut next = n.rescue_clause();
        while let Some(clause) = next {
            rescues.push(Rescue {
                span: self.span(&clause.location()),
                classes: clause.exceptions().iter().map(|n| self.arg(&n)).collect(),
                target: clause.reference().map(|r| self.target(&r)),
                body: self.opt_statements(clause.statements()),
            });
            next = clause.subsequent();
        }
        let otherwise = self.else_clause(n.else_clause());
        let ensure = n
            .ensure_clause()
            .and_then(|c| self.opt_statements(c.statements()));
        E::Begin(Box::new(Begin {
            body,
            rescues: rescues.into(),
            otherwise,
            ensure,
        }))
    }

    fn definition(&mut self, node: &N<'_>) -> Option<E> {
        Some(match node {
            N::DefNode { .. } => {
                let n = node.as_def_node()?;
                let singleton = n.receiver().map(|r| self.expr(&r));
                let (params, body) = self.closed_body(&n.locals(), n.parameters(), n.body());
                E::Def(Arc::new(Def {
                    span: self.span(&n.location()),
                    source: self.source.clone(),
                    name: name(&n.name()),
                    name_span: self.span(&n.name_loc()),
                    singleton,
                    params,
                    body,
                }))
            }
            N::ClassNode { .. } => {
                let n = node.as_class_node()?;
                let superclass = n.superclass().map(|s| self.expr(&s));
                let path = self.expr(&n.constant_path());
                let (_, body) = self.closed_body(&n.locals(), None, n.body());
                E::Class(self.class_def(&n.location(), path, superclass, body))
            }
            N::ModuleNode { .. } => {
                let n = node.as_module_node()?;
                let path = self.expr(&n.constant_path());
                let (_, body) = self.closed_body(&n.locals(), None, n.body());
                E::Module(self.class_def(&n.location(), path, None, body))
            }
            N::SingletonClassNode { .. } => {
                let n = node.as_singleton_class_node()?;
                let object = self.boxed(&n.expression());
                let (_, body) = self.closed_body(&n.locals(), None, n.body());
                E::SingletonClass {
                    object,
                    body: Arc::new(body),
                }
            }
            N::AliasMethodNode { .. } => {
                let n = node.as_alias_method_node()?;
                E::Alias {
                    new: self.boxed(&n.new_name()),
                    old: self.boxed(&n.old_name()),
                }
            }
            N::AliasGlobalVariableNode { .. } => {
                let n = node.as_alias_global_variable_node()?;
                let symbol = |node: &N<'_>| {
                    let at = node.location();
                    let kind = E::Sym(Name::new(&text(at.as_slice())));
                    Box::new(self.expr_at(&at, kind))
                };
                E::Alias {
                    new: symbol(&n.new_name()),
                    old: symbol(&n.old_name()),
                }
            }
            N::UndefNode { .. } => E::Undef(
                node.as_undef_node()?
                    .names()
                    .iter()
                    .map(|n| self.expr(&n))
                    .collect(),
            ),
            _ => return None,
        })
    }

    fn class_def(
        &mut self,
        at: &p::Location<'_>,
        path: Expr,
        superclass: Option<Expr>,
        body: Body,
    ) -> Arc<ClassDef> {
        Arc::new(ClassDef {
            span: self.span(at),
            source: self.source.clone(),
            path,
            superclass,
            body,
        })
    }

    fn other(&mut self, node: &N<'_>) -> E {
        if let Some(n) = node.as_super_node() {
            return E::Super(Box::new(self.args(n.arguments().as_ref(), n.block())));
        }
        if let Some(n) = node.as_forwarding_super_node() {
            let block = n.block().and_then(|b| self.block_arg(&b.as_node()));
            return E::ZSuper(block.map(Box::new));
        }
        if let Some(n) = node.as_yield_node() {
            return E::Yield(Box::new(self.args(n.arguments().as_ref(), None)));
        }
        if let Some(n) = node.as_match_write_node() {
            let call = n.call();
            let args = self.args(call.arguments().as_ref(), call.block());
            let call = self.plain_call(&call, args);
            let mut targets = Vec::new();
            for target in n.targets().iter() {
                if let Some(t) = target.as_local_variable_target_node() {
                    let key = name(&t.name());
                    targets.push((key, self.local(key)));
                }
            }
            return E::MatchWrite {
                call: Box::new(call),
                targets: targets.into(),
            };
        }
        if let Some(n) = node.as_splat_node() {
            // `a = *b`
            let arg = match n.expression() {
                Some(value) => crate::ruby::ast::Arg::Splat(self.expr(&value)),
                None => {
                    let span = self.span(&node.location());
                    crate::ruby::ast::Arg::Splat(self.anonymous(super::scope::REST, span))
                }
            };
            return E::Array(Box::new([arg]));
        }
        if let Some(n) = node.as_implicit_node() {
            return self.expr(&n.value()).kind;
        }
        if let Some(n) = node.as_pre_execution_node() {
            return self
                .opt_statements(n.statements())
                .map_or(E::Nil, |e| e.kind);
        }
        if let Some(n) = node.as_shareable_constant_node() {
            return self.expr(&n.write()).kind;
        }
        match node {
            N::ErrorRecoveryNode { .. } => E::Missing,
            N::PostExecutionNode { .. } => E::Unsupported("an END block"),
            N::MatchLastLineNode { .. } | N::InterpolatedMatchLastLineNode { .. } => {
                E::Unsupported("a regular expression as a condition")
            }
            _ => E::Unsupported("this syntax"),
        }
    }
}
