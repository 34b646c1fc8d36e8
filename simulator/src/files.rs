//! The files of one node after its run, as the daemons on it would find them.

use std::collections::{BTreeMap, BTreeSet};

use foretaste_parser::assembly::{Assembly, Include};
use foretaste_parser::check;
use foretaste_parser::formats::Format;
use foretaste_parser::haproxy::{self, SectionKind};
use foretaste_parser::problem::{Class, Kind, Problem};
use foretaste_parser::source::Source;

use crate::convergence::{Convergence, RenderedFile, Resource};
use crate::pool::{self, Pool};
use crate::readers::Readers;

/// Includes within includes within …: nginx itself stops at the number of open files.
const MAX_DEPTH: usize = 8;
/// Nothing is put together beyond this.
const MAX_BYTES: usize = 4 << 20;
/// Links that lead to links.
const MAX_LINKS: usize = 8;

/// What a run writes on its node: files, and links to them. What nobody manages is not here.
pub struct NodeFiles<'r> {
    sources: BTreeMap<&'r str, (Format, Source)>,
    /// Path of a link → where it leads.
    links: BTreeMap<String, String>,
    haproxy: haproxy::Version,
}

impl<'r> NodeFiles<'r> {
    /// The files of a run that have a format.
    #[must_use]
    pub fn new(run: &'r Convergence, readers: &Readers) -> Self {
        let source = |(path, file): (&'r String, &'r RenderedFile)| {
            let format = readers.format(path, &file.text)?;
            Some((
                path.as_str(),
                (format, Source::new(path.as_str(), file.text.clone())),
            ))
        };
        let mut links = BTreeMap::new();
        run.resources.iter().for_each(|r| link(r, &mut links));
        Self {
            sources: run.files.iter().filter_map(source).collect(),
            links,
            haproxy: readers.haproxy(run),
        }
    }

