//! sudoers files: one mistake, and sudo refuses everybody.
//!
//! Source: the grammar in sudoers(5).

use std::collections::BTreeSet;

use crate::hole::has_hole;
use crate::lines::{Continue, Line, lines};
use crate::nearest::nearest;
use crate::problem::{Class, Problem};
use crate::source::Source;

const TAGS: &[&str] = &[
    "EXEC",
    "NOEXEC",
    "FOLLOW",
    "NOFOLLOW",
    "LOG_INPUT",
    "NOLOG_INPUT",
    "LOG_OUTPUT",
    "NOLOG_OUTPUT",
    "MAIL",
    "NOMAIL",
    "INTERCEPT",
    "NOINTERCEPT",
    "PASSWD",
    "NOPASSWD",
    "SETENV",
    "NOSETENV",
];

const ALIASES: [&str; 5] = [
    "User_Alias",
    "Runas_Alias",
    "Host_Alias",
    "Cmnd_Alias",
    "Cmd_Alias",
];

/// Everything that is wrong with a file.
#[must_use]
pub fn problems(source: &Source) -> Vec<Problem> {
    let mut out = Vec::new();
    let mut aliases: BTreeSet<(String, String)> = BTreeSet::new();
    for line in lines(source.text(), Continue::Backslash) {
        let text = without_comment(&line.text);
        let text = text.trim();
        // Of a line with unknown parts nothing is certain.
        if text.is_empty() || has_hole(text) {
            continue;
        }
        let word = text.split_ascii_whitespace().next().unwrap_or("");
        if matches!(
            word,
            "@include" | "@includedir" | "#include" | "#includedir"
        ) {
            continue;
        }
        if word.starts_with("Defaults") {
            defaults(text, &line, &mut out);
        } else if ALIASES.contains(&word) {
            alias(word, text, &line, &mut aliases, &mut out);
        } else if let Err(message) = user(text) {
            let mut problem = Problem::error(Class::Syntax, message, line.span);
            if let Some(near) = nearest(word, ALIASES.into_iter().chain(["Defaults"])) {
                problem = problem.with_help(format!("did you mean `{near}`?"));
            }
            out.push(problem);
        }
    }
    skipped(source, &mut out);
    out
}

/// sudo passes over files of an included directory whose name has a dot or ends in `~`.
fn skipped(source: &Source, out: &mut Vec<Problem>) {
    let path = source.path();
    let name = path.rsplit('/').next().unwrap_or("");
    if path.contains("/sudoers.d/")
        && !has_hole(name)
        && (name.contains('.') || name.ends_with('~'))
    {
        out.push(
            Problem::warning(
                Class::Ignored,
                format!("sudo passes over `{name}`: names with a dot or a final `~` are skipped"),
                crate::source::Span::default(),
            )
            .with_help("give the file a name without a dot"),
        );
    }
}

/// The text before an unescaped `#`; `#` before a digit is a user's or group's number.
fn without_comment(line: &str) -> &str {
    let mut quoted = false;
    let mut before = ' ';
    for (i, c) in line.char_indices() {
        match c {
            '"' if before != '\\' => quoted = !quoted,
            '#' if !quoted && before != '\\' => {
                let rest = line.get(i + 1..).unwrap_or("");
                let number = rest.starts_with(|c: char| c.is_ascii_digit() || c == '-');
                let include = rest.starts_with("include")
                    && line.get(..i).is_some_and(|b| b.trim().is_empty());
                if !number && !include {
                    return line.get(..i).unwrap_or(line);
                }
            }
            _ => {}
        }
        before = if before == '\\' { ' ' } else { c };
    }
    line
}

/// Splits outside quotes, parentheses and escapes.
fn split(text: &str, at: char) -> Vec<&str> {
    let mut out = Vec::new();
    let (mut start, mut quoted, mut depth, mut escaped) = (0, false, 0u32, false);
    for (i, c) in text.char_indices() {
        if escaped {
            escaped = false;
            continue;
        }
        match c {
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth = depth.saturating_sub(1),
            c if c == at && !quoted && depth == 0 => {
                out.push(text.get(start..i).unwrap_or(""));
                start = i + c.len_utf8();
            }
            _ => {}
        }
    }
    out.push(text.get(start..).unwrap_or(""));
    out
}

/// The first `=` outside quotes and escapes.
fn assignment(text: &str) -> Option<(&str, &str)> {
    let first = split(text, '=').first()?.len();
    (first < text.len()).then(|| {
        (
            text.get(..first).unwrap_or(""),
            text.get(first + 1..).unwrap_or(""),
        )
    })
}

