//! Tests of the parser and of what the checks report.

use super::*;

/// Each problem as `line: kind class message`.
fn report(path: &str, text: &str) -> String {
    let source = Source::new(path, text);
    problems(&source)
        .iter()
        .map(|p| {
            format!(
                "{}: {:?} {}: {}\n",
                source.line(p.span.start),
                p.kind,
                p.class.as_str(),
                p.message
            )
        })
        .collect()
}

#[test]
fn words_may_hold_quotes_braces_and_escapes() {
    let source = Source::new("x", "a \"b \\\" c\" ${d}e f\\;g; # h {\n'i' { j \"\"; }\n");
    let (config, errors) = parse(&source);
    assert!(errors.is_empty());
    let a: Vec<_> = config.directives[0]
        .arguments
        .iter()
        .map(|w| &*w.text)
        .collect();
    assert_eq!(a, ["b \" c", "${d}e", "f\\;g"]);
    assert_eq!(config.directives[1].block()[0].arg(0), "");
}

#[test]
fn lua_code_is_skipped() {
    let text = "location / { content_by_lua_block { if a == '}' then -- }\n ngx.say('{') end } root /x; }\n";
    assert_eq!(report("/etc/nginx/conf.d/x.conf", text), "");
}

#[test]
fn the_daemon_would_refuse_these() {
    insta::assert_snapshot!(report("/etc/nginx/nginx.conf", "\
user www
events { }
http {
  upstream app { keepalive 3; }
  upstream app { server 10.0.0.1:80; }
  sendfile yes;
  server {
    lisen 80;
    worker_processes 3;
    root;
    location / proxy_pass http://app;
  }
"), @r#"
        2: Error syntax: directive "user" is not terminated by ";"
        4: Error empty-pool: no servers are inside upstream "app"
        5: Error duplicate-name: duplicate upstream "app"
        6: Error value: invalid value "yes" in "sendfile" directive, it must be "on" or "off"
        8: Error unknown-keyword: unknown directive "lisen"
        9: Error placement: "worker_processes" directive is not allowed here
        10: Error arity: invalid number of arguments in "root" directive
        11: Error syntax: directive "location" has no opening "{"
        13: Error syntax: unexpected end of file, expecting "}"
        "#);
}

#[test]
fn a_fragment_is_read_where_it_would_be_included() {
    assert_eq!(
        report("/etc/nginx/conf.d/a.conf", "server { listen 80; }\n"),
        ""
    );
    assert_eq!(
        report(
            "/etc/nginx/snippets/a.conf",
            "try_files $uri =404;\nalias /x;\n"
        ),
        ""
    );
    assert!(report("/etc/nginx/nginx.conf", "server { listen 80; }\n").is_empty());
}

#[test]
fn names_that_a_whole_file_lacks_are_errors_and_a_fragment_only_warns() {
    let fragment = "server { listen 80; access_log /x timed; location / { proxy_pass http://$bakcend; } location ~ (x { fastcgi_pass php; } }\n";
    insta::assert_snapshot!(report("/etc/nginx/sites-enabled/www", fragment), @r#"
        1: Warning undefined-name: unknown log format "timed"
        1: Error value: pcre2_compile() failed: missing closing parenthesis in "(x"
        1: Warning undefined-name: unknown "bakcend" variable
        1: Warning undefined-pool: no port in upstream "php"
        "#);
    let whole = format!("events {{}}\nhttp {{ {fragment} }}\n");
    insta::assert_snapshot!(report("/etc/nginx/nginx.conf", &whole), @r#"
        2: Error undefined-name: unknown log format "timed"
        2: Error value: pcre2_compile() failed: missing closing parenthesis in "(x"
        2: Error undefined-name: unknown "bakcend" variable
        2: Error undefined-pool: no port in upstream "php"
        "#);
}

#[test]
fn sockets_and_locations_are_not_taken_twice() {
    let text = "server { listen 80 default_server; location / {} location = / {} location ^~ / {} }\nserver { listen *:80 default_server; }\n";
    insta::assert_snapshot!(report("/etc/nginx/conf.d/a.conf", text), @r#"
        2: Error duplicate-name: a duplicate default server for *:80
        1: Error duplicate-name: duplicate location "/"
        "#);
}

#[test]
fn nothing_is_reported_that_hangs_on_a_hole() {
    let text = "upstream a { server \u{100000}; }\nserver { listen \u{100000}; location \u{100000} { \u{100001} } return \u{100000}x; set $a $\u{100000}; }\n";
    assert_eq!(report("/etc/nginx/conf.d/a.conf", text), "");
    // A hole on its own line hides nothing of what follows.
    let text = "\u{100000}\nupstream a { }\n";
    assert!(report("/etc/nginx/conf.d/a.conf", text).contains("no servers are inside upstream"));
}