    /// The problems of every file, each file read in the place where another includes it.
    #[must_use]
    pub fn problems(&self) -> BTreeMap<&'r str, (Format, Vec<Problem>)> {
        let mut alone: BTreeMap<&str, (Format, Vec<Problem>)> = self
            .sources
            .iter()
            .map(|(path, (format, source))| (*path, (*format, self.check(*format, source))))
            .collect();
        let mut together: BTreeMap<&str, Vec<Problem>> = BTreeMap::new();
        for whole in self.wholes() {
            for path in &whole.files {
                together.entry(path).or_default();
            }
            for (path, problem) in self.judge(&whole) {
                let known = together.entry(path).or_default();
                // A file that is included twice is wrong once.
                if !known.contains(&problem) {
                    known.push(problem);
                }
            }
        }
        for (path, (_, problems)) in alone.iter_mut() {
            if self.is_haproxy_part(path) {
                problems.iter_mut().for_each(needs_context);
            }
        }
        for (path, problems) in together {
            if let Some((_, list)) = alone.get_mut(path) {
                *list = problems;
            }
        }
        alone
    }

    /// The pools of a file with what it includes read in its place, as far as that is managed. Lines are those of the
    /// file that holds them.
    #[must_use]
    pub fn pools(&self, path: &str) -> Vec<Pool> {
        let Some((path, (format, source))) = self.sources.get_key_value(path) else {
            return Vec::new();
        };
        let mut whole = Whole::new(*format);
        whole.base = self.base(*format, path);
        self.inline(path, source, &mut whole, 0);
        let together = Source::new(*path, whole.assembly.text());
        let files: Vec<&Source> = self.sources_of(&whole);
        let place = |line| whole.assembly.line(&together, &files, line);
        let mut pools = pool::pools(*format, &together);
        // What another file declares as a whole is that file's.
        pools.retain(|pool| place(pool.line).is_some_and(|(file, _)| file == 0));
        for pool in &mut pools {
            for member in &mut pool.members {
                let Some((file, line)) = place(member.line) else {
                    continue;
                };
                member.line = line;
                member.part = whole
                    .files
                    .get(file)
                    .filter(|_| file != 0)
                    .map(|p| (*p).to_owned());
            }
            let start = together.line_start(pool.line).unwrap_or(0);
            let end = together.line_start(pool.end_line).unwrap_or(u32::MAX);
            let parts: BTreeSet<usize> = whole.assembly.files_between(start, end).collect();
            pool.parts = parts
                .into_iter()
                .filter(|file| *file != 0)
                .filter_map(|file| whole.files.get(file).map(|p| (*p).to_owned()))
                .collect();
            // An included file ends on a line of its own, so a pool ends in the file that began it.
            let (start, end) = (place(pool.line), place(pool.end_line));
            pool.line = start.map_or(pool.line, |(_, line)| line);
            pool.end_line = end.map_or(pool.end_line, |(_, line)| line);
        }
        pools
    }

    /// The directory in which a daemon looks for relative paths, from one of its files.
    fn base(&self, format: Format, path: &str) -> String {
        let main = self.sources.iter().find_map(|(main, (f, source))| {
            let directory = main.rsplit_once('/').map_or("", |(d, _)| d);
            match f {
                _ if *f != format => None,
                Format::Httpd => foretaste_parser::httpd::server_root(source),
                _ => is_main(*f, main).then(|| directory.to_owned()),
            }
        });
        // Else the daemon's own directory above the file, as packages lay it out.
        main.unwrap_or_else(|| {
            let own = ["/nginx/", "/apache2/", "/httpd/", "/keepalived/", "/squid/"];
            let end = own.iter().find_map(|d| Some(path.find(d)? + d.len() - 1));
            let end = end.or_else(|| path.rfind('/')).unwrap_or(0);
            path.get(..end).unwrap_or("").to_owned()
        })
    }

    fn sources_of(&self, whole: &Whole<'r>) -> Vec<&Source> {
        let files = whole.files.iter();
        files
            .filter_map(|p| self.sources.get(p).map(|(_, s)| s))
            .collect()
    }

    fn check(&self, format: Format, source: &Source) -> Vec<Problem> {
        check::problems_for(format, source, self.haproxy)
    }

    /// A file that HAProxy can only read after another one, which may not be managed.
    fn is_haproxy_part(&self, path: &str) -> bool {
        self.sources.get(path).is_some_and(|(format, source)| {
            *format == Format::HaproxyCfg && !path.ends_with("/haproxy.cfg") && !has_global(source)
        })
    }

    fn judge(&self, whole: &Whole<'r>) -> Vec<(&'r str, Problem)> {
        let Some(root) = whole.files.first() else {
            return Vec::new();
        };
        let source = Source::new(*root, whole.assembly.text());
        let files = self.sources_of(whole);
        self.check(whole.format, &source)
            .into_iter()
            .filter_map(|p| whole.assembly.localize(&source, &files, p))
            .filter_map(|(file, problem)| Some((*whole.files.get(file)?, problem)))
            .collect()
    }

    /// Files that daemons read together: each main file with what it includes, and HAProxy's of one directory.
    fn wholes(&self) -> Vec<Whole<'r>> {
        let mut out = Vec::new();
        for (path, (format, source)) in &self.sources {
            if is_main(*format, path) && !check::includes(*format, source).is_empty() {
                let mut whole = Whole::new(*format);
                whole.base = path.rsplit_once('/').map_or("", |(d, _)| d).to_owned();
                self.inline(path, source, &mut whole, 0);
                if whole.files.len() > 1 {
                    out.push(whole);
                }
            }
        }
        out.extend(self.haproxy());
        out
    }

    fn inline(&self, path: &'r str, source: &Source, whole: &mut Whole<'r>, depth: usize) {
        let file = whole.number(path);
        let text = source.text();
        let mut at = 0;
        for include in check::includes(whole.format, source) {
            let (start, end) = (include.span.start as usize, include.span.end as usize);
            whole
                .assembly
                .push(file, at, text.get(at..start).unwrap_or(""));
            let found = self.included(&include, whole);
            let room = depth < MAX_DEPTH && whole.assembly.text().len() < MAX_BYTES;
            // A file that does not parse would break the text around it: it is judged alone.
            let usable = |p: &&'r str| room && self.parses(p);
            for path in found.iter().copied().filter(usable) {
                if let Some((_, source)) = self.sources.get(path) {
                    whole.assembly.end_line();
                    self.inline(path, source, whole, depth + 1);
                    whole.assembly.end_line();
                }
            }
            at = end;
            // What is not managed, or not read, may hold anything.
            if include.is_glob() || found.is_empty() || !found.iter().all(usable) {
                whole
                    .assembly
                    .push(file, start, text.get(start..end).unwrap_or(""));
            }
        }
        whole.assembly.push(file, at, text.get(at..).unwrap_or(""));
    }

    fn parses(&self, path: &str) -> bool {
        self.sources
            .get(path)
            .is_some_and(|(format, source)| match format {
                Format::Nginx => foretaste_parser::nginx::parse(source).1.is_empty(),
                Format::Vcl => foretaste_parser::vcl::parse(source).1.is_empty(),
                Format::Httpd => foretaste_parser::httpd::parse(source).1.is_empty(),
                _ => true,
            })
    }

    /// The managed files that an include means.
    fn included(&self, include: &Include, whole: &Whole<'_>) -> Vec<&'r str> {
        let pattern = if include.pattern.starts_with('/') {
            include.pattern.clone()
        } else {
            format!("{}/{}", whole.base, include.pattern)
        };
        let mut found: BTreeMap<String, &'r str> = BTreeMap::new();
        let known = self.sources.iter().filter(|(_, (f, _))| *f == whole.format);
        for (path, _) in known {
            for name in self.names(path) {
                if matches(&pattern, &name) {
                    found.insert(name, path);
                }
            }
        }
        // In the order of the names under which the daemon sees them.
        found.into_values().collect()
    }

    /// A file's own path and those of the links that lead to it, or to a directory above it.
    fn names(&self, path: &str) -> Vec<String> {
        let mut names = vec![path.to_owned()];
        let mut seen = BTreeSet::from([path.to_owned()]);
        let mut i = 0;
        while let Some(name) = names.get(i).cloned().filter(|_| i < MAX_LINKS) {
            i += 1;
            for (link, target) in &self.links {
                let rest = name.strip_prefix(target.as_str());
                if let Some(rest) = rest.filter(|r| r.is_empty() || r.starts_with('/')) {
                    let name = format!("{link}{rest}");
                    if seen.insert(name.clone()) {
                        names.push(name);
                    }
                }
            }
        }
        names
    }

    /// One file with `global` and the others without one beside and below it are one configuration, as
    /// `haproxy -f FILE -f DIRECTORY` reads them.
    fn haproxy(&self) -> Option<Whole<'r>> {
        let files = || {
            self.sources
                .iter()
                .filter(|(_, (f, _))| *f == Format::HaproxyCfg)
        };
        let (mains, parts): (Vec<_>, Vec<_>) = files().partition(|(_, (_, s))| has_global(s));
        let (Some((main, (_, source))), 1, false) = (mains.first(), mains.len(), parts.is_empty())
        else {
            return None;
        };
        let directory = main.rsplit_once('/').map_or("", |(d, _)| d);
        let mut whole = Whole::new(Format::HaproxyCfg);
        let number = whole.number(main);
        whole.assembly.push(number, 0, source.text());
        for (path, (_, source)) in parts {
            let below = path
                .strip_prefix(directory)
                .is_some_and(|r| r.starts_with('/'));
            if below && whole.assembly.text().len() < MAX_BYTES {
                let number = whole.number(path);
                whole.assembly.end_line();
                whole.assembly.push(number, 0, source.text());
            }
        }
        Some(whole)
    }
}

