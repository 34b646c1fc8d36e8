//! The word of the programs themselves, where somebody asks for it.
//!
//! What is run is one of the fixed list below, from a directory of the system, never a command of the repository. It sees
//! the files that a node would have, in a folder of its own, no network, no environment and no more than a few seconds.
//! A program that cannot be shut off from the network is not run.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use foretaste_parser::formats::Format;
use foretaste_parser::hole::has_hole;
use foretaste_simulator::convergence::Convergence;
use foretaste_simulator::impact::Impact;
use foretaste_simulator::readers::Readers;

const LIMIT: Duration = Duration::from_secs(10);
/// More different files than this are not handed over.
const MAX_RUNS: usize = 40;
/// More output than this is not read.
const MAX_OUTPUT: u64 = 64 << 10;
const DIRECTORIES: [&str; 4] = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/// A program that checks a file, with the words before the file's name.
struct Validator {
    format: Format,
    program: &'static str,
    words: &'static [&'static str],
    /// Whether a file of this name can be checked by itself.
    is_main: fn(&str) -> bool,
}

fn any(_: &str) -> bool {
    true
}

const VALIDATORS: &[Validator] = &[
    Validator {
        format: Format::HaproxyCfg,
        program: "haproxy",
        words: &["-c", "-f"],
        is_main: |name| name == "haproxy.cfg",
    },
    Validator {
        format: Format::Nginx,
        program: "nginx",
        words: &["-t", "-q", "-e", "stderr", "-c"],
        is_main: |name| name == "nginx.conf",
    },
    Validator {
        format: Format::Httpd,
        program: "apache2",
        words: &["-t", "-f"],
        is_main: |name| name == "apache2.conf",
    },
    Validator {
        format: Format::Httpd,
        program: "httpd",
        words: &["-t", "-f"],
        is_main: |name| name == "httpd.conf",
    },
    Validator {
        format: Format::Sudoers,
        program: "visudo",
        words: &["-c", "-q", "-f"],
        is_main: any,
    },
    Validator {
        format: Format::Sshd,
        program: "sshd",
        words: &["-t", "-f"],
        is_main: |name| name == "sshd_config",
    },
    Validator {
        format: Format::Named,
        program: "named-checkconf",
        words: &[],
        is_main: |name| name == "named.conf",
    },
    Validator {
        format: Format::Keepalived,
        program: "keepalived",
        words: &["-t", "-f"],
        is_main: |name| name == "keepalived.conf",
    },
    Validator {
        format: Format::Rsyslog,
        program: "rsyslogd",
        words: &["-N1", "-f"],
        is_main: |name| name == "rsyslog.conf",
    },
    Validator {
        format: Format::Squid,
        program: "squid",
        words: &["-k", "parse", "-f"],
        is_main: |name| name == "squid.conf",
    },
    Validator {
        format: Format::Prometheus,
        program: "promtool",
        words: &["check", "config"],
        is_main: any,
    },
];

/// What Debian's apache2.conf takes from its `envvars`: folders and files, all in the private folder, and who runs it.
const APACHE_PLACES: [&str; 4] = [
    "APACHE_RUN_DIR",
    "APACHE_LOCK_DIR",
    "APACHE_LOG_DIR",
    "APACHE_PID_FILE",
];
/// How Apache says that no file it was given loads a module that serves.
const NO_MPM: &str = "AH00534";
const APACHE_NAMES: [&str; 2] = ["APACHE_RUN_USER", "APACHE_RUN_GROUP"];

/// What the programs say about the files that nodes would have, a line for each different file.
#[must_use]
pub fn words(impact: &Impact, readers: &Readers) -> Vec<String> {
    let mut out = Vec::new();
    let mut asked: BTreeMap<(&str, &str), ()> = BTreeMap::new();
    for node in impact.nodes.values().filter(|n| n.changed) {
        let Some(run) = node.after.as_ref().map(|r| &r.after) else {
            continue;
        };
        for (path, file) in &run.files {
            let format = readers.format(path, &file.text);
            let name = path.rsplit('/').next().unwrap_or(path);
            let wanted = |v: &&Validator| Some(v.format) == format && (v.is_main)(name);
            let Some(validator) = VALIDATORS.iter().find(wanted) else {
                continue;
            };
            if asked.len() >= MAX_RUNS || asked.insert((path, &file.text), ()).is_some() {
                continue;
            }
            let said = if file.sensitive || has_hole(&file.text) {
                "not asked: parts of the file are unknown or secret".to_owned()
            } else {
                ask(validator, run, path)
            };
            out.push(format!(
                "{} on {path} of {}: {said}",
                validator.program, node.name
            ));
        }
    }
    if out.is_empty() {
        out.push("no changed node has a file that a validator could be asked about".to_owned());
    }
    out
}

fn find(program: &str) -> Option<PathBuf> {
    let paths = DIRECTORIES.iter().map(|d| Path::new(d).join(program));
    paths.into_iter().find(|p| p.is_file())
}

fn ask(validator: &Validator, run: &Convergence, path: &str) -> String {
    let (Some(program), Some(unshare)) = (find(validator.program), find("unshare")) else {
        return "not asked: it or unshare(1) is not installed".to_owned();
    };
    let folder = Folder::new();
    let answer = folder.and_then(|folder| {
        let file = folder.fill(run, path)?;
        // A network of its own, in which there is nothing.
        let mut command = Command::new(unshare);
        command
            .args(["--map-root-user", "--net", "--"])
            .arg(program)
            .args(validator.words)
            .arg(file)
            .current_dir(&folder.0)
            .env_clear()
            .env("PATH", DIRECTORIES.join(":"))
            .env("LC_ALL", "C")
            .envs(APACHE_PLACES.map(|name| (name, &folder.0)))
            .envs(APACHE_NAMES.map(|name| (name, "www-data")));
        let (accepted, said) = limited(command)?;
        Ok(match (accepted, said) {
            (Some(true), _) => "accepted".to_owned(),
            (Some(false), said) if said.contains(NO_MPM) => {
                "not told: the modules that it loads are not among the node's files".to_owned()
            }
            (Some(false), said) => format!("refused: {}", folder.hide(&said)),
            (None, _) => "not told within ten seconds".to_owned(),
        })
    });
    answer.unwrap_or_else(|e| format!("not asked: {e}"))
}

