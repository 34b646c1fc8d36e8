//! BIND's `named.conf`: what `named-checkconf` refuses. Source: BIND 9's reference of its configuration file.
//!
//! A file may be a part of the whole: ACLs, keys and servers that another file names are left alone.

mod check;
mod tables;
mod tree;
mod values;

use crate::problem::Problem;
use crate::source::Source;

const MAX_PROBLEMS: usize = 100;

/// What is wrong with a file.
#[must_use]
pub fn problems(source: &Source) -> Vec<Problem> {
    let tree = tree::parse(source);
    let mut out = tree.problems;
    check::file(&tree.statements, source, &mut out);
    out.sort_by_key(|p| p.span.start);
    out.truncate(MAX_PROBLEMS);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lines::report;

    #[test]
    fn statements_and_blocks_end_with_a_semicolon() {
        insta::assert_snapshot!(report(problems, "\
options { // x
  directory \"/var/cache/bind;\";
  forwarders { 10.0.0.1; 10.0.0.2 };
  listen-on-v6 { any; }
  inet 127.0.0.1 port 953 allow { localhost; } keys { rndc; };
};
zones \"a\" { type master; };
/* y } */ include \"x\";
acl b { !10.0.0.0/8; }
"), @"
        3: Error syntax missing ';' after '10.0.0.2'
        7: Error unknown-keyword unknown option 'zones'
        9: Error syntax missing ';' after '}'
        ");
        insta::assert_snapshot!(report(problems, "options {\n  recursion no;\n"), @"1: Error syntax unexpected end of input: the block of `options` is never closed");
        insta::assert_snapshot!(report(problems, "};\nzone \"a {\n"), @"
        1: Error syntax syntax error near '}': no block is open here
        2: Error syntax unexpected end of input: a quote or comment is never closed
        ");
        assert_eq!(
            report(problems, "zone \"\u{100000}\" {\n  \u{100000}\n"),
            ""
        );
    }

    #[test]
    fn options_and_zones_are_judged() {
        insta::assert_snapshot!(report(problems, "\
options extra {
  recursion maybe; recursion yes; recusion no;
  querylog yes
  allow-query any;
  allow-transfer { none; } extra;
  forwarders { dns1; 10.0.0.1 10.0.0.2; };
  listen-on port 99999 { 10.0.0.0/33; 10.0.0.1/8; 300.0.0.1; };
  transfers-in few; directory /tmp; notify perhaps; max-cache-size 10x; max-cache-ttl soon;
  rate-limit { respones-per-second 5; window x; };
  option-of-a-newer-version 1; yes;
};
options { };
key k { algorithm hmac-sha257; secret \"abc\"; };
key l { algorithm hmac-sha256; };
view v { zone \"in\" { type master; file \"f\"; }; };
zone \"a\" { };
zone \"b\" { type mastr; };
zone \"c\" xx { type master; };
zone \"C.\" { type slave; };
logging { channel c { severity info; }; category default { d; }; };
view { };
"), @"
        1: Error syntax '{' expected near 'extra'
        2: Error value boolean expected near 'maybe'
        2: Error duplicate-name 'recursion' redefined
        2: Error unknown-keyword unknown option 'recusion'
        4: Error syntax missing ';' before 'allow-query'
        5: Error syntax missing ';' before 'extra'
        6: Error value expected IP address near 'dns1'
        6: Error syntax missing ';' before '10.0.0.2'
        7: Error value port value '99999' is out of range
        7: Error value invalid prefix length: '10.0.0.0/33'
        7: Error value the address has more digits than the prefix length: '10.0.0.1/8'
        7: Error value neither an address nor an ACL: '300.0.0.1'
        8: Error value number expected near 'few'
        8: Error value quoted string expected near '/tmp'
        8: Error value yes, no, true, false, explicit, master-only, primary-only expected near 'perhaps'
        8: Error value integer and optional unit or percent expected near '10x'
        8: Error value time expected near 'soon'
        9: Error unknown-keyword unknown option 'respones-per-second'
        9: Error value expected number near 'x'
        10: Error unknown-keyword unknown option 'yes'
        12: Error duplicate-name options 'options' redefined
        13: Error value unknown algorithm 'hmac-sha257'
        13: Error value bad secret: bad base64 encoding
        14: Error arity key 'l' must have both 'secret' and 'algorithm' defined
        16: Error placement when using 'view' statements, all zones must be in views
        16: Error arity zone 'a': type not present
        17: Error placement when using 'view' statements, all zones must be in views
        17: Error value 'mastr' unexpected: a type of zones
        18: Error placement when using 'view' statements, all zones must be in views
        18: Error arity zone 'c': missing 'file' entry
        18: Error value zone 'c': invalid class xx
        19: Error placement when using 'view' statements, all zones must be in views
        19: Error duplicate-name zone 'c': already exists
        19: Error arity zone 'c': missing 'primaries' entry
        20: Error arity channel 'c': exactly one of file, syslog, null and stderr must be present
        20: Error undefined-name undefined channel: 'd'
        21: Error arity view: expected a name
        ");
    }

    #[test]
    fn acls_are_known_where_the_file_is_all_there_is() {
        let undefined = |path: &str, more: &str| {
            let text = format!(
                "{more}acl b {{ any; }};\noptions {{ allow-query {{ a; b; localnets; key c; }}; }};\n"
            );
            let found = problems(&Source::new(path, text));
            found.into_iter().map(|p| p.message).collect::<Vec<_>>()
        };
        assert_eq!(undefined("/etc/named.conf", ""), ["undefined ACL 'a'"]);
        assert_eq!(undefined("/etc/named.conf", "include \"x\";\n"), [""; 0]);
        assert_eq!(undefined("/etc/bind/named.conf.options", ""), [""; 0]);
    }

    #[test]
    fn nothing_is_said_about_what_is_unknown() {
        for text in [
            "options { recursion \u{100000}; \u{100000} x; allow-query { \u{100000}; }; };\n",
            "zone \"a\" { type \u{100000}; };\nzone \"b\" { \u{100000} };\n",
            "zone \"\u{100000}\" { type forward; };\nzone \"\u{100000}\" { type forward; };\n",
            "key \u{100000} { \u{100000} };\nlogging { \u{100000} category x { y; }; };\n",
        ] {
            assert_eq!(report(problems, text), "", "{text}");
        }
        let _ = report(problems, &"a { ".repeat(20_000));
    }
}
