//! `Chef::JSONCompat`: JSON as Chef reads and writes it, with yajl.

use std::sync::LazyLock;

use crate::ruby::Interp;
use crate::ruby::builtin::{Builtin, def, table};
use crate::ruby::class::Table;
use crate::ruby::env::Args;
use crate::ruby::flow::R;
use crate::ruby::value::Value;

static STATIC: &[Builtin] = &[
    def("to_json", 1, 2, |i, _, a| json(i, "generate", a)).takes_unknown(),
    def("to_json_pretty", 1, 2, pretty).takes_unknown(),
    def("parse", 1, 2, |i, _, a| json(i, "parse", a)),
    def("from_json", 1, 2, |i, _, a| json(i, "parse", a)),
];
static TABLE: Table = LazyLock::new(|| table(STATIC));

pub fn install(interp: &mut Interp) {
    let module = interp.define_module("Chef::JSONCompat");
    interp.add_static(module, &TABLE);
}

fn json(interp: &mut Interp, method: &str, args: &Args) -> R {
    interp.require_library("json")?;
    let Some(module) = interp.class_by_path("JSON") else {
        return Ok(interp.unsupported("JSON is not modelled"));
    };
    let module = interp.class_value(module);
    interp.call(module, method, &[args.get(0)])
}

fn pretty(interp: &mut Interp, _: Value, args: &Args) -> R {
    let text = json(interp, "pretty_generate", args)?;
    let Some(plain) = interp.text(text) else {
        return Ok(text);
    };
    let roomy = roomy(plain);
    Ok(interp.str(roomy).with_origin(text.origin))
}

/// The json gem writes an empty hash over two lines, yajl over three.
fn roomy(text: &str) -> String {
    match text {
        "{}" => return "{\n\n}".to_owned(),
        "[]" => return "[\n\n]".to_owned(),
        _ => {}
    }
    let mut out = String::with_capacity(text.len());
    let mut open = false;
    for (n, line) in text.lines().enumerate() {
        if n > 0 {
            out.push('\n');
        }
        if open && line.trim_start().starts_with('}') {
            out.push('\n');
        }
        // A line that ends within a string ends in a quote.
        open = line.ends_with('{');
        out.push_str(line);
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn empty_hashes_take_three_lines() {
        insta::assert_snapshot!(super::roomy("{\n  \"a\": \"{\",\n  \"b\": {\n  }\n}"), @r#"
        {
          "a": "{",
          "b": {

          }
        }
        "#);
    }
}
