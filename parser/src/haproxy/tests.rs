//! Tests of the parser and of what the checks report.

use super::*;

/// Each problem as `line: kind class message`.
fn report(text: &str) -> String {
    let source = Source::new("haproxy.cfg", text);
    problems(&source, Version::USUAL)
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
fn words_lose_their_quotes_and_escapes() {
    let source = Source::new(
        "x",
        "frontend a\n  bind :80 name \"a b\" 'c\\d' e\\ f # g\n",
    );
    let (config, errors) = parse(&source);
    assert!(errors.is_empty());
    let words: Vec<_> = config.sections[0].lines[0]
        .words
        .iter()
        .map(|w| &*w.text)
        .collect();
    assert_eq!(words, ["bind", ":80", "name", "a b", "c\\d", "e f"]);
}

#[test]
fn a_branch_that_is_not_taken_is_left_out() {
    let text = "global\n.if version_atleast(99)\n  nonsense\n.elif feature(OPENSSL)\n  daemon\n.else\n  nonsense\n.endif\n";
    assert_eq!(report(text), "");
}

#[test]
fn what_the_daemon_refuses_is_an_error_and_what_serves_nobody_a_warning() {
    insta::assert_snapshot!(report("\
defaults
  timeout client 5x
frontend www
  bind 127.0.0.1:
  mode htp
  default_backend nowhere
backend app
  servr a 10.0.0.1:80
  server a 10.0.0.1:80 chekc
  server b :80 check
  server c 10.0.0.256:80
  server b 10.0.0.2:80
  option httplogs
"), @"
        2: Error value: unexpected character 'x' in time '5x' in 'timeout'
        4: Error value: 'bind': missing port specification in '127.0.0.1:'
        5: Error value: unknown proxy mode 'htp': 'http' or 'tcp'
        8: Error unknown-keyword: unknown keyword 'servr' in 'backend' section
        9: Error unknown-keyword: unknown keyword 'chekc' on a 'server' line
        10: Warning blank-address: ':80' has no address: HAProxy accepts it and sends requests nowhere
        11: Error value: could not resolve address '10.0.0.256'
        12: Error duplicate-server: backend 'app', another server named 'b' was already defined at line 10
        13: Error unknown-keyword: unknown option 'httplogs'
        6: Error undefined-pool: frontend 'www': unable to find required default_backend: 'nowhere'
        ");
}

#[test]
fn sections_are_judged_as_a_whole() {
    insta::assert_snapshot!(report("\
global
  tune.ssl.default-dh-param 512
  tune.comp.maxlevel 10
  tune.idletimer soon
peers p
  bind :1024
  peer a 10.0.0.1:1024
peers p
  peer a 10.0.0.1
cache c
  max-age 5
resolvers r
  nameserver n 10.0.0.53:53
  nameserver n 10.0.0.54:53
userlist u
  user a insecure-password b groups g
  group h users a,c
backend app
  stick-table type ip size 1m
  stick-table type ip size 1m
  server a 10.0.0.1:443 ssl
  server b 10.0.0.2:443 check-ssl check verify required
  server c 10.0.0.3:443 inter 0 weight -1
  hash-balance-factor 50
  use_backend nowhere
frontend www
  bind :443 ssl
"), @r#"
    2: Error value: 'tune.ssl.default-dh-param' expects a number from 1024 on but got '512'
    3: Error value: 'tune.comp.maxlevel' expects a number from 1 to 9 but got '10'
    4: Error value: unexpected character 'o' in time 'soon' in 'tune.idletimer'
    7: Error placement: mixing "peer" and "bind" line is forbidden
    8: Error duplicate-name: peers 'p' has the same name as a section declared at line 5
    9: Error value: missing port specification in '10.0.0.1'
    14: Error duplicate-name: nameserver 'n' has same name as another
    20: Error duplicate-name: stick-table name 'app' conflicts with the table before it: a section has one
    23: Error value: invalid value 0 for argument 'inter'
    24: Error value: 'hash-balance-factor' must be 0 or at least 100
    10: Error arity: Size not specified for cache 'c'
    16: Error undefined-name: no such group 'g' specified in 'a'
    17: Error undefined-name: no such user 'c' specified in 'h'
    21: Error value: server 'a': verify is enabled by default but no CA file specified
    22: Error value: server 'b': verify is enabled by default but no CA file specified
    25: Error undefined-pool: backend 'app': unable to find required use_backend: 'nowhere'
    27: Error value: no SSL certificate specified for bind ':443'
    "#);
}

#[test]
fn what_the_daemon_only_complains_about_is_no_error() {
    assert_eq!(
        report(
            "\
global
  gid staff
cache c
  total-max-size 4
  max-age
defaults
  mode http
  unique-id-format %+Xo-%,
  default-server verify none
frontend www
  bind :443 ssl strict-sni
  default_backend nowhere
  stick anything
  default_backend app
backend app
  log-format 50%
  cookie a insert insert
  stick-table type ip size 1m store
  default-server id x ssl
  server a 10.0.0.1:443 weight
  server b 10.0.0.2:443 no-ssl maxconn
  server-template c q1-3x 10.0.0.3:443
  server-template d 0-0 10.0.0.4:443
"
        ),
        ""
    );
    // Who is to be believed may be said where we do not see it.
    assert_eq!(
        report("global\n  ssl-server-verify none\nbackend app\n  server a 10.0.0.1:443 ssl\n"),
        ""
    );
    assert_eq!(
        report("backend app\n  server a 10.0.0.1:443 ssl ca-file @system-ca\n"),
        ""
    );
}

#[test]
fn nothing_is_reported_that_hangs_on_a_hole() {
    let text = "defaults\n  timeout client \u{100000}\nfrontend www\n  bind :\u{100000}\n  default_backend \u{100000}\nbackend app\n  server a \u{100000}:80 \u{100001} nonsense\n  server \u{100000} 10.0.0.1:80\n  server \u{100000} 10.0.0.2:80\n";
    assert_eq!(report(text), "");
    // What stands before the hole is still judged.
    assert!(report("frontend www\n  bidn :\u{100000}\n").contains("unknown keyword 'bidn'"));
}

#[test]
fn conditions_expressions_and_formats_are_read() {
    insta::assert_snapshot!(report("\
frontend www
  bind :80
  acl api path_beg /api
  acl old hdr(host) -m foo x
  http-request set-header X-Src \"%[src,lowr]\"
  http-request deny if api or { path_end .php }
  http-request redirect location /x code 305 if api
  use_backend app if apii
  log-format \"%ci %foo\"
backend app
  stick-table type ip size 1m store http_req_rate(10x)
  http-request track-sc0 src table nowhere
  server a 10.0.0.1 check
"), @"
        4: Error value: unknown matching method 'foo'
        5: Error unknown-keyword: unknown converter 'lowr'
        7: Error value: 'http-request' expects one of 301, 302, 303, 307, 308 but got '305'
        8: Error undefined-name: no such ACL: 'apii'
        9: Error unknown-keyword: no such format variable 'foo': write '%%' for the character '%' itself
        11: Error value: stick-table: unexpected character 'x' in time '10x'
        12: Error undefined-name: unable to find table 'nowhere'
        13: Error value: server 'a' has neither service port nor check port
        ");
}

/// What a version refuses, without what every version says of the config around it.
fn refused_by(major: u16, minor: u16, line: &str) -> String {
    let text = format!(
        "defaults\n mode http\n timeout connect 5s\n timeout client 5s\n timeout server 5s\nlisten l\n bind :80\n server a 10.0.0.1:80\n {line}\n"
    );
    let source = Source::new("haproxy.cfg", text);
    let found = problems(&source, Version::new(major, minor));
    let messages: Vec<String> = found.into_iter().map(|p| p.message).collect();
    messages.join("; ")
}

#[test]
fn what_a_later_version_added_is_refused_before() {
    let cases = [
        (
            "guid x",
            "unknown keyword 'guid' in 'listen' section in HAProxy 2.8: it is there since 3.0",
        ),
        ("http-request set-header x %[src,rfc7239_is_valid]", ""),
        (
            "http-request set-header x %[uptime]",
            "unknown fetch method 'uptime' in HAProxy 2.8: it is there since 3.0",
        ),
        (
            "http-request set-header x %[src,reverse]",
            "unknown converter 'reverse' in HAProxy 2.8: it is there since 3.4",
        ),
        (
            "server b 10.0.0.2:80 guid x",
            "unknown keyword 'guid' on a 'server' line in HAProxy 2.8: it is there since 3.0",
        ),
        (
            "http-request do-log",
            "'http-request' does not know the action 'do-log' in HAProxy 2.8: it is there since 3.1",
        ),
        ("http-request sc-add-gpc(0,1) 2", ""),
        (
            "option dont-parse-log",
            "unknown option 'dont-parse-log' in HAProxy 2.8: it is there since 3.2",
        ),
        (
            "timeout client-hs 5s",
            "'timeout' does not know 'client-hs' in HAProxy 2.8: it is there since 2.9",
        ),
        (
            "balance sticky",
            "'balance' does not know 'sticky' in HAProxy 2.8: it is there since 2.9",
        ),
        (
            "mode log",
            "'mode' does not know 'log' in HAProxy 2.8: it is there since 2.9",
        ),
        (
            "crt-store web",
            "unknown section 'crt-store' in HAProxy 2.8: it is there since 3.0",
        ),
    ];
    for (line, expected) in cases {
        assert_eq!(refused_by(2, 8, line), expected, "{line}");
        assert_eq!(refused_by(3, 4, line), "", "{line}");
    }
}

#[test]
fn what_a_later_version_removed_is_refused_since() {
    let cases = [
        (
            "option accept-invalid-http-request",
            "unknown option 'accept-invalid-http-request' in HAProxy 3.4: it was there up to 3.0",
        ),
        (
            "bind-process 2",
            "unknown keyword 'bind-process' in 'listen' section in HAProxy 3.4: it was there up to 2.6",
        ),
        (
            "option http-use-htx",
            "unknown option 'http-use-htx' in HAProxy 3.4: it was there up to 2.4",
        ),
        (
            "program x",
            "unknown section 'program' in HAProxy 3.4: it was there up to 3.2",
        ),
    ];
    for (line, expected) in cases {
        assert_eq!(refused_by(3, 4, line), expected, "{line}");
        assert_eq!(refused_by(2, 4, line), "", "{line}");
    }
}

#[test]
fn a_later_version_still_refuses_what_looks_mistyped() {
    assert_eq!(
        refused_by(3, 4, "timeout clinet 5s"),
        "'timeout' expects one of client, server, connect, check, queue, http-keep-alive, http-request, tunnel, tarpit, client-fin, server-fin but got 'clinet'"
    );
    assert_eq!(refused_by(3, 4, "timeout of-the-future 5s"), "");
}
