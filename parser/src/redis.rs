//! Redis's config. Source: the comments of redis.conf, and what the server says when it refuses a line.

use crate::hole::has_hole;
use crate::lines::{Continue, lines, words};
use crate::problem::{Class, Problem};
use crate::source::Source;

/// Directives that take yes or no.
const FLAGS: &[&str] = &[
    "activedefrag",
    "activerehashing",
    "aof-load-truncated",
    "aof-rewrite-incremental-fsync",
    "aof-use-rdb-preamble",
    "appendonly",
    "cluster-enabled",
    "daemonize",
    "dynamic-hz",
    "lazyfree-lazy-eviction",
    "lazyfree-lazy-expire",
    "lazyfree-lazy-server-del",
    "no-appendfsync-on-rewrite",
    "protected-mode",
    "rdbchecksum",
    "rdbcompression",
    "replica-lazy-flush",
    "replica-read-only",
    "replica-serve-stale-data",
    "repl-disable-tcp-nodelay",
    "slave-read-only",
    "slave-serve-stale-data",
    "stop-writes-on-bgsave-error",
    "syslog-enabled",
    "always-show-logo",
];

/// What keeps the server from starting.
#[must_use]
pub fn problems(source: &Source) -> Vec<Problem> {
    let mut out = Vec::new();
    for line in lines(source.text(), Continue::Never) {
        if line.is_silent(&['#']) || has_hole(&line.text) {
            continue;
        }
        let Ok(words) = words(&line.text) else {
            out.push(Problem::error(
                Class::Syntax,
                "Unbalanced quotes in configuration line",
                line.span,
            ));
            continue;
        };
        let word = |n: usize| words.get(n).map_or("", |w| w.text);
        let name = word(0).to_ascii_lowercase();
        let mut refuse =
            |message: String| out.push(Problem::error(Class::Value, message, line.span));
        if words.len() == 1 && !matches!(name.as_str(), "sentinel" | "user") {
            refuse(format!(
                "Bad directive or wrong number of arguments: `{name}` has none"
            ));
        } else if FLAGS.contains(&name.as_str())
            && !["yes", "no"]
                .iter()
                .any(|w| w.eq_ignore_ascii_case(word(1)))
        {
            refuse(format!("argument must be 'yes' or 'no', not '{}'", word(1)));
        } else if name == "port" && word(1).parse::<u16>().is_err() {
            refuse(format!("Invalid port: '{}'", word(1)));
        } else if name == "maxmemory" && !is_memory(word(1)) {
            refuse(format!(
                "argument must be a memory value, not '{}'",
                word(1)
            ));
        }
    }
    out
}

fn is_memory(text: &str) -> bool {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = text.get(digits.len()..).unwrap_or("").to_ascii_lowercase();
    digits.parse::<u64>().is_ok()
        && matches!(
            unit.as_str(),
            "" | "b" | "k" | "kb" | "m" | "mb" | "g" | "gb"
        )
        || text.ends_with('%')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_redis_refuses_are_told() {
        insta::assert_snapshot!(crate::lines::report(problems, "\
# x
port 6379
port 63790
save \"\"
maxmemory 2gb
maxmemory 2 gb
maxmemory 2tb
appendonly true
requirepass
rename-command CONFIG \"
"), @"
        7: Error value argument must be a memory value, not '2tb'
        8: Error value argument must be 'yes' or 'no', not 'true'
        9: Error value Bad directive or wrong number of arguments: `requirepass` has none
        10: Error syntax Unbalanced quotes in configuration line
        ");
    }
}