fn has_global(source: &Source) -> bool {
    let (config, _) = haproxy::parse(source);
    config
        .sections
        .iter()
        .any(|s| s.kind == SectionKind::Global)
}

/// What another file may make right is no error.
fn needs_context(problem: &mut Problem) {
    let elsewhere = matches!(problem.class, Class::UndefinedName | Class::UndefinedPool)
        || problem.message.ends_with("out of section");
    if elsewhere {
        problem.kind = Kind::Warning;
    }
}

/// Several files as one text.
struct Whole<'r> {
    format: Format,
    /// The directory that relative paths start in.
    base: String,
    files: Vec<&'r str>,
    assembly: Assembly,
}

impl<'r> Whole<'r> {
    fn new(format: Format) -> Self {
        Self {
            format,
            base: String::new(),
            files: Vec::new(),
            assembly: Assembly::default(),
        }
    }

    fn number(&mut self, path: &'r str) -> usize {
        match self.files.iter().position(|p| *p == path) {
            Some(at) => at,
            None => {
                self.files.push(path);
                self.files.len() - 1
            }
        }
    }
}

/// The file that a daemon starts with.
fn is_main(format: Format, path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    match format {
        Format::Nginx => name == "nginx.conf",
        Format::Squid => name == "squid.conf",
        Format::Vcl => true,
        _ => false,
    }
}

