//! An error in a rendered file, told where its template says it: whatever the format, the line and the expression.

mod program;

use program::Folder;
use serde_json::Value as Json;

/// A file on a node, its template and which line of it the attribute's value breaks, a good value and a bad one.
struct Case {
    path: &'static str,
    template: &'static str,
    line: u32,
    good: &'static str,
    bad: &'static str,
    says: &'static str,
}

const CASES: &[Case] = &[
    Case {
        path: "/etc/nginx/nginx.conf",
        template: "events {\n}\nhttp {\n  keepalive_timeout <%= node['lb']['value'] %>;\n}\n",
        line: 4,
        good: "65s",
        bad: "soon",
        says: "nginx would refuse /etc/nginx/nginx.conf: \"keepalive_timeout\" directive invalid value",
    },
    Case {
        path: "/etc/sudoers.d/deploy",
        template: "# deploys\n<% if true -%>\ndeploy ALL=(ALL) <%= node['lb']['value'] %>: /bin/true\n<% end -%>\n",
        line: 3,
        good: "NOPASSWD",
        bad: "NOPASWD",
        says: "sudo would refuse /etc/sudoers.d/deploy: syntax error: unknown tag NOPASWD, did you mean NOPASSWD?",
    },
    Case {
        path: "/etc/bind/named.conf.options",
        template: "options {\n  directory \"/var/cache/bind\";\n  recursion <%= node['lb']['value'] %>;\n};\n",
        line: 3,
        good: "no",
        bad: "maybe",
        says: "BIND would refuse /etc/bind/named.conf.options: boolean expected near 'maybe'",
    },
    Case {
        path: "/etc/rsyslog.d/30-shop.conf",
        template: "\n\nlocal0.<%= node['lb']['value'] %> /var/log/shop\n",
        line: 3,
        good: "info",
        bad: "inf",
        says: "rsyslog would refuse /etc/rsyslog.d/30-shop.conf: unknown priority name \"inf\"",
    },
    Case {
        path: "/etc/bind/db.shop.example",
        template: "$TTL 300\nwww A <%= node['lb']['value'] %>\n",
        line: 2,
        good: "192.0.2.1",
        bad: "192.0.2",
        says: "BIND would refuse /etc/bind/db.shop.example: bad dotted quad: '192.0.2'",
    },
    Case {
        path: "/etc/keepalived/keepalived.conf",
        template: "global_defs {\n  router_id a\n}<%= node['lb']['value'] %>\n",
        line: 3,
        good: "",
        bad: " }",
        says: "keepalived would refuse /etc/keepalived/keepalived.conf: unexpected '}'",
    },
];

#[test]
fn an_error_leads_to_the_templates_line_and_its_expression() {
    for case in CASES {
        let shop = Folder::shop();
        let template = "cookbooks/lb/templates/default/file.erb";
        let attributes = "cookbooks/lb/attributes/default.rb";
        let value = |value| format!("default['lb']['value'] = '{value}'\n");
        shop.write(
            "cookbooks/lb/recipes/default.rb",
            format!("template '{}' do\n  source 'file.erb'\nend\n", case.path),
        );
        shop.write(template, case.template);
        shop.write(attributes, value(case.good));
        shop.commit("before");
        shop.write(attributes, value(case.bad));
        let found = shop.run(&["check", "--format", "json"]).json();
        let finding = &found["findings"][0];
        assert_eq!(finding["rule"], "config-syntax", "{found:#}");
        assert_eq!(finding["message"], case.says);
        let place = (&finding["primary"]["path"], &finding["primary"]["line"]);
        assert_eq!(place, (&Json::from(template), &Json::from(case.line)));
        assert_eq!(finding["cause"][0]["path"], attributes, "{}", case.path);
        let line = case
            .template
            .lines()
            .nth(case.line as usize - 1)
            .unwrap_or("");
        let wanted = format!("the template's line is `{}`", line.trim());
        let evidence = finding["evidence"].as_array().expect("evidence");
        assert!(
            evidence.iter().any(|e| e["message"] == *wanted),
            "{wanted} is missing in {evidence:#?}"
        );
    }
}