fn defaults(text: &str, line: &Line<'_>, out: &mut Vec<Problem>) {
    let word = text.split_ascii_whitespace().next().unwrap_or("");
    let rest = text.get(word.len()..).unwrap_or("").trim();
    let scope = word.get("Defaults".len()..).unwrap_or("");
    // `Defaults:user`, `Defaults@host`, `Defaults>runas`, `Defaults!command`; the name may stand after a space.
    if !scope.is_empty() && !scope.starts_with([':', '@', '>', '!']) {
        out.push(Problem::error(
            Class::Syntax,
            format!("syntax error: `{word}` is neither Defaults nor a user"),
            line.span,
        ));
    } else if rest.is_empty() {
        out.push(Problem::error(
            Class::Syntax,
            "syntax error: Defaults without a setting",
            line.span,
        ));
    } else if rest.matches('"').count() % 2 == 1 && !rest.contains("\\\"") {
        out.push(Problem::error(
            Class::Syntax,
            "syntax error: a quote is never closed",
            line.span,
        ));
    }
}

fn is_alias_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase())
        && name
            .chars()
            .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

fn alias(
    kind: &str,
    text: &str,
    line: &Line<'_>,
    known: &mut BTreeSet<(String, String)>,
    out: &mut Vec<Problem>,
) {
    let rest = text.get(kind.len()..).unwrap_or("");
    let mut refuse = |message: String| out.push(Problem::error(Class::Syntax, message, line.span));
    let Some((name, members)) = assignment(rest) else {
        refuse(format!("syntax error: {kind} without `=`"));
        return;
    };
    let name = name.trim();
    if !is_alias_name(name) {
        refuse(format!(
            "syntax error: `{name}` is no name of an alias: those are in capitals"
        ));
    } else if name == "ALL" {
        refuse("\"ALL\" is a reserved alias".to_owned());
    } else if !known.insert((kind.to_owned(), name.to_owned())) {
        refuse(format!("Alias \"{name}\" already defined"));
    }
    if kind.starts_with("Cm") {
        // Another alias may follow after a `:`, which arguments and digests hold too.
        for command in split(members, ',') {
            if command.trim().is_empty() {
                refuse(format!("syntax error: {kind} {name} has an empty member"));
                return;
            }
        }
    } else if split(members, ',').iter().any(|m| m.trim().is_empty()) {
        refuse(format!("syntax error: {kind} {name} has an empty member"));
    }
}

/// `users hosts = commands`
fn user(text: &str) -> Result<(), String> {
    let Some((who, what)) = assignment(text) else {
        return Err("syntax error: no `=` between hosts and commands".to_owned());
    };
    let count = list_words(who);
    if count != 2 {
        return Err(match count {
            0 | 1 => "syntax error: a user and a host stand before `=`".to_owned(),
            _ => "syntax error: only a list of users and one of hosts stand before `=`: is a comma missing?".to_owned(),
        });
    }
    // A second host list with its own commands may follow after ` : `.
    let first = what.split(" : ").next().unwrap_or(what);
    if what.matches('(').count() != what.matches(')').count()
        && !what.contains('\\')
        && !what.contains('"')
    {
        return Err("syntax error: a parenthesis is never closed".to_owned());
    }
    for item in split(first, ',') {
        command(item)?;
    }
    Ok(())
}

/// How many words a list has when commas join.
fn list_words(text: &str) -> usize {
    let mut count = 0;
    let mut joined = false;
    for item in split(text, ' ').iter().flat_map(|w| split(w, '\t')) {
        if item.is_empty() {
            continue;
        }
        let negation = item.chars().all(|c| c == '!');
        if !joined && !item.starts_with(',') {
            count += 1;
        }
        joined = item.ends_with(',') || negation;
    }
    count
}

