//! Names that one section uses and another defines. Most are resolved after the whole file is read.

use std::collections::{BTreeMap, BTreeSet};

use super::super::syntax::{Config, Line, Section, SectionKind};
use super::super::tables::{ACLS, CONVERTERS, FETCHES};
use super::{Checker, sample};
use crate::hole::has_hole;
use crate::nearest::nearest;
use crate::problem::{Class, Problem};

pub fn check(config: &Config<'_>, checker: &mut Checker<'_>) {
    let tables = tables(config);
    let mut defaults = config
        .sections
        .iter()
        .filter(|s| s.kind == SectionKind::Defaults);
    let ported = defaults.any(|s| s.lines.iter().any(gives_check_port));
    for section in &config.sections {
        if section.kind.is_proxy() || section.kind == SectionKind::Ring {
            servers(section, checker);
        }
        if !section.kind.is_proxy() {
            continue;
        }
        // Of several the last counts.
        let is_default = |l: &Line<'_>| l.keyword() == "default_backend";
        let last = section.lines.iter().rposition(is_default);
        for (n, line) in section.lines.iter().enumerate() {
            if !is_default(line) || last == Some(n) {
                backends(section, line, checker);
            }
            if checker.names.open || line.has_hole() {
                continue;
            }
            named(section, line, &tables, checker);
            for word in line.from(1) {
                arguments(section, &word.text, word.span, &tables, checker);
            }
        }
        if section.kind.is_backend() && !checker.names.open && !ported {
            ports(section, checker);
        }
    }
}

/// Names of stick tables: of proxies their own, of peers `section/table`.
fn tables<'c>(config: &'c Config<'_>) -> BTreeSet<std::borrow::Cow<'c, str>> {
    let mut tables = BTreeSet::new();
    for section in &config.sections {
        for line in &section.lines {
            match (section.kind, line.keyword()) {
                (kind, "stick-table") if kind.is_proxy() => {
                    tables.insert(section.name().into());
                }
                (SectionKind::Peers, "table") => {
                    tables.insert(format!("{}/{}", section.name(), line.arg(1)).into());
                }
                _ => {}
            }
        }
    }
    tables
}

type Tables<'t> = BTreeSet<std::borrow::Cow<'t, str>>;

fn undefined(what: &str, name: &str, span: crate::source::Span) -> Problem {
    Problem::error(
        Class::UndefinedName,
        format!("unable to find {what} '{name}'"),
        span,
    )
}

/// Two servers of one section with one name. Found while the file is read, unlike the other references.
fn servers(section: &Section<'_>, checker: &mut Checker<'_>) {
    let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
    for line in section.lines.iter().filter(|l| l.keyword() == "server") {
        let name = line.arg(1);
        if name.is_empty() || has_hole(name) || line.arg(2).is_empty() {
            continue;
        }
        let Some(first) = seen.get(name) else {
            seen.insert(name, line.number);
            continue;
        };
        let (kind, of) = (section.kind.as_str(), section.name());
        let message = format!(
            "{kind} '{of}', another server named '{name}' was already defined at line {first}"
        );
        checker.push(
            line,
            Err(
                Problem::error(Class::DuplicateServer, message, line.span_of(1))
                    .with_help("use distinct names"),
            ),
        );
    }
}

/// `default_backend` and `use_backend`.
fn backends(section: &Section<'_>, line: &Line<'_>, checker: &mut Checker<'_>) {
    let keyword = line.keyword();
    // Backends have no use for them, and are refused all the same where the name does not exist.
    if !matches!(keyword, "default_backend" | "use_backend") {
        return;
    }
    let name = line.arg(1);
    // A name made at run time is looked up at run time.
    if name.is_empty() || has_hole(name) || name.contains('%') || checker.names.open {
        return;
    }
    if section.kind == SectionKind::Listen && section.name() == name {
        let message = format!("proxy '{name}': loop detected for {keyword}: '{name}'");
        checker.late(Problem::error(Class::Value, message, line.span_of(1)));
        return;
    }
    if checker.names.backend(name).is_some() {
        return;
    }
    let known = checker
        .names
        .of_kind(SectionKind::Backend)
        .chain(checker.names.of_kind(SectionKind::Listen));
    let near = nearest(name, known);
    let problem = Problem::error(
        Class::UndefinedPool,
        format!(
            "{} '{}': unable to find required {keyword}: '{name}'",
            section.kind.as_str(),
            section.name()
        ),
        line.span_of(1),
    );
    checker.late(match near {
        Some(near) => problem.with_help(format!("did you mean '{near}'?")),
        None => problem,
    });
}

