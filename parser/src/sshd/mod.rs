//! sshd's config: what keeps it from starting, and what it accepts and nobody can log in any more.
//!
//! Source: sshd_config(5) of OpenSSH 9, with the keywords of older versions and of Debian's and Red Hat's patches.

mod keywords;
mod values;

use std::collections::{BTreeMap, BTreeSet};

use self::keywords::{FLAGS, GLOBAL, OTHERS};
use self::values::value;
use crate::hole::has_hole;
use crate::lines::{Continue, Line, lines, words};
use crate::nearest::nearest;
use crate::problem::{Class, Problem};
use crate::source::Source;

pub(crate) struct Directive<'l> {
    name: &'static str,
    value: &'l str,
}

/// Everything that is wrong with a file or with a part that another includes.
#[must_use]
pub fn problems(source: &Source) -> Vec<Problem> {
    let mut out = Vec::new();
    let mut global: BTreeMap<&'static str, (String, crate::source::Span)> = BTreeMap::new();
    let mut subsystems: BTreeSet<String> = BTreeSet::new();
    let mut in_match = false;
    let mut unknown = false;
    for line in lines(source.text(), Continue::Never) {
        if line.is_silent(&['#']) {
            continue;
        }
        unknown |= line.starts_with_hole();
        let Some(directive) = directive(&line, &mut out) else {
            continue;
        };
        if directive.name == "Match" {
            in_match = true;
            values::criteria(&directive, &line, &mut out);
            continue;
        }
        unknown |= directive.name == "Include" || has_hole(directive.value);
        value(&directive, &line, &mut out);
        if directive.name == "Subsystem"
            && let Some(name) = directive.value.split_ascii_whitespace().next()
            && !in_match
            && !has_hole(name)
            && !subsystems.insert(name.to_owned())
        {
            let message = format!("Subsystem '{name}' already defined.");
            out.push(Problem::error(Class::DuplicateName, message, line.span));
        }
        if in_match && GLOBAL.contains(&directive.name) {
            let message = format!(
                "Directive '{}' is not allowed within a Match block",
                directive.name
            );
            out.push(
                Problem::error(Class::Placement, message, line.span)
                    .with_help("what holds for everybody stands before the first Match"),
            );
        } else if !in_match {
            // The first value counts.
            global
                .entry(directive.name)
                .or_insert_with(|| (directive.value.to_owned(), line.span));
        }
    }
    if !unknown && !in_match {
        locked_out(&global, &mut out);
    }
    out
}

fn known() -> impl Iterator<Item = &'static str> {
    FLAGS.iter().chain(OTHERS).copied()
}

fn directive<'l>(line: &'l Line<'_>, out: &mut Vec<Problem>) -> Option<Directive<'l>> {
    let text = line.text.trim();
    if has_hole(text) && line.starts_with_hole() {
        return None;
    }
    let end = text
        .find(|c: char| c.is_ascii_whitespace() || c == '=')
        .unwrap_or(text.len());
    let (word, rest) = text.split_at_checked(end).unwrap_or((text, ""));
    let word = word.trim_matches('"');
    if has_hole(word) {
        return None;
    }
    let rest = rest.trim_start();
    let value = rest.strip_prefix('=').unwrap_or(rest).trim();
    let Some(name) = known().find(|k| k.eq_ignore_ascii_case(word)) else {
        // Another version or patch may know it: only what looks mistyped is refused for certain.
        let near = known().find(|k| {
            nearest(
                &word.to_ascii_lowercase(),
                [k.to_ascii_lowercase().as_str()].into_iter(),
            )
            .is_some()
        });
        let message = format!("Bad configuration option: {word}");
        // Whoever knows it wants a value.
        if value.is_empty() && !has_hole(rest) {
            out.push(Problem::error(Class::UnknownKeyword, message, line.span));
            return None;
        }
        out.push(match near {
            Some(near) => Problem::error(Class::UnknownKeyword, message, line.span)
                .with_help(format!("did you mean `{near}`?")),
            None => Problem::warning(Class::UnknownKeyword, message, line.span),
        });
        return None;
    };
    if value.is_empty() {
        let message = format!("no argument after keyword \"{name}\"");
        out.push(Problem::error(Class::Arity, message, line.span));
        return None;
    }
    if words(value).is_err() && !has_hole(value) {
        out.push(Problem::error(
            Class::Syntax,
            "a quote is never closed",
            line.span,
        ));
        return None;
    }
    Some(Directive { name, value })
}

