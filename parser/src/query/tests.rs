//! The traps of the grammar, and properties over generated queries.

use std::fmt::Write;

use super::*;

fn verdicts(queries: &[&str]) -> String {
    let mut out = String::new();
    for query in queries {
        let line = match parse(query, Profile::Server) {
            Ok(Query {
                meaning: Meaning::Lucene { clause, .. },
                ..
            }) => show(&clause),
            Ok(_) => "?".to_string(),
            Err(error) => format!("{} {:?} at {}", error.status, error.stage, error.offset),
        };
        writeln!(out, "{query}  =>  {line}").unwrap();
    }
    out
}

fn show(clause: &Clause) -> String {
    match &clause.test {
        Test::All => "*:*".into(),
        Test::Nothing => "nothing".into(),
        Test::Group(clauses) => {
            let parts: Vec<String> = clauses
                .iter()
                .map(|(occur, clause)| {
                    let mark = match occur {
                        Occur::Should => "",
                        Occur::Must => "+",
                        Occur::MustNot => "-",
                    };
                    match clause.test {
                        Test::Group(_) => format!("{mark}({})", show(clause)),
                        _ => format!("{mark}{}", show(clause)),
                    }
                })
                .collect();
            parts.join(" ")
        }
        Test::Tokens(scope, matcher) => {
            let text = match matcher {
                Matcher::Text(text) => text.replace("__=__", "="),
                Matcher::Phrase(text, slop) => format!("{:?}~{slop}", text.replace("__=__", "=")),
                Matcher::Prefix(text) => format!("{}…", text.replace("__=__", "=")),
                Matcher::Wildcard(text) => format!("wild {}", text.replace("__=__", "=")),
                Matcher::Regex(text) => format!("/{text}/"),
                Matcher::Fuzzy(text, edits) => format!("{}~{edits}", text.replace("__=__", "=")),
                Matcher::Range {
                    lower,
                    upper,
                    inclusive,
                } => {
                    format!(
                        "{}..{}{}",
                        lower.replace("__=__", "="),
                        if *inclusive { "=" } else { "" },
                        upper.replace("__=__", "=")
                    )
                }
            };
            match scope {
                Scope::Content => text,
                Scope::Everywhere => format!("any({text})"),
            }
        }
    }
}

