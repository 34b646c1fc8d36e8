use std::sync::Arc;

use super::{generate, parse};
use crate::source::Source;

/// The generated code, whose text must be what `erubis -x` prints.
fn code(template: &str) -> String {
    let code = generate(template).code;
    let inner = code
        .strip_prefix("proc { ")
        .and_then(|c| c.strip_suffix(" }"));
    inner.unwrap_or(&code).to_owned()
}

fn errors(template: &str) -> String {
    let program = parse(Arc::new(Source::new("t.erb", template)));
    let lines = program.errors.iter().map(|e| {
        let (line, column) = program.source.line_column(e.span.start);
        format!("{line}:{column} {}\n", e.message)
    });
    lines.collect()
}

#[test]
fn the_code_is_what_erubis_generates() {
    let template =
        "a <%= x %>\n<% y do %>\nb'\\ <%== z -%>\n  <%# c\n d %>\n<%% q -%>  \n<% z %> t";
    let expected = concat!(
        "_buf = ''; _buf << 'a '; _buf << ( x ).to_s; _buf << '\n'; y do \n",
        " _buf << 'b\\'\\\\ '; _buf << Erubis::XmlHelper.escape_xml( z );\n\n",
        " _buf << '<% q -%>  \n'; z ; _buf << ' t';\n_buf.to_s\n",
    );
    assert_eq!(code(template), expected);
}

#[test]
fn tags_that_erubis_reads_in_its_own_way() {
    let cases = [
        "<%%>",
        "<%%> x %>y",
        "<%-%>\n",
        "a <% b",
        "<%= \"%>\" %>",
        "  <% a %>",
        "\t<%- b -%> \r\nq",
        "<%= a =%>\nb",
        "<%==== q %>x",
        "x <%# a %>\n",
    ];
    let shown = cases.map(|c| format!("{c:?}\n  {:?}", code(c))).join("\n");
    insta::assert_snapshot!(shown, @r#"
        "<%%>"
          "_buf = '';;\n_buf.to_s\n"
        "<%%> x %>y"
          "_buf = ''; _buf << '<%> x %>'; _buf << 'y';\n_buf.to_s\n"
        "<%-%>\n"
          "_buf = '';\n_buf.to_s\n"
        "a <% b"
          "_buf = ''; _buf << 'a <% b';\n_buf.to_s\n"
        "<%= \"%>\" %>"
          "_buf = ''; _buf << ( \").to_s; _buf << '\" %>';\n_buf.to_s\n"
        "  <% a %>"
          "_buf = ''; _buf << '  '; a ;\n_buf.to_s\n"
        "\t<%- b -%> \r\nq"
          "_buf = '';\t b  \r\n _buf << 'q';\n_buf.to_s\n"
        "<%= a =%>\nb"
          "_buf = ''; _buf << ( a ).to_s; _buf << 'b';\n_buf.to_s\n"
        "<%==== q %>x"
          "_buf = ''; _buf << 'x';\n_buf.to_s\n"
        "x <%# a %>\n"
          "_buf = ''; _buf << 'x ';\n _buf << '\n';\n_buf.to_s\n"
        "#);
}

#[test]
fn blocks_reach_across_tags_and_next_ends_the_template() {
    let template = "<% [1, 2].each do |i| -%>\n<%= i %>\n<% end %>\n<% next unless @a %>\n";
    assert_eq!(errors(template), "");
}

#[test]
fn errors_stand_where_the_template_has_them() {
    insta::assert_snapshot!(errors("ok\n<% 1 = 2 %>\n"), @r"
        2:6 unexpected '='; target cannot be written
        2:8 unexpected integer, expecting end-of-input
        ");
    insta::assert_snapshot!(errors("ok\n<%= @a.each do |x| %>\nx\n<% end %>\n"), @r"
        2:13 expected a block beginning with `do` to end with `end`
        2:20 unexpected ')', assuming it is closing the parent parentheses
        ");
    insta::assert_snapshot!(errors("it's\n<% if a # b %>x\n<% end %>\n"), @"2:4 expected an `end` to close the conditional clause");
    insta::assert_snapshot!(errors("ok\n<% } %>\ntail\n"), @"4:1 unexpected '}', ignoring it");
}

#[test]
fn output_has_the_place_of_its_tag() {
    let source = Arc::new(Source::new(
        "t.erb",
        "a'b\r\n<%= x.y %> <%== z %>\n<% w 1 %>\n",
    ));
    let program = parse(source.clone());
    let crate::ruby::ast::ExprKind::Seq(list) = &program.body.kind else {
        panic!("{program:?}");
    };
    let shown = list.iter().map(|e| {
        let kind = format!("{:?}", e.kind);
        let kind = kind
            .split(|c: char| !c.is_alphanumeric())
            .next()
            .unwrap_or("")
            .to_owned();
        let inner = match &e.kind {
            crate::ruby::ast::ExprKind::ErbText(text) => format!("{text:?}"),
            crate::ruby::ast::ExprKind::ErbOutput { value, escape } => {
                format!("{:?} escape {escape}", source.slice(value.span))
            }
            _ => String::new(),
        };
        let line = source.line(e.span.start);
        let shown = format!("{line} {kind} {:?} {inner}", source.slice(e.span));
        shown.trim_end().to_owned()
    });
    insta::assert_snapshot!(shown.collect::<Vec<_>>().join("\n"), @r#"
        1 Assign ""
        1 ErbText "a'b\r\n" "a'b\n"
        2 ErbOutput " x.y " " x.y " escape false
        2 ErbText " " " "
        2 ErbOutput " z " "z" escape true
        2 ErbText "\n" "\n"
        3 Call "w 1"
        "#);
}
