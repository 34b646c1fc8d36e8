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

#[test]
fn zones_and_maps_are_judged() {
    insta::assert_snapshot!(report("/etc/nginx/nginx.conf", "\
worker_processes aut0;
events {}
http {
  limit_req_zone $uri zone=a:1q rate=1r/s;
  limit_req_zone $uri $uri zone=a:1m rate=1r/s;
  limit_req_zone $uri zone=b:1k rate=1r/s;
  limit_conn_zone $uri zone=:1m;
  limit_conn_zone $uri zone=c:10m;
  limit_req burst=1;
  limit_req zone=a burst=x;
  limit_conn c 0;
  proxy_cache_path /x;
  proxy_cache_path /x keys_zone=d levels=1:2;
  proxy_cache_path /x keys_zone=d:1m levels=3;
  proxy_cache_path /x keys_zone=d:1m inactive=soon;
  proxy_cache_path /x keys_zone=d:10m levels=1:2 inactive=1h max_size=1g use_temp_path=off;
  map $uri $x { default 1; default 2; }
  map $uri $y { a 1; A 2; }
  map $uri $z { hostnames; default 1; '' 2; .a 3; *.a 4; ~a 5; ~a 6; include m; include n; }
}
"), @r#"
    1: Error value: "worker_processes" directive invalid value
    4: Error value: invalid zone size "zone=a:1q"
    5: Error value: invalid parameter "$uri"
    6: Error value: zone "zone=b:1k" is too small
    7: Error value: "limit_conn_zone" must have a name of the zone in "zone=:1m"
    9: Error value: "limit_req" must have "zone" parameter
    10: Error value: invalid burst value "burst=x"
    11: Error value: invalid number of connections "0"
    12: Error arity: invalid number of arguments in "proxy_cache_path" directive
    13: Error value: invalid keys zone size "keys_zone=d"
    14: Error value: invalid "levels" "levels=3"
    15: Error value: invalid inactive value "inactive=soon"
    17: Error duplicate-name: duplicate default map parameter
    18: Error duplicate-name: conflicting parameter "A"
    "#);
}

#[test]
fn directives_take_what_they_choose_from() {
    insta::assert_snapshot!(report("/etc/nginx/nginx.conf", "\
worker_priority -5;
events {}
http {
  aio threads=pool;
  directio 4m;
  limit_rate $arg_rate;
  limit_rate_after soon;
  gzip_static maybe;
  satisfy $uri;
  proxy_bind $remote_addr transparent;
  fastcgi_bind [2001:db8::1]:80;
  grpc_bind localhost;
  open_file_cache max=1000 inactive=20s;
  open_log_file_cache inactive=20s;
  ssl_session_cache shared:tls:10m builtin:1000;
  server { listen 81; aio sometimes; ssl_session_cache shared:tls; proxy_store_access user:rw all:rx; }
  set_real_ip_from 10.1;
  proxy_cache_methods GET PUT;
}
"), @r#"
    7: Error value: "limit_rate_after" directive invalid value
    8: Error value: invalid value "maybe"
    9: Error value: invalid value "$uri"
    12: Error value: invalid address "localhost"
    14: Error value: "open_log_file_cache" must have the "max" parameter
    16: Error value: "aio" directive invalid value
    16: Error value: invalid session cache "shared:tls"
    16: Error value: invalid value "all:rx"
    18: Error value: invalid value "PUT"
    "#);
}