fn command(item: &str) -> Result<(), String> {
    let mut rest = item.trim();
    if let Some(inner) = rest.strip_prefix('(') {
        let Some((_, after)) = inner.split_once(')') else {
            return Err("syntax error: a parenthesis is never closed".to_owned());
        };
        rest = after.trim_start();
    }
    loop {
        let upper: usize = rest
            .chars()
            .take_while(|c| c.is_ascii_uppercase() || *c == '_')
            .count();
        let (word, after) = rest.split_at_checked(upper).unwrap_or((rest, ""));
        let spaced = after.trim_start();
        if upper == 0 {
            break;
        }
        if let Some(after) = spaced.strip_prefix(':') {
            if !TAGS.contains(&word) {
                let near = nearest(word, TAGS.iter().copied());
                return Err(match near {
                    Some(near) => format!("syntax error: unknown tag {word}, did you mean {near}?"),
                    None => format!("syntax error: unknown tag {word}"),
                });
            }
            rest = after.trim_start();
        } else if spaced.starts_with('=') {
            // An option such as `CWD=/tmp`: its value may be quoted.
            let value = spaced.get(1..).unwrap_or("").trim_start();
            let end = value.find(char::is_whitespace).unwrap_or(value.len());
            rest = value.get(end..).unwrap_or("").trim_start();
        } else {
            break;
        }
    }
    let name = rest.trim_start_matches('!').trim_start();
    let word = name.split_ascii_whitespace().next().unwrap_or("");
    if word.is_empty() {
        return Err("syntax error: a command is missing".to_owned());
    }
    let fine = word.starts_with(['/', '^', '"', '\\', '~', '('])
        || is_alias_name(word)
        || matches!(word, "sudoedit" | "list")
        || word.starts_with("sha")
        || word.contains(':');
    if fine {
        Ok(())
    } else {
        Err(format!(
            "syntax error: `{word}` is no command: expected a fully-qualified path name"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(text: &str) -> String {
        crate::lines::report(problems, text)
    }

    #[test]
    fn what_sudo_takes_is_silent() {
        assert_eq!(
            report(
                r#"# See the man page
Defaults	env_reset, secure_path="/usr/sbin:/usr/bin", passprompt="[sudo] #%p: "
Defaults:deploy !requiretty
Defaults@web* log_output
User_Alias ADMINS = alice, bob, \
    carol : OTHERS = dave
Cmnd_Alias RESTART = /usr/bin/systemctl restart nginx, /bin/kill -HUP [0-9]*
root	ALL=(ALL:ALL) ALL
%sudo ALL = (ALL) NOPASSWD: ALL # everybody
%domain\ users, ADMINS  ALL, !db1 = (root) NOPASSWD:SETENV: RESTART, !/bin/su
#1000 ALL=(%www-data) CWD=/srv /usr/bin/make -C\=x, sudoedit /etc/motd
"CORP\\some group" ALL=(ALL) sha256:abcdef= /bin/ls
deploy ALL=NOPASSWD: /usr/bin/rsync --server *, \
	/bin/true
backup h1 = /bin/a : h2 = /bin/b
@includedir /etc/sudoers.d
"#
            ),
            ""
        );
    }

    #[test]
    fn one_mistake_refuses_everybody() {
        insta::assert_snapshot!(report("\
deploy ALL=(ALL NOPASSWD: ALL
deploy ALL=(ALL) NOPASWD: ALL
deploy ALL
deploy = ALL
deploy, ops web = /bin/ls,
deploy ops ALL=ALL
deploy ALL=(ALL) systemctl restart nginx
Usr_Alias OPS = a
User_Alias ops = a
User_Alias OPS = a
User_Alias OPS = b
Defaults
Defaultsx y
"), @r#"
        1: Error syntax syntax error: a parenthesis is never closed
        2: Error syntax syntax error: unknown tag NOPASWD, did you mean NOPASSWD?
        3: Error syntax syntax error: no `=` between hosts and commands
        4: Error syntax syntax error: a user and a host stand before `=`
        5: Error syntax syntax error: a command is missing
        6: Error syntax syntax error: only a list of users and one of hosts stand before `=`: is a comma missing?
        7: Error syntax syntax error: `systemctl` is no command: expected a fully-qualified path name
        8: Error syntax syntax error: `a` is no command: expected a fully-qualified path name
        9: Error syntax syntax error: `ops` is no name of an alias: those are in capitals
        11: Error syntax Alias "OPS" already defined
        12: Error syntax syntax error: Defaults without a setting
        13: Error syntax syntax error: `Defaultsx` is neither Defaults nor a user
        "#);
    }

    #[test]
    fn a_name_with_a_dot_is_passed_over() {
        let source = Source::new("/etc/sudoers.d/deploy.conf", "deploy ALL=ALL\n");
        assert_eq!(problems(&source)[0].class, Class::Ignored);
        let source = Source::new("/etc/sudoers.d/deploy", "deploy ALL=ALL\n");
        assert_eq!(problems(&source), []);
    }
}
