use std::sync::Arc;

use super::parse;
use crate::ruby::ast::Program;
use crate::source::Source;

fn program(code: &str) -> Program {
    parse(Arc::new(Source::new("recipe.rb", code)))
}

fn errors(code: &str) -> Vec<String> {
    let program = program(code);
    program
        .errors
        .iter()
        .map(|e| format!("{}: {}", program.source.line(e.span.start), e.message))
        .collect()
}

#[test]
fn nesting_without_end_is_an_error_and_not_a_crash() {
    let deep = [
        format!("x = {}1{}", "[".repeat(100_000), "]".repeat(100_000)),
        "!".repeat(20_000),
        format!("a{}", ".b".repeat(200_000)),
        format!("a{}", " + a".repeat(200_000)),
        "if x\n".repeat(50_000),
        "\"#{".repeat(20_000),
        "a { ".repeat(12_000),
        format!("case 1; in {}", "[".repeat(50_000)),
        format!("{} = 1", "(a, ".repeat(20_000)),
    ];
    for code in deep {
        assert!(!errors(&code).is_empty(), "{}", &code[..40]);
    }
}

#[test]
fn several_errors_have_their_places() {
    insta::assert_snapshot!(errors("x = (1 +\ny = 2\nclass a; end\n").join("\n"), @"
    3: unexpected constant path after `class`; class/module name must be CONSTANT
    3: unexpected end-of-input, assuming it is closing the parent top level context
    4: expected a matching `)`
    ");
}

fn tree(code: &str) -> String {
    let program = program(code);
    assert_eq!(program.errors, [], "{code}");
    crate::ruby::print(&program)
}

#[test]
fn locals_are_slots_of_the_scope_that_has_them() {
    insta::assert_snapshot!(tree("a = 1; f { |b, (c, *d); e| a + b; g { a = d } }"), @"[a] (do (= 0.0 1) (call .f (block | 0 (targets 0.1 * 0.2) | [b c d e] (do (call 1.0 .+ 0.0) (call .g (block | | [] (= 2.0 1.2)))))))");
    insta::assert_snapshot!(tree("a = 1; def m(b, c = b, *d, e, f: c, g:, **h, &i) = a"), @"[a] (do (= 0.0 1) (def m | 0 1=0.0 *2 3 f:4=0.1 g:5 **6 &7 | [b c d e f g h i] (call .a)))");
}

#[test]
fn a_repeated_underscore_keeps_its_first_value() {
    insta::assert_snapshot!(tree("f { |_, _| _ }; f { _1 + _2 }; f { it }"), @"[] (do (call .f (block | 0 1 | [_ _] 0.0)) (call .f (block | 0 1 | [_1 _2] (call 0.0 .+ 0.1))) (call .f (block | 0 | [it] 0.0)))");
}

#[test]
fn anonymous_parameters_hold_what_is_passed_on() {
    insta::assert_snapshot!(tree("def m(*, **, &) = n(1, *, **, &)"), @"[] (def m | *0 **2 &1 | [* & **] (call .n 1 *0.0 (keywords ** 0.2) &0.1))");
    insta::assert_snapshot!(tree("def m(a, ...) = n(...)"), @"[] (def m | 0 *1 **3 &2 | [a * & **] (call .n *0.1 (keywords ** 0.3) &0.2))");
}

#[test]
fn writes_are_assignments() {
    insta::assert_snapshot!(tree("a.b = 1; a&.b ||= 2; a[0, *b] += 3; ::A = 4; x, (@y, *), z.w = q"), @r#"[x] (do (= (call .a).b 1) (op= (call .a)&.b Or 2) (op= (call .a)[ 0 *(call .b)] Op("+") 3) (= ::Object::A 4) (= (targets 0.0  (targets @y *) (call .z).w) (call .q)))"#);
}

#[test]
fn strings_are_whole() {
    insta::assert_snapshot!(tree("['a' \"b\", <<~A, :\"c#{1}d\", \"é\" '#', 18446744073709551616, -5]\n  x\n    y\nA\n"), @r#"[] (array "ab" "x\n  y\n" (sym "c" 1 "d") "é#" 18446744073709551616 -5)"#);
}

#[test]
fn what_stands_after_else_keeps_its_own_place() {
    let program = program("if a\n  b\nelse\n  c\nend\n");
    let crate::ruby::ast::ExprKind::If { otherwise, .. } = &program.body.kind else {
        panic!("{:?}", program.body.kind);
    };
    let line = otherwise
        .as_ref()
        .map(|e| program.source.line(e.span.start));
    assert_eq!(line, Some(4));
}