#[test]
fn operators_have_no_precedence_and_negation_ends_an_operand() {
    insta::assert_snapshot!(verdicts(&[
        "a:1 OR b:2 AND c:3",
        "a:1 AND b:2 OR c:3",
        "a:1 OR NOT b:2",
        "a:1 b:2 -c:3",
        "NOT a:1",
        "NOT (NOT a:1)",
        "a:1 AND b:2 AND NOT c:3",
        "NOT a:1 AND b:2",
        "a:1 AND NOT b:2 AND c:3",
        "a:1 AND (NOT b:2) AND c:3",
        "! a:1",
        "a:1 or b:2",
        "a:1 ANDb:2",
    ]), @r#"
    a:1 OR b:2 AND c:3  =>  a=1 +b=2 +c=3
    a:1 AND b:2 OR c:3  =>  +a=1 +b=2 c=3
    a:1 OR NOT b:2  =>  a=1 -b=2
    a:1 b:2 -c:3  =>  a=1 b=2 -c=3
    NOT a:1  =>  -a=1 +*:*
    NOT (NOT a:1)  =>  -(-a=1 +*:*) +*:*
    a:1 AND b:2 AND NOT c:3  =>  +a=1 +b=2 -c=3
    NOT a:1 AND b:2  =>  400 Front at 8
    a:1 AND NOT b:2 AND c:3  =>  400 Front at 16
    a:1 AND (NOT b:2) AND c:3  =>  +a=1 +(-b=2 +*:*) +c=3
    ! a:1  =>  any(!) a=1
    a:1 or b:2  =>  a=1 any(or) b=2
    a:1 ANDb:2  =>  +a=1 +b=2
    "#);
}

#[test]
fn rewriting_is_textual() {
    insta::assert_snapshot!(verdicts(&[
        "roles:(web OR db)",
        "NOT note:\"a b\"",
        "note:\"a b\"",
        "port:[80 TO *]",
        "port:{* TO *}",
        "port:[80* TO 90]",
        "name:/x/",
        "path:/usr",
        "path:\\/usr",
        "a b c:d",
        "kit~ kit~0.8 long:kitten~9",
        "kit~1x",
        "tags:a\\:b* *tag:x",
        "a%3Ab",
    ]), @r#"
    roles:(web OR db)  =>  roles= (any(web) any(db))
    NOT note:"a b"  =>  -note= any("a b"~0)
    note:"a b"  =>  "note=a b"~0
    port:[80 TO *]  =>  port=80..=port=￰
    port:{* TO *}  =>  port=…
    port:[80* TO 90]  =>  port=80*..=port=90
    name:/x/  =>  name= any(/x/)
    path:/usr  =>  400 Backend at 5
    path:\/usr  =>  path=/usr
    a b c:d  =>  any(a b) c=d
    kit~ kit~0.8 long:kitten~9  =>  any(kit~1) any(kit~0) long=kitten~2
    kit~1x  =>  400 Backend at 0
    tags:a\:b* *tag:x  =>  tags=a:b… wild *tag=x
    a%3Ab  =>  a=b
    "#);
}

#[test]
fn what_is_refused_and_where() {
    insta::assert_snapshot!(verdicts(&[
        "", " ", "*:*", "*:* AND a:b", "a:b AND *:*", "(*:*)", "a:b:c", "recipes:a::b", "num:-5", "x:?y", "NOTES:x",
        "x:ANDROID", "role:role[web]", "x:>5", "a:[1 TO 2}", "a:[1  TO 2]", "a:\"\"", "a :b", "x:(a", "a OR", "()", "a\\-b",
        "na\u{ef}ve", "100%", "100%zz", "-(a)", "+a:b", "\"x\" OR a:b",
    ]), @r#"
      =>  400 Front at 0
       =>  nothing
    *:*  =>  *:*
    *:* AND a:b  =>  400 Front at 3
    a:b AND *:*  =>  +a=b +*:*
    (*:*)  =>  *:*
    a:b:c  =>  400 Front at 3
    recipes:a::b  =>  400 Front at 9
    num:-5  =>  400 Front at 4
    x:?y  =>  400 Front at 2
    NOTES:x  =>  400 Front at 5
    x:ANDROID  =>  x=ANDROID
    role:role[web]  =>  400 Front at 9
    x:>5  =>  400 Front at 2
    a:[1 TO 2}  =>  400 Front at 9
    a:[1  TO 2]  =>  400 Front at 4
    a:""  =>  400 Front at 2
    a :b  =>  400 Front at 2
    x:(a  =>  400 Front at 4
    a OR  =>  400 Backend at 1
    ()  =>  400 Backend at 1
    a\-b  =>  400 Front at 1
    naïve  =>  400 Front at 2
    100%  =>  400 Front at 3
    100%zz  =>  500 Front at 3
    -(a)  =>  400 Front at 1
    +a:b  =>  400 Front at 2
    "x" OR a:b  =>  400 Front at 4
    "#);
}

#[test]
fn errors_help() {
    let help = |query: &str| parse(query, Profile::Server).err().and_then(|e| e.help);
    insta::assert_snapshot!(help("recipes:a::b").unwrap(), @r#"a colon inside a value is written `\:`, as in `recipes:nginx\:\:default`"#);
    insta::assert_snapshot!(help("run_list:role[web]").unwrap(), @r#"a bracket is written `\[`, as in `run_list:role\[web\]`"#);
    insta::assert_snapshot!(help("path:/usr").unwrap(), @r#"an unescaped slash begins a regular expression that ends nowhere: write `\/`"#);
    insta::assert_snapshot!(help("NOT a:1 AND b:2").unwrap(), @r#"after NOT, `!`, `-` or a bare quoted text no operator may follow: put it in parentheses or last"#);
}

#[test]
fn hostile_queries_are_refused_quickly() {
    let deep = "(".repeat(500_000);
    let nested = format!("{}a{}", "(".repeat(5_000), ")".repeat(5_000));
    let chained = "a AND (".repeat(20_000);
    let negated = "NOT ".repeat(200_000);
    let fields = "a:".repeat(200_000);
    for query in [&deep, &nested, &chained, &negated, &fields] {
        for profile in Profile::ALL {
            assert!(
                parse(query, profile).is_err(),
                "{profile:?} {}",
                &query[..10]
            );
        }
    }
    let long = vec!["name:node"; 1000].join(" OR ");
    assert!(parse(&long, Profile::Server).is_ok());
    let too_long = vec!["name:node"; 1025].join(" OR ");
    assert_eq!(
        parse(&too_long, Profile::Server).unwrap_err().stage,
        Stage::Backend
    );
}

#[test]
fn surprises_tell_what_the_server_does() {
    let mut out = String::new();
    for query in [
        "a:1 OR b:2 AND c:3",
        "a:1 OR NOT b:2",
        "roles:(web OR db)",
        "NOT note:\"a b\"",
        "note:alpha beta or x",
        "! a:1",
        "recipes:a::b",
        "role:#{x}",
        "p:/a/ OR port:[8 TO 10]",
        "note:\"al*\" AND a:%41",
        "a:1 && b:2",
        "roles:web AND chef_environment:prod",
    ] {
        let kinds: Vec<String> = surprises(query)
            .iter()
            .map(|s| format!("{:?}@{}..{}", s.kind, s.span.start, s.span.end))
            .collect();
        writeln!(out, "{query}  =>  {}", kinds.join(" ")).unwrap();
    }
    insta::assert_snapshot!(out, @r#"
    a:1 OR b:2 AND c:3  =>  MixedOperators@0..3
    a:1 OR NOT b:2  =>  OrNot@7..14
    roles:(web OR db)  =>  GroupAfterField@0..17
    NOT note:"a b"  =>  NotPhrase@0..14
    note:alpha beta or x  =>  WordAfterField@11..15 LowerCaseOperator@16..18 WordAfterField@19..20
    ! a:1  =>  BareNot@0..5
    recipes:a::b  =>  UnescapedColons@9..11
    role:#{x}  =>  Interpolation@5..7
    p:/a/ OR port:[8 TO 10]  =>  Regex@2..5 TextRange@14..23
    note:"al*" AND a:%41  =>  WildcardInPhrase@5..10 Percent@17..20
    a:1 && b:2  =>  Unencoded@4..5
    roles:web AND chef_environment:prod  =>
    "#);
}

/// A small generator with a fixed seed.
struct Lcg(u64);

impl Lcg {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % n as u64).unwrap()
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }
}

fn generate(lcg: &mut Lcg, depth: usize) -> String {
    let mut out = String::new();
    for index in 0..=lcg.below(4) {
        if index > 0 {
            out.push_str(lcg.pick(&[
                " AND ", " OR ", " ", "\t", " && ", "||", " NOT ", " -", " !", " ! ", " +",
            ]));
        }
        let operand = match lcg.below(if depth == 0 { 6 } else { 8 }) {
            0 => "roles:web".to_string(),
            1 => "note:\"a b\"".to_string(),
            2 => lcg
                .pick(&["port:[8 TO *]", "port:{a TO b\\:c}"])
                .to_string(),
            3 => lcg
                .pick(&["word", "w*", "a~1", "b^2", "ANDY", "x:y~", "\"q r\"~2"])
                .to_string(),
            4 => lcg
                .pick(&["x\\:y", "a:b\\[c\\]", "*x:?", "a:*", "*:*"])
                .to_string(),
            5 => lcg.pick(&["\"q r\"", "/re/", "a:/b", "c:(d)"]).to_string(),
            _ => format!("({})", generate(lcg, depth - 1)),
        };
        out.push_str(&operand);
    }
    out
}

/// Spans differ where white space was printed differently.
fn without_spans(sequence: &tree::Sequence) -> String {
    let text = format!("{sequence:?}");
    let mut out = String::new();
    for part in text.split("Span {") {
        out.push_str(part.split_once('}').map_or(part, |(_, rest)| rest));
    }
    out
}

#[test]
fn a_printed_query_parses_to_the_same() {
    let mut lcg = Lcg(7);
    let mut accepted = 0;
    for _ in 0..5_000 {
        let text = generate(&mut lcg, 3);
        let Ok(first) = front::parse(&text) else {
            continue;
        };
        accepted += 1;
        let printed = first.to_string();
        let second = front::parse(&printed)
            .ok()
            .expect("a printed query is accepted");
        assert_eq!(
            without_spans(&first),
            without_spans(&second),
            "{text:?} printed {printed:?}"
        );
        assert_eq!(printed, second.to_string());
    }
    assert!(
        accepted > 1_000,
        "only {accepted} of the generated queries are of the grammar"
    );
}

#[test]
fn spans_lie_within_the_query() {
    fn check(clause: &Clause, text: &str) {
        let range = clause.span.start as usize..clause.span.end as usize;
        assert!(
            text.get(range).is_some_and(|part| !part.is_empty()),
            "{clause:?} of {text:?}"
        );
        if let Test::Group(clauses) = &clause.test {
            clauses.iter().for_each(|(_, clause)| check(clause, text));
        }
    }
    let mut lcg = Lcg(11);
    for _ in 0..3_000 {
        let text = generate(&mut lcg, 3);
        for profile in [Profile::Server, Profile::Solr4] {
            if let Ok(Query {
                meaning: Meaning::Lucene { clause, .. },
                ..
            }) = parse(&text, profile)
            {
                check(&clause, &text);
            }
        }
    }
}