/// Names that follow a keyword of their own.
fn named(section: &Section<'_>, line: &Line<'_>, tables: &Tables<'_>, checker: &mut Checker<'_>) {
    let after = |word: &str| {
        let at = line.words.iter().position(|w| w.text == word)?;
        line.word(at + 1)
    };
    match line.keyword() {
        "stick-table" => {
            if let Some(peers) =
                after("peers").filter(|p| !checker.names.has(SectionKind::Peers, &p.text))
            {
                checker.late(undefined("sync peers", &peers.text, peers.span));
            }
        }
        "stick" if section.kind != SectionKind::Frontend => {
            let own = section.name();
            let (name, span) = after("table").map_or((own, line.span), |w| (&*w.text, w.span));
            if !tables.contains(name) {
                checker.late(undefined("stick-table", name, span));
            }
        }
        "http-request" | "http-response" | "tcp-request" | "tcp-response"
            if line.words.iter().any(|w| w.text.starts_with("track-sc")) =>
        {
            let own = section.name();
            let (name, span) = after("table").map_or((own, line.span), |w| (&*w.text, w.span));
            if section.kind != SectionKind::Defaults && !tables.contains(name) {
                checker.late(undefined("table", name, span));
            }
        }
        "use-server" if section.kind != SectionKind::Defaults => {
            let name = line.arg(1);
            if !name.contains('%') && !checker.names.has_server(section, name) {
                checker.late(undefined("server", name, line.span_of(1)));
            }
        }
        "server" | "server-template" | "default-server" => {
            server_names(section, line, after, checker)
        }
        "errorfiles" if !checker.names.has(SectionKind::HttpErrors, line.arg(1)) => {
            checker.late(undefined(
                "http-errors section",
                line.arg(1),
                line.span_of(1),
            ));
        }
        "use-fcgi-app" if !checker.names.has(SectionKind::FcgiApp, line.arg(1)) => {
            checker.late(undefined("fcgi-app", line.arg(1), line.span_of(1)));
        }
        _ => {}
    }
    let cache = match line.keyword() {
        "filter" => after("cache"),
        "http-request" => after("cache-use"),
        "http-response" => after("cache-store"),
        _ => None,
    };
    if let Some(cache) = cache.filter(|c| !checker.names.has(SectionKind::Cache, &c.text)) {
        checker.late(undefined("the cache", &cache.text, cache.span));
    }
}

fn server_names<'l, 's: 'l>(
    section: &Section<'_>,
    line: &Line<'_>,
    after: impl Fn(&str) -> Option<&'l super::super::syntax::Word<'s>>,
    checker: &mut Checker<'_>,
) {
    if let Some(resolvers) = after("resolvers")
        && !checker.names.has(SectionKind::Resolvers, &resolvers.text)
        // The daemon makes one of this name by itself.
        && resolvers.text != "default"
        && line.keyword() != "default-server"
    {
        checker.late(undefined(
            "required resolvers",
            &resolvers.text,
            resolvers.span,
        ));
    }
    if let Some(track) = after("track") {
        let (pool, server) = track
            .text
            .split_once('/')
            .unwrap_or((section.name(), &track.text));
        let found = checker
            .names
            .backend(pool)
            .is_some_and(|s| checker.names.has_server(s, server));
        if !found {
            checker.late(undefined(
                "required server for tracking",
                &track.text,
                track.span,
            ));
        }
    }
}

/// Arguments of fetches and converters that name tables, proxies and user lists.
fn arguments(
    section: &Section<'_>,
    text: &str,
    span: crate::source::Span,
    tables: &Tables<'_>,
    checker: &mut Checker<'_>,
) {
    // Longer words are no expressions, and could make this slow.
    if text.len() > 4096 {
        return;
    }
    let version = section.header.version;
    for (open, _) in text.match_indices('(') {
        let before = text.get(..open).unwrap_or("");
        let start = before
            .rfind(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')))
            .map_or(0, |i| i + 1);
        let name = before.get(start..).unwrap_or("");
        let fetch = ACLS.get(name).map_or(name, |(fetch, _)| fetch);
        let sample = FETCHES.get(fetch, version);
        let Ok(sample) = sample.or_else(|_| CONVERTERS.get(name, version)) else {
            continue;
        };
        let Some((given, _)) = sample::split(text.get(open + 1..).unwrap_or("")) else {
            continue;
        };
        for (argument, kind) in given
            .iter()
            .zip(sample.required.iter().chain(&sample.optional))
        {
            let names = &checker.names;
            let found = match *kind {
                _ if argument.is_empty() => true,
                "table" => tables.contains(argument.as_str()),
                "backend" => names.backend(argument).is_some(),
                "frontend" => {
                    names.has(SectionKind::Frontend, argument)
                        || names.has(SectionKind::Listen, argument)
                }
                "user list" => names.has(SectionKind::Userlist, argument),
                "server" => match argument.split_once('/') {
                    Some((pool, server)) => names
                        .backend(pool)
                        .is_some_and(|s| names.has_server(s, server)),
                    None => {
                        !section.kind.is_backend() || checker.names.has_server(section, argument)
                    }
                },
                _ => true,
            };
            if !found {
                checker.late(undefined(kind, argument, span));
            }
        }
    }
}

/// True where a line other than a server's own could give its check a port.
fn gives_check_port(line: &Line<'_>) -> bool {
    let says = |w: &str| matches!(w, "port" | "track" | "external-check");
    matches!(
        line.keyword(),
        "default-server" | "tcp-check" | "http-check" | "option"
    ) && (line.has_hole() || line.words.iter().any(|w| says(&w.text)))
}

/// Servers that are checked need a port to check.
fn ports(section: &Section<'_>, checker: &mut Checker<'_>) {
    let portless = |line: &&Line<'_>| {
        let says = |word: &str| line.from(3).iter().any(|w| w.text == word);
        let address = super::Address::parse(line.arg(2));
        let number = address.port.unwrap_or("").trim_start_matches(['+', '-']);
        line.keyword() == "server"
            && !line.has_hole()
            && number.chars().all(|c| c == '0')
            && !address.is_local()
            && says("check")
            && !["track", "port", "addr"].into_iter().any(says)
    };
    let mut servers = section.lines.iter().filter(portless).peekable();
    if servers.peek().is_none() || section.lines.iter().any(gives_check_port) {
        return;
    }
    for line in servers {
        checker.late(Problem::error(
            Class::Value,
            format!(
                "server '{}' has neither service port nor check port",
                line.arg(1)
            ),
            line.span_of(2),
        ));
    }
}
