//! Our verdict against that of the daemons themselves, on mistakes made afresh in our own configs.
//!
//! Runs where a daemon is installed and takes the unbroken fixture; elsewhere it says that it was skipped. The mistakes
//! come from a fixed seed, so that a run can be repeated; `MISTAKES=1000 SEED=7` in the environment asks for others.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use foretaste_parser::formats::Format;
use foretaste_parser::problem::Kind;
use foretaste_parser::source::Source;
use foretaste_parser::{check, problem::Problem};

/// Mistakes made in each fixture, and what they come from.
const MISTAKES: usize = 150;
const SEED: u64 = 20_261_123;

fn asked<T: std::str::FromStr>(name: &str, usual: T) -> T {
    let said = std::env::var(name).ok().and_then(|v| v.parse().ok());
    said.unwrap_or(usual)
}

struct Seed(u64);

impl Seed {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound.max(1)
    }
}

/// One mistake as people and templates make them: a line lost, doubled or moved, a word lost, doubled, mistyped or
/// emptied, a mark lost.
fn mistake(text: &str, seed: &mut Seed) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let said: Vec<usize> = (0..lines.len())
        .filter(|i| !lines[*i].trim().is_empty() && !lines[*i].contains("PREFIX"))
        .collect();
    let at = said[seed.below(said.len())];
    let indent = lines[at].len() - lines[at].trim_start().len();
    let mut words: Vec<String> = lines[at].split_whitespace().map(str::to_owned).collect();
    let word = seed.below(words.len());
    let letter = seed.below(words[word].len());
    match seed.below(9) {
        0 => {
            lines.remove(at);
            return lines.join("\n") + "\n";
        }
        1 => {
            let line = lines[at].clone();
            lines.insert(at, line);
            return lines.join("\n") + "\n";
        }
        2 if at > 0 => {
            lines.swap(at - 1, at);
            return lines.join("\n") + "\n";
        }
        3 => drop(words.remove(word)),
        4 => words.insert(word, words[word].clone()),
        5 => drop(words[word].remove(letter)),
        6 => words[word].insert(letter, 'q'),
        7 => words[word] = words[word].replace(|c: char| c.is_ascii_digit(), "x"),
        _ => words[word] = words[word].replace([';', '{', '}', '"', ':', '='], ""),
    }
    lines[at] = format!("{}{}", " ".repeat(indent), words.join(" "));
    lines.join("\n") + "\n"
}

fn fixtures(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(folder);
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    files.sort();
    files
}

/// A program that checks configs, and how near we have to come to it.
struct Daemon {
    format: Format,
    /// Where such a file stands on a node.
    path: &'static str,
    /// Whether it takes a file, in a folder of its own; `None` where it cannot be asked.
    ask: fn(&Path, &Path) -> Option<bool>,
    /// Of 100 refused files so many are caught at least.
    caught: usize,
}

fn haproxy(file: &Path, _: &Path) -> Option<bool> {
    accepts(Command::new("haproxy").args(["-c", "-f"]).arg(file))
}

fn nginx(file: &Path, prefix: &Path) -> Option<bool> {
    accepts(
        Command::new("nginx")
            .args(["-t", "-q", "-e", "stderr", "-p"])
            .arg(prefix)
            .arg("-c")
            .arg(file),
    )
}

fn rsyslogd(file: &Path, _: &Path) -> Option<bool> {
    accepts(Command::new("rsyslogd").args(["-N1", "-f"]).arg(file))
}

fn named_checkconf(file: &Path, _: &Path) -> Option<bool> {
    accepts(Command::new("named-checkconf").arg(file))
}

fn named_checkzone(file: &Path, _: &Path) -> Option<bool> {
    accepts(
        Command::new("named-checkzone")
            .args(["-q", "-i", "none", "example.com"])
            .arg(file),
    )
}

fn visudo(file: &Path, _: &Path) -> Option<bool> {
    accepts(Command::new("visudo").args(["-c", "-q", "-f"]).arg(file))
}

fn sshd(file: &Path, folder: &Path) -> Option<bool> {
    let key = folder.join("key");
    if !key.exists() {
        let made = Command::new("ssh-keygen")
            .args(["-q", "-t", "ed25519", "-N", "", "-f"])
            .arg(&key)
            .status();
        made.ok().filter(|m| m.success())?;
    }
    // It wants to be called by its whole path.
    accepts(Command::new("/usr/sbin/sshd").args(["-t", "-f"]).arg(file))
}

fn crontab(file: &Path, _: &Path) -> Option<bool> {
    accepts(Command::new("crontab").arg("-n").arg(file))
}

fn accepts(command: &mut Command) -> Option<bool> {
    let status = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    status.ok().map(|s| s.success())
}

#[derive(Default)]
struct Tally {
    refused: usize,
    caught: usize,
    accepted: usize,
    alarms: usize,
    disagreements: String,
}

