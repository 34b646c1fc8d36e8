//! `.if`, `.elif`, `.else` and `.endif`: which lines the daemon reads at all.
//!
//! Source: HAProxy's configuration manual, 2.4 "Conditional blocks".

/// The version that conditions and keyword tables speak of.
const VERSION: [u32; 3] = [2, 6, 12];

/// What Debian's build has (`haproxy -vv`).
const FEATURES: &[&str] = &[
    "EPOLL",
    "NETFILTER",
    "PCRE2",
    "PCRE2_JIT",
    "POLL",
    "THREAD",
    "BACKTRACE",
    "TPROXY",
    "LINUX_TPROXY",
    "LINUX_SPLICE",
    "LIBCRYPT",
    "CRYPT_H",
    "GETADDRINFO",
    "OPENSSL",
    "LUA",
    "ACCEPT4",
    "SLZ",
    "CPU_AFFINITY",
    "TFO",
    "NS",
    "DL",
    "RT",
    "SYSTEMD",
    "PRCTL",
    "THREAD_DUMP",
    "PROMEX",
];

/// Evaluates a condition; `None` where it hangs on what is not known here. `Err` is why it does not parse.
pub fn evaluate(text: &str) -> Result<Option<bool>, String> {
    let mut parser = Parser {
        rest: text,
        depth: 0,
    };
    let value = parser.or()?;
    match parser.rest.trim_start().chars().next() {
        None | Some('#') => Ok(value),
        Some(c) => Err(format!(
            "unexpected character '{c}' at the end of the condition"
        )),
    }
}

struct Parser<'a> {
    rest: &'a str,
    depth: u32,
}

impl Parser<'_> {
    fn or(&mut self) -> Result<Option<bool>, String> {
        let mut value = self.and()?;
        while self.eat("||") {
            value = match (value, self.and()?) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            };
        }
        Ok(value)
    }

    fn and(&mut self) -> Result<Option<bool>, String> {
        let mut value = self.term()?;
        while self.eat("&&") {
            value = match (value, self.term()?) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            };
        }
        Ok(value)
    }

    fn term(&mut self) -> Result<Option<bool>, String> {
        self.depth += 1;
        if self.depth > 100 {
            return Err("condition nested too deeply".to_owned());
        }
        let value = if self.eat("!") {
            self.term()?.map(|v| !v)
        } else if self.eat("(") {
            let value = self.or()?;
            if !self.eat(")") {
                return Err("missing closing ')' in the condition".to_owned());
            }
            value
        } else {
            self.atom()?
        };
        self.depth -= 1;
        Ok(value)
    }

    fn atom(&mut self) -> Result<Option<bool>, String> {
        let rest = self.rest.trim_start();
        let end = rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-'))
            .unwrap_or(rest.len());
        let (word, after) = (rest.get(..end).unwrap_or(""), rest.get(end..).unwrap_or(""));
        if word.is_empty() {
            if rest.is_empty() && self.depth == 1 {
                self.rest = rest;
                return Ok(Some(false));
            }
            if rest.starts_with(crate::hole::is_hole) {
                self.rest = "";
                return Ok(None);
            }
            return Err("unparsable conditional expression".to_owned());
        }
        if let Ok(number) = word.parse::<i64>() {
            self.rest = after;
            return Ok(Some(number != 0));
        }
        let Some(arguments) = after.strip_prefix('(') else {
            return Err(format!("unknown predicate '{word}' used in a condition"));
        };
        let Some(close) = arguments.find(')') else {
            return Err(format!(
                "expected ')' in the arguments of predicate '{word}'"
            ));
        };
        let inner = arguments.get(..close).unwrap_or("");
        self.rest = arguments.get(close + 1..).unwrap_or("");
        predicate(word, inner)
    }

    fn eat(&mut self, token: &str) -> bool {
        match self.rest.trim_start().strip_prefix(token) {
            Some(after) => {
                self.rest = after;
                true
            }
            None => false,
        }
    }
}

fn predicate(name: &str, inner: &str) -> Result<Option<bool>, String> {
    if crate::hole::has_hole(inner) {
        return Ok(None);
    }
    let version = |text: &str| {
        let mut parts = text
            .trim_matches('"')
            .split(['.', '-'])
            .map_while(|p| p.parse::<u32>().ok());
        [0; 3].map(|_: u32| parts.next().unwrap_or(0))
    };
    match name {
        // An unset variable is the rule on a server; a set one is the machine's own affair.
        "defined" => Ok(Some(false)),
        "feature" => Ok(Some(FEATURES.contains(&inner.trim()))),
        "version_atleast" => Ok(Some(VERSION >= version(inner))),
        "version_before" => Ok(Some(VERSION < version(inner))),
        "streq" | "strneq" => {
            let (a, b) = inner.split_once(',').unwrap_or((inner, ""));
            let equal = a.trim().trim_matches('"') == b.trim().trim_matches('"');
            Ok((!inner.contains('$')).then_some(equal == (name == "streq")))
        }
        "strstr"
        | "openssl_version_atleast"
        | "openssl_version_before"
        | "ssllib_name_startswith"
        | "enabled"
        | "awslc_api_atleast"
        | "awslc_api_before" => Ok(None),
        _ => Err(format!("unknown predicate '{name}' used in a condition")),
    }
}
