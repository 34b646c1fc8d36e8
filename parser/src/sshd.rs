//! sshd's config: what keeps it from starting, and what it accepts and nobody can log in any more.
//!
//! Source: sshd_config(5) of OpenSSH 9, with the keywords of older versions and of Debian's and Red Hat's patches.

use std::collections::BTreeMap;

use crate::hole::has_hole;
use crate::lines::{Continue, Line, lines, words};
use crate::nearest::nearest;
use crate::problem::{Class, Problem};
use crate::source::Source;

/// Keywords that take yes or no.
const FLAGS: &[&str] = &[
    "AllowStreamLocalForwarding",
    "ChallengeResponseAuthentication",
    "DisableForwarding",
    "DebianBanner",
    "ExposeAuthInfo",
    "GSSAPIAuthentication",
    "GSSAPICleanupCredentials",
    "GSSAPIKeyExchange",
    "GSSAPIStoreCredentialsOnRekey",
    "GSSAPIStrictAcceptorCheck",
    "HostbasedAuthentication",
    "HostbasedUsesNameFromPacketOnly",
    "IgnoreUserKnownHosts",
    "KbdInteractiveAuthentication",
    "KerberosAuthentication",
    "KerberosGetAFSToken",
    "KerberosOrLocalPasswd",
    "KerberosTicketCleanup",
    "PasswordAuthentication",
    "PermitEmptyPasswords",
    "PermitTTY",
    "PermitUserRC",
    "PrintLastLog",
    "PrintMotd",
    "PubkeyAuthentication",
    "StreamLocalBindUnlink",
    "StrictModes",
    "TCPKeepAlive",
    "UseDNS",
    "UsePAM",
    "X11Forwarding",
    "X11UseLocalhost",
];

const OTHERS: &[&str] = &[
    "AcceptEnv",
    "AddressFamily",
    "AllowAgentForwarding",
    "AllowGroups",
    "AllowTcpForwarding",
    "AllowUsers",
    "AuthenticationMethods",
    "AuthorizedKeysCommand",
    "AuthorizedKeysCommandUser",
    "AuthorizedKeysFile",
    "AuthorizedKeysFile2",
    "AuthorizedPrincipalsCommand",
    "AuthorizedPrincipalsCommandUser",
    "AuthorizedPrincipalsFile",
    "Banner",
    "CASignatureAlgorithms",
    "ChannelTimeout",
    "ChrootDirectory",
    "Ciphers",
    "ClientAliveCountMax",
    "ClientAliveInterval",
    "Compression",
    "DenyGroups",
    "DenyUsers",
    "FingerprintHash",
    "ForceCommand",
    "GatewayPorts",
    "GSSAPIKexAlgorithms",
    "GSSAPIEnablek5users",
    "HostCertificate",
    "HostKey",
    "HostKeyAgent",
    "HostKeyAlgorithms",
    "HostbasedAcceptedAlgorithms",
    "HostbasedAcceptedKeyTypes",
    "IgnoreRhosts",
    "Include",
    "IPQoS",
    "KerberosUseKuserok",
    "KexAlgorithms",
    "KeyRegenerationInterval",
    "ListenAddress",
    "LogLevel",
    "LogVerbose",
    "LoginGraceTime",
    "MACs",
    "Match",
    "MaxAuthTries",
    "MaxSessions",
    "MaxStartups",
    "ModuliFile",
    "PAMServiceName",
    "PerSourceMaxStartups",
    "PerSourceNetBlockSize",
    "PerSourcePenalties",
    "PerSourcePenaltyExemptList",
    "PermitListen",
    "PermitOpen",
    "PermitRootLogin",
    "PermitTunnel",
    "PermitUserEnvironment",
    "PidFile",
    "Port",
    "Protocol",
    "PubkeyAcceptedAlgorithms",
    "PubkeyAcceptedKeyTypes",
    "PubkeyAuthOptions",
    "RDomain",
    "RSAAuthentication",
    "RefuseConnection",
    "RekeyLimit",
    "RequiredRSASize",
    "RSAMinSize",
    "RevokedKeys",
    "RhostsRSAAuthentication",
    "SecurityKeyProvider",
    "ServerKeyBits",
    "SetEnv",
    "ShowPatchLevel",
    "SkeyAuthentication",
    "SshdAuthPath",
    "SshdSessionPath",
    "StreamLocalBindMask",
    "Subsystem",
    "SyslogFacility",
    "TrustedUserCAKeys",
    "UnusedConnectionTimeout",
    "UseLogin",
    "UsePrivilegeSeparation",
    "VersionAddendum",
    "X11DisplayOffset",
    "XAuthLocation",
];