/// No way to log in is left.
fn locked_out(
    global: &BTreeMap<&'static str, (String, crate::source::Span)>,
    out: &mut Vec<Problem>,
) {
    let is = |name: &str, word: &str| {
        global
            .get(name)
            .is_some_and(|(v, _)| v.trim_matches('"').eq_ignore_ascii_case(word))
    };
    let interactive_off =
        is("KbdInteractiveAuthentication", "no") || is("ChallengeResponseAuthentication", "no");
    let other = [
        "GSSAPIAuthentication",
        "HostbasedAuthentication",
        "KerberosAuthentication",
    ];
    if let Some((_, span)) = global.get("PubkeyAuthentication")
        && is("PubkeyAuthentication", "no")
        && is("PasswordAuthentication", "no")
        && interactive_off
        && !other.iter().any(|name| is(name, "yes"))
    {
        out.push(
            Problem::warning(
                Class::LockOut,
                "neither keys nor passwords are accepted: nobody can log in",
                *span,
            )
            .with_help("leave `PubkeyAuthentication yes`"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(text: &str) -> String {
        crate::lines::report(problems, text)
    }

    #[test]
    fn what_keeps_sshd_from_starting_is_told() {
        insta::assert_snapshot!(report("\
port 22
Port=70000
PermitRootLogin maybe
PasswordAuthentcation no
UsePAM \"yes\"
X11Forwarding on
AllowUsers
Banner \"/etc/motd
Subsystem sftp
FutureOption yes
UsePAM yes no
Ciphers +aes256-ctr,aes128-crt,made-of-ice
LoginGraceTime 2x
MaxStartups 10:30
PermitOpen host:80x
AuthorizedKeysCommand %u
AuthenticationMethods publickey,pasword
IPQoS lowdelay througput
RekeyLimit 1X
no
Subsystem a b
Subsystem a c
Match Usr deploy
Match User
Match all User a
Match User deploy
  PasswordAuthentication yes
UseDNS no
"), @r#"
        2: Error value Badly formatted value "70000" for Port
        3: Error value unsupported option "maybe" for PermitRootLogin
        4: Error unknown-keyword Bad configuration option: PasswordAuthentcation
        6: Error value unsupported option "on" for X11Forwarding
        7: Error arity no argument after keyword "AllowUsers"
        8: Error syntax a quote is never closed
        9: Error value Badly formatted value "sftp" for Subsystem
        10: Warning unknown-keyword Bad configuration option: FutureOption
        11: Error arity keyword UsePAM extra arguments at end of line
        12: Error value Bad algorithm 'aes128-crt' for Ciphers
        13: Error value Badly formatted value "2x" for LoginGraceTime
        14: Error value Badly formatted value "10:30" for MaxStartups
        15: Error value Badly formatted value "host:80x" for PermitOpen
        16: Error value Badly formatted value "%u" for AuthorizedKeysCommand
        17: Error value Badly formatted value "publickey,pasword" for AuthenticationMethods
        18: Error value Badly formatted value "lowdelay througput" for IPQoS
        19: Error value Badly formatted value "1X" for RekeyLimit
        20: Error unknown-keyword Bad configuration option: no
        22: Error duplicate-name Subsystem 'a' already defined.
        23: Error unknown-keyword Unsupported Match attribute Usr
        24: Error arity Missing argument for Match User
        25: Error arity 'all' cannot be combined with other Match attributes
        28: Error placement Directive 'UseDNS' is not allowed within a Match block
        "#);
    }

    #[test]
    fn what_sshd_takes_is_silent() {
        assert_eq!(
            report(
                "\
Port 22\t# a comment
UsePAM yes # another
Ciphers ^aes256-gcm@openssh.com,aes128-*
MACs -hmac-md?,umac
HostKeyAlgorithms ssh-rsa-cert-v01@openssh.com,sk-ssh-ed25519-cert-v01@openssh.com
LoginGraceTime 0
ClientAliveInterval 1h30M
MaxStartups 10:30:100
PermitOpen any host:http
PermitListen 8080 *:* [::1]:80
AuthorizedKeysCommand none
AuthorizedKeysFile .ssh/a .ssh/b
AuthenticationMethods publickey,keyboard-interactive:pam any
IPQoS af21 0x10
RekeyLimit default none
GSSAPIAuthentication yes
VersionAddendum of the shop
Match User deploy Address *,!10.0.0.0/8 # some
  ForceCommand internal-sftp -u 0077
Match all
"
            ),
            ""
        );
    }

    #[test]
    fn what_keeps_everybody_out_is_told() {
        let off =
            "PasswordAuthentication no\nPubkeyAuthentication no\nKbdInteractiveAuthentication no\n";
        insta::assert_snapshot!(report(&format!("{off}DenyUsers *\n")), @"
        4: Warning lock-out `DenyUsers *` keeps everybody out
        2: Warning lock-out neither keys nor passwords are accepted: nobody can log in
        ");
        assert_eq!(report(&format!("{off}GSSAPIAuthentication yes\n")), "");
        assert_eq!(
            report(&format!("{off}Match User a\n  PubkeyAuthentication yes\n")),
            ""
        );
        assert_eq!(report(&format!("PubkeyAuthentication yes\n{off}")), "");
        assert_eq!(
            report(&format!("Include /etc/ssh/sshd_config.d/*.conf\n{off}")),
            ""
        );
        assert_eq!(
            report("Port \u{100000}\n\u{100000}\nPort\u{100000} 1\n"),
            ""
        );
    }
}