fn link(resource: &Resource, links: &mut BTreeMap<String, String>) {
    if resource.r#type == "link" && !resource.action.iter().any(|a| a == "delete") {
        let property = |name: &str| resource.properties.get(name).and_then(|v| v.as_str());
        let path = property("target_file").unwrap_or(&resource.name);
        if let Some(to) = property("to") {
            let directory = path.rsplit_once('/').map_or("", |(d, _)| d);
            links.insert(path.to_owned(), absolute(directory, to));
        }
    }
    for child in &resource.children {
        link(child, links);
    }
}

/// A path without `.` and `..`, from a directory where it is relative.
fn absolute(directory: &str, path: &str) -> String {
    let whole = if path.starts_with('/') {
        path.to_owned()
    } else {
        format!("{directory}/{path}")
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

/// As glob(3) matches a path: no wildcard matches `/`, and none a leading `.`.
fn matches(pattern: &str, path: &str) -> bool {
    let (mut patterns, mut parts) = (pattern.split('/'), path.split('/'));
    loop {
        match (patterns.next(), parts.next()) {
            (None, None) => return true,
            (Some(pattern), Some(part)) => {
                let hidden = part.starts_with('.') && !pattern.starts_with('.');
                let wild = pattern.contains(['*', '?', '[']);
                if hidden && wild || !part_matches(pattern, part) {
                    return false;
                }
            }
            _ => return false,
        }
    }
}

fn part_matches(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let (mut p, mut t) = (0, 0);
    // Where to go on after the last `*` if what follows does not match.
    let mut back: Option<(usize, usize)> = None;
    while t < text.len() {
        let one = match pattern.get(p) {
            Some('*') => {
                back = Some((p, t));
                p += 1;
                continue;
            }
            Some('?') => Some(1),
            Some('[') => class(pattern.get(p..).unwrap_or(&[]), text.get(t).copied()),
            Some(c) => (text.get(t) == Some(c)).then_some(1),
            None => None,
        };
        match (one, back) {
            (Some(length), _) => {
                p += length;
                t += 1;
            }
            (None, Some((star, from))) => {
                p = star + 1;
                t = from + 1;
                back = Some((star, t));
            }
            (None, None) => return false,
        }
    }
    pattern
        .get(p..)
        .is_none_or(|rest| rest.iter().all(|c| *c == '*'))
}

/// How many characters a `[…]` that matches takes.
fn class(pattern: &[char], c: Option<char>) -> Option<usize> {
    let c = c?;
    let end = pattern.iter().skip(2).position(|p| *p == ']')? + 2;
    let body = pattern.get(1..end)?;
    let (negated, body) = match body.first() {
        Some('!' | '^') => (true, body.get(1..)?),
        _ => (false, body),
    };
    let mut inside = false;
    let mut i = 0;
    while let Some(low) = body.get(i) {
        match (body.get(i + 1), body.get(i + 2)) {
            (Some('-'), Some(high)) => {
                inside |= (*low..=*high).contains(&c);
                i += 3;
            }
            _ => {
                inside |= *low == c;
                i += 1;
            }
        }
    }
    (inside != negated).then_some(end + 1)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use std::fmt::Write;

    use foretaste_parser::source::Location;
    use serde_json::json;

    use super::*;

    fn run(files: &[(&str, &str)], links: &[(&str, &str)]) -> Convergence {
        let mut run = Convergence::default();
        for (path, text) in files {
            let file = RenderedFile {
                text: (*text).into(),
                holes: vec![],
                resource: String::new(),
                location: Location::line("r.rb", 1),
                template: None,
                template_lines: vec![],
                searches: vec![],
                together: vec![],
                origins: vec![],
                conditional: None,
                sensitive: false,
            };
            run.files.insert((*path).to_owned(), file);
        }
        for (path, to) in links {
            run.resources.push(Arc::new(Resource {
                r#type: "link".into(),
                name: (*path).to_owned(),
                action: vec!["create".into()],
                properties: [("to".to_owned(), json!(to))].into(),
                notifies: vec![],
                conditional: None,
                location: Location::line("r.rb", 1),
                children: vec![],
            }));
        }
        run
    }

    fn report(files: &[(&str, &str)], links: &[(&str, &str)]) -> String {
        let run = run(files, links);
        let found = NodeFiles::new(&run, &Readers::default());
        let mut out = String::new();
        for (path, (_, problems)) in found.problems() {
            for p in problems {
                let line = found.sources[path].1.line(p.span.start);
                let _ = writeln!(out, "{path}:{line} {:?} {}", p.kind, p.message);
            }
        }
        out
    }

    const MAIN: &str = "events {}\nhttp {\n  include upstreams.conf;\n  include sites-enabled/*;\n  server { include snippets/app.conf; }\n}\n";

    #[test]
    fn an_include_is_read_in_its_place() {
        let files = [
            ("/etc/nginx/nginx.conf", MAIN),
            (
                "/etc/nginx/upstreams.conf",
                "upstream app { server 10.0.0.1:80; }\n",
            ),
            (
                "/etc/nginx/sites-available/a",
                "upstream app { server 10.0.0.2:80; }\nserver { listen 80; }\n",
            ),
            (
                "/etc/nginx/snippets/app.conf",
                "listen 81;\nserver_names_hash_bucket_size 64;\n",
            ),
        ];
        // Nobody links the site: it counts by itself.
        insta::assert_snapshot!(report(&files, &[]), @r#"/etc/nginx/snippets/app.conf:2 Error "server_names_hash_bucket_size" directive is not allowed here"#);
        insta::assert_snapshot!(report(&files, &[("/etc/nginx/sites-enabled/a", "../sites-available/a")]), @r#"
        /etc/nginx/sites-available/a:1 Error duplicate upstream "app"
        /etc/nginx/snippets/app.conf:2 Error "server_names_hash_bucket_size" directive is not allowed here
        "#);
    }

    #[test]
    fn an_included_file_that_nobody_manages_is_no_error() {
        let site = "events {}\nhttp {\n  include /etc/nginx/snippets/log.conf;\n  include upstreams.conf;\n  access_log /x.log custom;\n}\n";
        let upstreams = "upstream a { server 10.0.0.1:80; }\n";
        let files = [
            ("/etc/nginx/nginx.conf", site),
            ("/etc/nginx/upstreams.conf", upstreams),
        ];
        insta::assert_snapshot!(report(&files, &[]), @r#"/etc/nginx/nginx.conf:5 Warning unknown log format "custom""#);
        let managed = [
            files[0],
            files[1],
            ("/etc/nginx/snippets/log.conf", "log_format other '$uri';\n"),
        ];
        insta::assert_snapshot!(report(&managed, &[]), @r#"/etc/nginx/nginx.conf:5 Error unknown log format "custom""#);
    }

    #[test]
    fn haproxy_files_of_a_directory_are_one_configuration() {
        let main = "global\n  maxconn 10\ndefaults\n  mode http\n  timeout connect 5s\n  timeout client 5s\n  timeout server 5s\nfrontend f\n  bind :80\n  default_backend web\n";
        let web = "backend web\n  server a 10.0.0.1:80\n";
        let files = [
            ("/etc/haproxy/haproxy.cfg", main),
            ("/etc/haproxy/conf.d/web.cfg", web),
        ];
        insta::assert_snapshot!(report(&files, &[]), @"");
        insta::assert_snapshot!(report(&files[..1], &[]), @"/etc/haproxy/haproxy.cfg:10 Error frontend 'f': unable to find required default_backend: 'web'");
        let part = [(
            "/etc/haproxy/conf.d/www.cfg",
            "  maxconn 9\nfrontend f\n  bind :80\n  default_backend web\n",
        )];
        insta::assert_snapshot!(report(&part, &[]), @"
        /etc/haproxy/conf.d/www.cfg:1 Warning unknown keyword 'maxconn' out of section
        /etc/haproxy/conf.d/www.cfg:4 Warning frontend 'f': unable to find required default_backend: 'web'
        ");
        let twice = [files[0], files[1], ("/etc/haproxy/conf.d/wob.cfg", web)];
        insta::assert_snapshot!(report(&twice, &[]), @"/etc/haproxy/conf.d/wob.cfg:1 Error backend 'web' has the same name as a section declared at /etc/haproxy/conf.d/web.cfg:1");
    }

    /// The pools of the first file, with the parts that they were read from.
    fn pools(files: &[(&str, &str)]) -> String {
        let run = run(files, &[]);
        let found = NodeFiles::new(&run, &Readers::default());
        let mut out = String::new();
        for pool in found.pools(files[0].0) {
            let _ = writeln!(out, "{} {}-{}", pool.name, pool.line, pool.end_line);
            let _ = writeln!(out, "  {:?} {:?}", pool.undetermined, pool.parts);
            for m in pool.members {
                let part = m.part.as_deref().unwrap_or("");
                let _ = writeln!(out, "  {} {part}:{}", m.address, m.line);
            }
        }
        out
    }

    #[test]
    fn a_pool_has_the_members_of_the_files_that_it_includes() {
        let nginx = [
            (
                "/etc/nginx/conf.d/app.conf",
                "upstream app {\n  server 10.0.0.1;\n  include pools/app.conf;\n}\nupstream b { server 10.0.0.9; }\n",
            ),
            (
                "/etc/nginx/pools/app.conf",
                "# two\nserver 10.0.0.2;\nserver 10.0.0.3;",
            ),
        ];
        insta::assert_snapshot!(pools(&nginx), @r#"
        app 1-4
          None ["/etc/nginx/pools/app.conf"]
          10.0.0.1 :2
          10.0.0.2 /etc/nginx/pools/app.conf:2
          10.0.0.3 /etc/nginx/pools/app.conf:3
        b 5-5
          None []
          10.0.0.9 :5
        "#);
        // An empty part is a part: whether it is written counts for the pool.
        let empty = [nginx[0], ("/etc/nginx/pools/app.conf", "")];
        insta::assert_snapshot!(pools(&empty), @r#"
        app 1-4
          None ["/etc/nginx/pools/app.conf"]
          10.0.0.1 :2
        b 5-5
          None []
          10.0.0.9 :5
        "#);
        insta::assert_snapshot!(pools(&nginx[..1]), @r#"
        app 1-4
          Some("the pool includes pools/app.conf") []
          10.0.0.1 :2
        b 5-5
          None []
          10.0.0.9 :5
        "#);
        let httpd = [
            (
                "/etc/httpd/conf.d/app.conf",
                "<Proxy balancer://app>\n  Include members/*.conf\n</Proxy>\n",
            ),
            (
                "/etc/httpd/members/a.conf",
                "BalancerMember http://10.0.0.2:80\n",
            ),
        ];
        insta::assert_snapshot!(pools(&httpd), @r#"
        app 1-3
          Some("the pool includes members/*.conf") ["/etc/httpd/members/a.conf"]
          10.0.0.2 /etc/httpd/members/a.conf:1
        "#);
    }

    #[test]
    fn patterns_match_as_in_a_shell() {
        assert!(matches("/a/*.conf", "/a/b.conf"));
        assert!(!matches("/a/*.conf", "/a/.b.conf"));
        assert!(!matches("/a/*", "/a/b/c"));
        assert!(matches("/a/[!x]?-*", "/a/01-x"));
        assert!(matches("/a/[0-9]*z", "/a/5abz"));
    }
}