/// Keywords that no `Match` block may hold, in any version.
const GLOBAL: &[&str] = &[
    "AddressFamily",
    "Ciphers",
    "Compression",
    "HostCertificate",
    "HostKey",
    "KexAlgorithms",
    "ListenAddress",
    "LoginGraceTime",
    "MACs",
    "MaxStartups",
    "PidFile",
    "Port",
    "PrintLastLog",
    "PrintMotd",
    "StrictModes",
    "SyslogFacility",
    "TCPKeepAlive",
    "UseDNS",
    "UsePAM",
];

/// Choices that have more words than yes and no.
const CHOICES: &[(&str, &[&str])] = &[
    (
        "PermitRootLogin",
        &[
            "yes",
            "no",
            "without-password",
            "prohibit-password",
            "forced-commands-only",
        ],
    ),
    ("AddressFamily", &["any", "inet", "inet6"]),
    (
        "LogLevel",
        &[
            "quiet", "fatal", "error", "info", "verbose", "debug", "debug1", "debug2", "debug3",
        ],
    ),
    ("GatewayPorts", &["yes", "no", "clientspecified"]),
    (
        "AllowTcpForwarding",
        &["yes", "no", "all", "local", "remote"],
    ),
    ("Compression", &["yes", "no", "delayed"]),
];

const FLAG: &[&str] = &["yes", "no", "true", "false"];

struct Directive<'l> {
    name: &'static str,
    value: &'l str,
}

/// Everything that is wrong with a file or with a part that another includes.
#[must_use]
pub fn problems(source: &Source) -> Vec<Problem> {
    let mut out = Vec::new();
    let mut global: BTreeMap<&'static str, (String, crate::source::Span)> = BTreeMap::new();
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
            continue;
        }
        unknown |= directive.name == "Include" || has_hole(directive.value);
        value(&directive, &line, &mut out);
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

fn value(directive: &Directive<'_>, line: &Line<'_>, out: &mut Vec<Problem>) {
    let Directive { name, value } = directive;
    if has_hole(value) {
        return;
    }
    let first = value
        .split_ascii_whitespace()
        .next()
        .unwrap_or("")
        .trim_matches('"');
    let choices = if FLAGS.contains(name) {
        Some(FLAG)
    } else {
        CHOICES.iter().find(|(n, _)| n == name).map(|(_, c)| *c)
    };
    if let Some(choices) = choices
        && !choices.iter().any(|c| c.eq_ignore_ascii_case(first))
    {
        let shown = choices.iter().filter(|c| !matches!(**c, "true" | "false"));
        let shown: Vec<&str> = shown.copied().collect();
        let message = format!("unsupported option \"{first}\" for {name}");
        out.push(
            Problem::error(Class::Value, message, line.span)
                .with_help(format!("it takes {}", shown.join(", "))),
        );
    }
    let number = |low: u32| first.parse::<u32>().is_ok_and(|n| n >= low);
    let bad = match *name {
        "Port" => !first.parse::<u16>().is_ok_and(|p| p > 0),
        "MaxAuthTries" | "MaxSessions" | "ClientAliveCountMax" | "X11DisplayOffset" => !number(0),
        "Subsystem" => value.split_ascii_whitespace().count() < 2,
        _ => false,
    };
    if bad {
        let message = format!("Badly formatted value \"{value}\" for {name}");
        out.push(Problem::error(Class::Value, message, line.span));
    }
    let shut = match *name {
        "DenyUsers" | "DenyGroups" => value.split_ascii_whitespace().any(|w| w == "*"),
        "MaxSessions" => first == "0",
        _ => false,
    };
    if shut {
        let message = format!("`{name} {value}` keeps everybody out");
        out.push(Problem::warning(Class::LockOut, message, line.span));
    }
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
        13: Error placement Directive 'UseDNS' is not allowed within a Match block
        "#);
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
