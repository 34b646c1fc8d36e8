use super::*;
use crate::lines::report;

#[test]
fn both_grammars_are_taken() {
    assert_eq!(
        report(
            problems,
            r#"# "quotes and ( too
$ModLoad imuxsock # local messages
$FileCreateMode 0640
$template Remote,"/var/log/%HOSTNAME%/%$year%.log\%"
module( load="builtin:omfile" Template="Traditional" )
main_queue(queue.size="100k" queue.type="LinkedList")
template(name="json" type="list" option.json="on") {
  # a comment in the middle
  constant(value="{\"m\":\"\n")
  property(name="$!all-json") /* and the end */
}
ruleset(name="remote") {
  if $fromhost-ip startswith ["10.", '192.'] and not ($programname == 'a') then {
    action(type="omfile" dynaFile="Remote"
           createDirs="on" dirCreateMode="0755")
    stop
  } else if re_match($msg, '^a\\d+$') or $!usr!id >= 100 then ?Remote;Long
  else {
    set $.n = cnum($!n) + 1; unset $!x;
    foreach ($.i in $!list) do {
      call other.set
    }
  }
}
*.*;auth,authpriv.none -/var/log/syslog # to the line's end { ( "
*.=info;*.=notice;\
	auth.none	-/var/log/messages
local0.* { /var/log/a
  stop
}
:msg, !contains, "a \"b\" c" stop
& ~
if prifilt("mail.*") then @@(o)logs:514;RSYSLOG_ForwardFormat
$ActionQueueType LinkedList
*.* @logs
$ActionExecOnlyWhenPreviousIsSuspended on
& /var/log/local # the directive stands between
if $$now == 'a' and $/global == "\x41" then stop"#
        ),
        ""
    );
}

#[test]
fn what_breaks_the_grammar_is_told_once() {
    let cases = [
        (
            "action(type=\"omfile\" file=\"/x\"\n*.* /y\n",
            "2: syntax error on token '*': expected `name=\"value\"` or `)`",
        ),
        ("\naction(type=\"omfile\n", "2: a quote is never closed"),
        (
            "action(type='omfile')\n",
            "1: syntax error on token ''': a value stands in double quotes",
        ),
        (
            "action(type=\"omfile\" file=\"/a\\d\")\n",
            "1: an escape that does not exist in \"/a\\d\"",
        ),
        (
            "action(type=\"omfile\"\n",
            "1: the parenthesis of `action(` is never closed",
        ),
        (
            "if $msg contains 'a' stop\n",
            "1: syntax error on token 'stop': expected `then`",
        ),
        (
            "if ($msg == 'a' then stop\n",
            "1: syntax error on token 'then': expected `)`",
        ),
        (
            "if $msg == a then stop\n",
            "1: syntax error on token 'a': text stands in quotes",
        ),
        (
            "if $msg = 'a' then stop\n",
            "1: syntax error on token '=': expected `then`",
        ),
        (
            "if $msg == \"a$b\" then stop\n",
            "1: a `$` in double quotes must be escaped: \"a$b\"",
        ),
        (
            "if $msg == 'a' then {\n stop\n",
            "2: syntax error at the end of the file: a block is never closed",
        ),
        (
            "0640 /a\n",
            "1: syntax error on token '0640': no filter stands before it",
        ),
        ("*.* stop\n}\n", "2: syntax error on token '}'"),
        (
            "*.*\n",
            "1: syntax error at the end of the file: a filter needs an action",
        ),
        (
            "set $.a = 1\n*.* stop\n",
            "2: syntax error on token '.': expected a value",
        ),
        (
            "ruleset(name=\"a\") { template(name=\"b\" type=\"string\") }\n",
            "1: syntax error on token 'template(': it may not stand here",
        ),
        (
            "mail.info;\\\n  cron.info /a\n}\n",
            "3: syntax error on token '}'",
        ),
    ];
    for (text, wanted) in cases {
        let source = Source::new("a", text);
        let said: Vec<String> = problems(&source)
            .iter()
            .map(|p| format!("{}: {}", source.line(p.span.start), p.message))
            .collect();
        assert_eq!(said, [wanted], "{text}");
    }
}

#[test]
fn names_and_values_are_told_where_no_module_may_know_them() {
    insta::assert_snapshot!(report(problems, r#"
mail.inf;locl0.* /a
:msgg, contans, "x" /b
$RepeatedMsgReducton on
$RepeatedMsgReduction yes
$FileCreateMode 640
$SomethingOfAModule 3
$template T,"%msgg%"
acton(type="omfile")
newobject(of="a newer version")
action(file="/c")
action(type="omfile" file="/d" File="/e" filecreatemod="0600" sync="maybe")
action(type="omelasticsearch" servr="a" queue.sze="3" queue.type="Lists")
action(type="omfwd" target="h" protocol="tpc" action.resumeRetryCount="a")
template(name="a" type="strng" string="%programnam%")
ruleset(name="r") { }
ruleset(name="r") { }
if re_mach($hostnam, 'a') then stop
!program
/* never closed
action(
"#), @r#"
    2: Error value unknown priority name "inf"
    2: Error value unknown facility name "locl0"
    3: Error unknown-keyword invalid property 'msgg'
    3: Error value invalid compare operation 'contans'
    4: Error unknown-keyword invalid or yet-unknown config file command 'RepeatedMsgReducton'
    5: Error value $RepeatedMsgReduction does not take 'yes'
    6: Error value $FileCreateMode does not take '640'
    8: Error unknown-keyword invalid property 'msgg'
    9: Error unknown-keyword `acton(` is no object
    11: Error arity parameter 'type' required but not specified
    12: Error duplicate-name duplicate parameter 'File'
    12: Error unknown-keyword parameter 'filecreatemod' not known
    12: Error value parameter 'sync' does not take "maybe"
    13: Error unknown-keyword parameter 'queue.sze' not known
    13: Error value parameter 'queue.type' does not take "Lists"
    14: Error value parameter 'protocol' does not take "tpc"
    14: Error value parameter 'action.resumeretrycount' does not take "a"
    15: Error value parameter 'type' does not take "strng"
    15: Error unknown-keyword invalid property 'programnam'
    17: Error duplicate-name ruleset 'r' specified more than once
    18: Error unknown-keyword function 're_mach' not found
    18: Error unknown-keyword invalid property 'hostnam'
    19: Error unknown-keyword BSD-style blocks are no longer supported in rsyslog
    20: Warning ignored a comment that nothing ends: the rest of the file is passed over
    "#);
}

#[test]
fn nothing_is_said_about_what_is_unknown() {
    for text in [
        "\u{100000}\n}\n",
        "\u{100000}.* /a\n*.\u{100000} /a\n$FileCreateMode \u{100000}\n$\u{100000}X y\n",
        "action(\u{100000})\n}\n",
        "if \u{100000} then stop\n}\n",
        "action(type=\"omfile\" filecreatemode=\"\u{100000}\")\n",
        "action(type=\"omfile\" \u{100000}=\"1\" \n",
    ] {
        assert_eq!(report(problems, text), "", "{text}");
    }
    // What only opens ends, too.
    for mark in ["if (", "*.* {\n", "*.info\n"] {
        assert_eq!(report(problems, &mark.repeat(20_000)), "", "{mark}");
    }
}