fn errors(format: Format, path: &str, text: &str) -> Vec<Problem> {
    let mut found = check::problems(format, &Source::new(path, text));
    found.retain(|p| p.kind == Kind::Error);
    found
}

fn compare(daemon: &Daemon) -> Option<Tally> {
    let Daemon { format, path, .. } = *daemon;
    let mistakes = asked("MISTAKES", MISTAKES);
    let folder = std::env::temp_dir().join(format!("foretaste-{format}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("config");
    let mut tally = Tally::default();
    let mut taken = true;
    for (number, fixture) in fixtures(format.as_str()).iter().enumerate() {
        let text = std::fs::read_to_string(fixture).unwrap();
        let ask = |text: &str| {
            let placed = text.replace("PREFIX", &folder.to_string_lossy());
            std::fs::write(&file, placed).unwrap();
            (daemon.ask)(&file, &folder)
        };
        assert_eq!(errors(format, path, &text), [], "{}", fixture.display());
        if ask(&text) != Some(true) {
            taken = false;
            break;
        }
        let mut seed = Seed(asked("SEED", SEED) + number as u64);
        for _ in 0..mistakes {
            let broken = mistake(&text, &mut seed);
            let Some(accepted) = ask(&broken) else {
                continue;
            };
            let ours = errors(format, path, &broken);
            tally.refused += usize::from(!accepted);
            tally.accepted += usize::from(accepted);
            tally.caught += usize::from(!accepted && !ours.is_empty());
            tally.alarms += usize::from(accepted && !ours.is_empty());
            if accepted != ours.is_empty() {
                let said = ours.first().map_or("nothing", |p| p.message.as_str());
                let line = text
                    .lines()
                    .zip(broken.lines())
                    .find(|(a, b)| a != b)
                    .map_or("", |(_, b)| b.trim());
                let verdict = if accepted { "takes" } else { "refuses" };
                let _ = writeln!(
                    tally.disagreements,
                    "the daemon {verdict} `{line}`, we say: {said}"
                );
            }
        }
    }
    let _ = std::fs::remove_dir_all(&folder);
    taken.then_some(tally)
}

fn judge(daemon: &Daemon) {
    let format = daemon.format;
    let Some(tally) = compare(daemon) else {
        eprintln!("skipped: no {format} is installed here that takes our fixtures");
        return;
    };
    eprintln!(
        "{format}: {} of {} refused configs caught, {} false alarms in {} accepted\n{}",
        tally.caught, tally.refused, tally.alarms, tally.accepted, tally.disagreements
    );
    assert!(tally.refused >= 25, "too few mistakes that count");
    // Versions differ: what is asked for is agreement in nearly all.
    assert!(
        tally.caught * 100 >= tally.refused * daemon.caught,
        "{}",
        tally.disagreements
    );
    assert!(
        tally.alarms * 100 <= tally.accepted * 2,
        "{}",
        tally.disagreements
    );
}

#[test]
fn haproxy_agrees_with_us_on_fresh_mistakes() {
    judge(&Daemon {
        format: Format::HaproxyCfg,
        path: "haproxy.cfg",
        ask: haproxy,
        caught: 90,
    });
}

#[test]
fn nginx_agrees_with_us_on_fresh_mistakes() {
    judge(&Daemon {
        format: Format::Nginx,
        path: "/etc/nginx/nginx.conf",
        ask: nginx,
        caught: 90,
    });
}

#[test]
fn rsyslog_agrees_with_us_on_fresh_mistakes() {
    judge(&Daemon {
        format: Format::Rsyslog,
        path: "/etc/rsyslog.conf",
        ask: rsyslogd,
        caught: 80,
    });
}

#[test]
fn bind_agrees_with_us_on_fresh_mistakes() {
    judge(&Daemon {
        format: Format::Named,
        path: "/etc/bind/named.conf",
        ask: named_checkconf,
        caught: 75,
    });
}

#[test]
fn sudo_agrees_with_us_on_fresh_mistakes() {
    judge(&Daemon {
        format: Format::Sudoers,
        path: "/etc/sudoers",
        ask: visudo,
        caught: 90,
    });
}

#[test]
fn sshd_agrees_with_us_on_fresh_mistakes() {
    judge(&Daemon {
        format: Format::Sshd,
        path: "/etc/ssh/sshd_config",
        ask: sshd,
        caught: 85,
    });
}

#[test]
fn cron_agrees_with_us_on_fresh_mistakes() {
    judge(&Daemon {
        format: Format::Crontab,
        path: "/var/spool/cron/crontabs/root",
        ask: crontab,
        caught: 95,
    });
}
#[test]
fn bind_zones_agrees_with_us_on_fresh_mistakes() {
    judge(&Daemon {
        format: Format::Zone,
        path: "/etc/bind/db.example.com",
        ask: named_checkzone,
        caught: 85,
    });
}
