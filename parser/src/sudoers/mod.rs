//! sudoers files: one mistake, and sudo refuses everybody.
//!
//! Source: the grammar in sudoers(5).

mod defaults;
mod grammar;

use std::collections::BTreeSet;

use self::grammar::{Of, alias_name, command, end, list, privileges, settings};
use crate::hole::has_hole;
use crate::lines::{Continue, lines};
use crate::nearest::nearest;
use crate::problem::{Class, Problem};
use crate::source::Source;

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
    for line in lines(source.text(), Continue::BackslashOutsideComments) {
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
            if text == word {
                let message = format!("syntax error: {word} without a path");
                out.push(Problem::error(Class::Syntax, message, line.span));
            }
            continue;
        }
        let judged = if word.starts_with("Defaults") {
            defaults(text)
        } else if ALIASES.contains(&word) {
            alias(word, text, &mut aliases)
        } else {
            privileges(text)
        };
        if let Err(message) = judged {
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

/// `Defaults settings`, or for some only: `Defaults:user`, `Defaults@host`, `Defaults>runas`, `Defaults!command`.
fn defaults(text: &str) -> Result<(), String> {
    let rest = text.strip_prefix("Defaults").unwrap_or("");
    let scoped = |mark: char| rest.strip_prefix(mark).map(str::trim_start);
    let rest = if let Some(users) = scoped(':').or_else(|| scoped('>')) {
        list(Of::Users, users)?
    } else if let Some(hosts) = scoped('@') {
        list(Of::Hosts, hosts)?
    } else if let Some(commands) = scoped('!') {
        // Here a command stands without arguments.
        let end = commands.find([' ', '\t']).unwrap_or(commands.len());
        let (first, rest) = commands.split_at_checked(end).unwrap_or((commands, ""));
        for one in first.split(',').filter(|c| !c.is_empty()) {
            command(one)?;
        }
        if first.ends_with(',') {
            return Ok(());
        }
        rest
    } else if rest.starts_with([' ', '\t']) || rest.is_empty() {
        rest
    } else {
        let word = text.split_ascii_whitespace().next().unwrap_or("");
        return Err(format!(
            "syntax error: `{word}` is neither Defaults nor a user"
        ));
    };
    if rest.trim().is_empty() {
        return Err("syntax error: Defaults without a setting".to_owned());
    }
    settings(rest, |setting| defaults::judge(&setting))
}

/// `User_Alias NAME = members : OTHER = members`
fn alias(kind: &str, text: &str, known: &mut BTreeSet<(String, String)>) -> Result<(), String> {
    let mut rest = text.get(kind.len()..).unwrap_or("").trim_start();
    loop {
        let (after, name) = alias_name(rest).map_err(|_| {
            let name = rest.split([' ', '\t', '=']).next().unwrap_or("");
            format!("syntax error: `{name}` is no name of an alias: those are in capitals")
        })?;
        let Some(members) = after.trim_start().strip_prefix('=') else {
            let word = after
                .trim_start()
                .split([' ', '\t', '='])
                .next()
                .unwrap_or("");
            return Err(
                match after.starts_with([' ', '\t', '=']) || after.is_empty() {
                    true => format!("syntax error near `{word}`: {kind} {name} without `=`"),
                    false => format!(
                        "syntax error: `{name}{word}` is no name of an alias: those are in capitals"
                    ),
                },
            );
        };
        if name == "ALL" {
            return Err("syntax error, reserved word ALL used as an alias name".to_owned());
        }
        if !known.insert((kind.to_owned(), name.to_owned())) {
            return Err(format!("Alias \"{name}\" already defined"));
        }
        rest = match kind {
            "Host_Alias" => list(Of::Hosts, members),
            "User_Alias" | "Runas_Alias" => list(Of::Users, members),
            _ => commands(members),
        }?;
        match rest.strip_prefix(':') {
            Some(after) => rest = after.trim_start(),
            None => return end(rest),
        }
    }
}

fn commands(members: &str) -> Result<&str, String> {
    let mut rest = members;
    loop {
        rest = command(rest)?;
        match rest.strip_prefix(',') {
            Some(after) => rest = after,
            None => return Ok(rest),
        }
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
"CORP\\some group" ALL=(ALL) sha224:0GomF8mNN3wlDt1HD9XldjJ3SNgpFdbjO1+NsQ== /bin/ls
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
        3: Error syntax syntax error at the end of the line: no `=` between hosts and commands
        4: Error syntax syntax error: a user and a host stand before `=`
        5: Error syntax syntax error: a command is missing
        6: Error syntax syntax error near `ALL`: is a comma missing? Users, hosts and `=` stand before the commands
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
