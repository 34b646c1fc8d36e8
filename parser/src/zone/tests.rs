use super::*;
use crate::lines::report;

#[test]
fn what_servers_take_is_silent() {
    assert_eq!(
        report(
            problems,
            r#"; the shop
$TTL 1h
@	IN SOA ns1 hostmaster.example.com. (
		2026112301 ; ( serial
		3h 15M 2w
		300 )
	IN NS ns1
	NS ns2.example.net.
ns1	A 192.0.2.53
	MX 0 a
	TXT "v=spf1 \"x\" ; no comment" and\ more ( "second"
	  third )
	300 IN A 192.0.2.80
	IN 300 AAAA 2001:db8::80
a	CNAME www
A	cname WWW
	RRSIG CNAME 8 3 300 20260101000000 20250101000000 1 example.com. ab==
*.app MX 10 .
host\.with\046dots A 192.0.2.1
odd TYPE65534 \# 2 abcd
s TLSA 3 1 1 ( 0b9f a5a5
  9e ee )
$GENERATE 1-20/2 h$ A 10.0.0.$
$ORIGIN sub.example.com.
www NS ns1.www ; relative
	MX 5 mail.example.com."#
        ),
        ""
    );
}

#[test]
fn one_bad_record_refuses_the_zone() {
    insta::assert_snapshot!(report(problems, "\
$TTL abc
$TTL 1 2
$TLL 300
@ IN SOA ns1 host 1 2 3 4
a A 1.2.3
a AAAA 1.2.3.4
a AA 1.2.3.4
a 1x A 1.2.3.4
a 4294967296 A 1.2.3.4
a 2147483648 A 1.2.3.4
a CH TXT x
a IN
a MX mail
a MX 70000 mail
a MX 10 mail x
a..b A 1.2.3.4
a TXT
a TXT \"b
c SSHFP 4 2 abc
d CNAME a
d A 1.2.3.4
d CNAME b
$GENERATE 3-1 h$ A 10.0.0.$
e IN TXT b )
f TXT (
"), @"
    1: Error value bad ttl: 'abc'
    2: Error arity extra input text: '2'
    3: Error unknown-keyword unknown $ directive '$TLL'
    4: Error arity unexpected end of input: a field is missing
    5: Error value bad dotted quad: '1.2.3'
    6: Error value bad IPv6 address: '1.2.3.4'
    7: Error unknown-keyword unknown RR type 'AA'
    8: Error unknown-keyword unknown RR type '1x'
    9: Error unknown-keyword unknown RR type '4294967296'
    10: Warning value a TTL of 2147483648 is out of range: it counts as 0
    11: Error value class 'CH' != zone class 'IN'
    12: Error arity unexpected end of line: a record needs a type
    13: Error value not a valid number: 'mail'
    14: Error value out of range: '70000'
    15: Error arity extra input text: 'x'
    16: Error value empty label: 'a..b'
    17: Error arity unexpected end of input: a field is missing
    18: Error syntax unbalanced quotes
    19: Error value bad hex encoding: an odd number of digits
    21: Error duplicate-name CNAME and other data: A
    22: Error duplicate-name CNAME and other data: A
    23: Error value invalid range '3-1'
    24: Error syntax unbalanced parentheses: nothing is open here
    25: Error syntax unbalanced parentheses: this one is never closed
    ");
}

#[test]
fn a_zone_has_one_soa_and_name_servers() {
    insta::assert_snapshot!(report(problems, "\
w A 192.0.2.1
@ 300 SOA ns1 host 1 2 3 4 5
@ SOA ns1 host 2 2 3 4 5
a NS b
@ NS ns1.sub
@ NS ns.example.com.
@ NS ns
@ NS ns.wild
sub NS b
*.wild A 192.0.2.1
"), @"
    1: Error arity no TTL specified; zone rejected
    3: Error duplicate-name a zone has one SOA record
    7: Error undefined-name NS 'ns' has no address records (A or AAAA)
    ");
    // A part of a zone has neither.
    assert_eq!(report(problems, "w A 192.0.2.1\n"), "");
    assert_eq!(
        report(problems, "@ 300 SOA ns1 host 1 2 3 4 5\n$INCLUDE rest\n"),
        ""
    );
}

#[test]
fn names_that_lead_nowhere_are_told() {
    insta::assert_snapshot!(report(problems, "\
$ORIGIN example.com.
a CNAME www.example.com
b MX 10 192.0.2.1
c CNAME www.example.com.
d CNAME example.com.backup
"), @"
    2: Warning value 'www.example.com' has no final dot: it means 'www.example.com.example.com.'
    3: Warning value MX takes a name, and '192.0.2.1' is an address
    ");
}

#[test]
fn nothing_is_said_about_what_is_unknown() {
    for text in [
        "$TTL \u{100000}\n@ SOA ns1 host \u{100000} 2 3 4 5\n",
        "@ 300 SOA ns1 host 1 2 3 4 5\n\u{100000}\n",
        "\u{100000} CNAME a\n  A \u{100000}\na CNAME b\n",
        "a CNAME b\n\u{100000}\n  A 192.0.2.1\n",
    ] {
        assert_eq!(report(problems, text), "", "{text}");
    }
}

#[test]
fn names_lead_to_addresses_and_to_other_names() {
    let shown = |text: &str| -> String {
        let source = Source::new("zone", text);
        let leads = leads(&source);
        let mut out = format!(
            "{}{}\n",
            leads.apex,
            if leads.is_open { ", open" } else { "" }
        );
        for lead in leads.records {
            let line = source.line(lead.span.start);
            out += &format!("{line}: {} -> {}\n", lead.owner, lead.target);
        }
        out
    };
    insta::assert_snapshot!(shown("\
@ IN SOA ns1 root 1 3h 15M 2w 300
@ 300 A 192.0.2.1
www IN CNAME lb1
WWW.example.com. 60 IN A 192.0.2.3
bad A 192.0.2.300
mail MX 10 lb1
"), @"
    ?
    2: ? -> 192.0.2.1
    3: www.? -> lb1.?
    4: www.example.com. -> 192.0.2.3
    ");
    insta::assert_snapshot!(shown("\
$ORIGIN Example.COM.
@ IN SOA ns1 root 1 3h 15M 2w 300
www AAAA 2001:db8::1
    CNAME \u{100000}
$INCLUDE more
"), @"
    example.com., open
    3: www.example.com. -> 2001:db8::1
    ");
}
