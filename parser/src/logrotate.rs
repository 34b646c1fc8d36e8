//! logrotate's files. Source: logrotate(8).

use crate::hole::has_hole;
use crate::lines::{Continue, lines};
use crate::nearest::nearest;
use crate::problem::{Class, Problem};
use crate::source::{Source, Span};

const SCRIPTS: [&str; 5] = [
    "prerotate",
    "postrotate",
    "firstaction",
    "lastaction",
    "preremove",
];

const DIRECTIVES: &[&str] = &[
    "addextension",
    "allowhardlink",
    "compress",
    "compresscmd",
    "compressext",
    "compressoptions",
    "copy",
    "copytruncate",
    "create",
    "createolddir",
    "daily",
    "dateext",
    "dateformat",
    "datehourago",
    "dateyesterday",
    "delaycompress",
    "endscript",
    "extension",
    "firstaction",
    "hourly",
    "ifempty",
    "ignoreduplicates",
    "include",
    "lastaction",
    "mail",
    "mailfirst",
    "maillast",
    "maxage",
    "maxsize",
    "minage",
    "minsize",
    "missingok",
    "monthly",
    "noallowhardlink",
    "nocompress",
    "nocopy",
    "nocopytruncate",
    "nocreate",
    "nocreateolddir",
    "nodateext",
    "nodelaycompress",
    "nomail",
    "nomissingok",
    "noolddir",
    "norenamecopy",
    "nosharedscripts",
    "noshred",
    "notifempty",
    "olddir",
    "postrotate",
    "preremove",
    "prerotate",
    "renamecopy",
    "rotate",
    "sharedscripts",
    "shred",
    "shredcycles",
    "size",
    "start",
    "su",
    "tabooext",
    "taboopat",
    "uncompresscmd",
    "weekly",
    "yearly",
];

/// What is wrong with a file: braces and scripts that do not end, directives that look mistyped.
#[must_use]
pub fn problems(source: &Source) -> Vec<Problem> {
    let mut out = Vec::new();
    let mut block: Option<Span> = None;
    let mut script: Option<Span> = None;
    let mut sure = true;
    for line in lines(source.text(), Continue::Never) {
        if line.is_silent(&['#']) {
            continue;
        }
        let text = line.text.trim();
        if script.is_some() {
            if text == "endscript" || text.starts_with("endscript ") {
                script = None;
            }
            // Within a script an unknown line could only end it.
            sure &= !line.starts_with_hole();
            continue;
        }
        sure &= !line.starts_with_hole();
        let word = text.split_ascii_whitespace().next().unwrap_or("");
        if SCRIPTS.contains(&word) {
            script = Some(line.span);
            continue;
        }
        // Braces may stand with the directives on one line.
        let opens = text.matches('{').count();
        let closes = text.matches('}').count();
        let is_paths = text.starts_with(['/', '"', '\'', '*', '~', '{']) || opens > 0;
        match (opens > closes, closes > opens) {
            (true, _) => {
                if let (Some(first), true) = (block, sure) {
                    out.push(
                        Problem::error(
                            Class::Syntax,
                            "unexpected '{': the block before is still open",
                            line.span,
                        )
                        .with_help(format!("it starts on line {}", source.line(first.start))),
                    );
                }
                block = Some(line.span);
            }
            (_, true) => {
                if block.is_none() && sure {
                    out.push(Problem::error(
                        Class::Syntax,
                        "unexpected } (missing previous '{')",
                        line.span,
                    ));
                }
                block = None;
            }
            _ => {}
        }
        if !is_paths && closes == 0 && !has_hole(text) {
            directive(word, text, line.span, &mut out);
        }
    }
    if let (Some(span), true) = (script, sure) {
        out.push(Problem::error(
            Class::Syntax,
            "prerotate, postrotate or preremove without endscript",
            span,
        ));
    } else if let (Some(span), true) = (block, sure) {
        out.push(Problem::error(
            Class::Syntax,
            "missing '}': the block is never closed",
            span,
        ));
    }
    out
}

fn directive(word: &str, text: &str, span: Span, out: &mut Vec<Problem>) {
    let word = word.split('=').next().unwrap_or(word);
    if !DIRECTIVES.contains(&word) {
        // Newer versions know more words.
        if let Some(near) = nearest(word, DIRECTIVES.iter().copied()) {
            out.push(
                Problem::error(
                    Class::UnknownKeyword,
                    format!("unknown option '{word}' -- ignoring line"),
                    span,
                )
                .with_help(format!("did you mean `{near}`?")),
            );
        }
        return;
    }
    let value = text
        .get(word.len()..)
        .unwrap_or("")
        .trim()
        .trim_start_matches('=')
        .trim();
    let bad = match word {
        "rotate" => value.parse::<i64>().map_or(true, |n| n < -1),
        "maxage" | "minage" | "shredcycles" | "start" => value.parse::<u64>().is_err(),
        "size" | "minsize" | "maxsize" => {
            let digits = value.trim_end_matches(['k', 'M', 'G']);
            value.len() - digits.len() > 1 || digits.parse::<u64>().is_err()
        }
        _ => false,
    };
    if bad {
        out.push(Problem::error(
            Class::Value,
            format!("bad {word} '{value}'"),
            span,
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(text: &str) -> String {
        crate::lines::report(problems, text)
    }

    #[test]
    fn blocks_scripts_and_values_are_checked() {
        insta::assert_snapshot!(report("\
weekly
rotate four
include /etc/logrotate.d
/var/log/a.log /var/log/b.log
{
  size 10m
  compres
  futureoption
  postrotate
    kill -HUP $(cat /x) } {
  endscript
}
/var/log/c.log { daily }
}
/var/log/d.log {
  prerotate
    true
}
"), @"
        2: Error value bad rotate 'four'
        6: Error value bad size '10m'
        7: Error unknown-keyword unknown option 'compres' -- ignoring line
        14: Error syntax unexpected } (missing previous '{')
        16: Error syntax prerotate, postrotate or preremove without endscript
        ");
        insta::assert_snapshot!(report("/a {\n  daily\n/b {\n  weekly\n}\n"), @"3: Error syntax unexpected '{': the block before is still open");
        assert_eq!(
            report("\u{100000}\n}\n/a {\n  rotate \u{100000}\n  maxsize=5G\n}\n"),
            ""
        );
    }
}