/// Runs a command to its end or to the limit: whether it was content, and what of its words tells why.
fn limited(mut command: Command) -> io::Result<(Option<bool>, String)> {
    // Some say it on one stream and some on the other.
    let (reader, writer) = io::pipe()?;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(writer.try_clone()?)
        .stderr(writer)
        .spawn()?;
    // With it go our ends of the pipe, which would otherwise never be at its end.
    drop(command);
    // Read beside the wait: a program that fills the pipe would never end.
    let reader = std::thread::spawn(move || {
        let mut said = Vec::new();
        let _ = reader.take(MAX_OUTPUT).read_to_end(&mut said);
        String::from_utf8_lossy(&said).into_owned()
    });
    let accepted = wait(&mut child)?;
    let said = reader.join().unwrap_or_default();
    Ok((accepted, telling(&said)))
}

/// The line that tells what is wrong, and the one after it where the first only says where.
fn telling(said: &str) -> String {
    let lines: Vec<&str> = said
        .lines()
        .map(str::trim)
        .filter(|l| !l.is_empty())
        .collect();
    let tells = |l: &&str| l.contains("ALERT") || l.contains("emerg") || l.contains("rror");
    let at = lines.iter().position(tells).unwrap_or(0);
    match (lines.get(at), lines.get(at + 1)) {
        (Some(place), Some(reason)) if place.ends_with(':') => format!("{place} {reason}"),
        (Some(line), _) => (*line).to_owned(),
        (None, _) => "without a word".to_owned(),
    }
}

fn wait(child: &mut Child) -> io::Result<Option<bool>> {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status.success()));
        }
        if start.elapsed() > LIMIT {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A folder that only its owner can enter, and that goes when it is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> io::Result<Self> {
        let unique = Instant::now();
        for attempt in 0..100u32 {
            let name = format!(
                "foretaste-{}-{attempt}-{:x}",
                std::process::id(),
                hash(&unique)
            );
            let path = std::env::temp_dir().join(name);
            let mut builder = std::fs::DirBuilder::new();
            #[cfg(unix)]
            std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
            match builder.create(&path) {
                Ok(()) => return Ok(Self(path)),
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
                Err(e) => return Err(e),
            }
        }
        Err(io::Error::other("no folder could be made"))
    }

    /// Writes a node's files, and says where one of them now is. Absolute paths in it lead into the folder.
    fn fill(&self, run: &Convergence, path: &str) -> io::Result<PathBuf> {
        let directory = path.rsplit_once('/').map_or("/", |(d, _)| d);
        for (name, file) in &run.files {
            let is_beside = name
                .strip_prefix(directory)
                .is_some_and(|r| r.starts_with('/'));
            if is_beside && !file.sensitive && !has_hole(&file.text) {
                let Some(place) = self.place(name) else {
                    continue;
                };
                if let Some(parent) = place.parent() {
                    std::fs::create_dir_all(parent)?;
                }
                let own = format!("{}{directory}/", self.0.display());
                std::fs::write(&place, file.text.replace(&format!("{directory}/"), &own))?;
            }
        }
        self.place(path)
            .ok_or_else(|| io::Error::other("its path leaves the folder"))
    }

    /// Where a path of the node stands in the folder; `None` for one that would leave it.
    fn place(&self, path: &str) -> Option<PathBuf> {
        let clean =
            path.starts_with('/') && !path.split('/').any(|p| p == ".." || p.contains('\0'));
        clean.then(|| self.0.join(path.trim_start_matches('/')))
    }

    fn hide(&self, said: &str) -> String {
        said.replace(&*self.0.to_string_lossy(), "")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn hash(value: &Instant) -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_never_leaves_the_folder() {
        let folder = Folder::new().unwrap();
        assert_eq!(folder.place("/etc/../../x"), None);
        assert_eq!(folder.place("etc/x"), None);
        let place = folder.place("/etc/haproxy/haproxy.cfg").unwrap();
        assert!(place.starts_with(&folder.0));
        let path = folder.0.clone();
        drop(folder);
        assert!(!path.exists());
    }

    #[test]
    fn a_program_that_does_not_end_is_ended_and_what_it_says_is_kept_short() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo first >&2; echo 'an error' >&2; exit 1"]);
        assert_eq!(
            limited(command).unwrap(),
            (Some(false), "an error".to_owned())
        );
        let mut command = Command::new("sh");
        command.args(["-c", "echo 'x:1: boolean expected'; exit 1"]);
        assert_eq!(
            limited(command).unwrap(),
            (Some(false), "x:1: boolean expected".to_owned())
        );
    }

    #[test]
    fn the_reason_is_told_where_it_stands_behind_the_place() {
        let apache = "AH00526: Syntax error on line 3 of /etc/apache2/apache2.conf:\n\
                      Invalid command 'Foo', perhaps misspelled\nAction failed\n";
        assert_eq!(
            telling(apache),
            "AH00526: Syntax error on line 3 of /etc/apache2/apache2.conf: \
             Invalid command 'Foo', perhaps misspelled"
        );
        assert_eq!(telling("\n"), "without a word");
    }
}
