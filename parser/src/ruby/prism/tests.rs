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
