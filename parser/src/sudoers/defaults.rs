//! The settings that a `Defaults` line may give. Source: sudoers(5), "SUDOERS OPTIONS", of sudo 1.9. Plugins and newer
//! versions bring further ones: an unknown setting is told only where it looks mistyped.

use super::grammar::Setting;
use crate::nearest::nearest;

const FLAGS: &[&str] = &[
    "always_query_group_plugin",
    "always_set_home",
    "authenticate",
    "case_insensitive_group",
    "case_insensitive_user",
    "closefrom_override",
    "cmnd_no_wait",
    "compress_io",
    "env_editor",
    "env_reset",
    "exec_background",
    "fast_glob",
    "fqdn",
    "ignore_audit_errors",
    "ignore_dot",
    "ignore_iolog_errors",
    "ignore_local_sudoers",
    "ignore_logfile_errors",
    "ignore_unknown_defaults",
    "insults",
    "intercept",
    "intercept_allow_setid",
    "intercept_authenticate",
    "intercept_verify",
    "iolog_flush",
    "legacy_group_processing",
    "log_allowed",
    "log_denied",
    "log_exit_status",
    "log_host",
    "log_input",
    "log_output",
    "log_passwords",
    "log_server_keepalive",
    "log_server_verify",
    "log_stderr",
    "log_stdin",
    "log_stdout",
    "log_subcmds",
    "log_ttyin",
    "log_ttyout",
    "log_year",
    "long_otp_prompt",
    "mail_all_cmnds",
    "mail_always",
    "mail_badpass",
    "mail_no_host",
    "mail_no_perms",
    "mail_no_user",
    "match_group_by_gid",
    "netgroup_tuple",
    "noexec",
    "noninteractive_auth",
    "pam_acct_mgmt",
    "pam_rhost",
    "pam_ruser",
    "pam_session",
    "pam_setcred",
    "pam_silent",
    "passprompt_override",
    "passwd_retry",
    "path_info",
    "preserve_groups",
    "pwfeedback",
    "requiretty",
    "root_sudo",
    "rootpw",
    "runas_allow_unknown_id",
    "runas_check_shell",
    "runaspw",
    "selinux",
    "set_home",
    "set_logname",
    "set_utmp",
    "setenv",
    "shell_noargs",
    "stay_setuid",
    "sudoedit_checkdir",
    "sudoedit_follow",
    "syslog_pid",
    "targetpw",
    "tty_tickets",
    "umask_override",
    "use_loginclass",
    "use_netgroups",
    "use_pty",
    "user_command_timeouts",
    "utmp_runas",
    "visiblepw",
    "admin_flag_bool",
];
/// A number that may not be left out.
const NUMBERS: &[&str] = &[
    "closefrom",
    "maxseq",
    "syslog_maxlen",
    "passwd_tries",
    "loglinelen",
];
/// A setting and the words that it takes.
const CHOICES: &[(&str, &[&str])] = &[
    ("lecture", &["always", "never", "once"]),
    ("listpw", &["all", "always", "any", "never"]),
    ("verifypw", &["all", "always", "any", "never"]),
    ("timestamp_type", &["global", "ppid", "tty", "kernel"]),
    (
        "log_format",
        &["sudo", "json", "json_compact", "json_pretty"],
    ),
    ("intercept_type", &["dso", "trace"]),
];
/// Values that only the machine can judge; some may be given as a flag, too.
const VALUES: &[&str] = &[
    "admin_flag",
    "apparmor_profile",
    "askpass",
    "authfail_message",
    "badpass_message",
    "command_timeout",
    "editor",
    "env_file",
    "exempt_group",
    "fdexec",
    "group_plugin",
    "group_source",
    "iolog_dir",
    "iolog_file",
    "iolog_group",
    "iolog_mode",
    "iolog_user",
    "lecture_file",
    "lecture_status_dir",
    "limitprivs",
    "log_server_cabundle",
    "log_server_peer_cert",
    "log_server_peer_key",
    "log_server_timeout",
    "log_servers",
    "logfile",
    "mailerflags",
    "mailerpath",
    "mailfrom",
    "mailsub",
    "mailto",
    "noexec_file",
    "pam_askpass_service",
    "pam_login_service",
    "pam_service",
    "passprompt",
    "passprompt_regex",
    "passwd_timeout",
    "privs",
    "restricted_env_file",
    "rlimit_as",
    "rlimit_core",
    "rlimit_cpu",
    "rlimit_data",
    "rlimit_fsize",
    "rlimit_locks",
    "rlimit_memlock",
    "rlimit_nofile",
    "rlimit_nproc",
    "rlimit_rss",
    "rlimit_stack",
    "role",
    "runas_default",
    "runchroot",
    "runcwd",
    "secure_path",
    "sudoers_locale",
    "syslog",
    "syslog_badpri",
    "syslog_goodpri",
    "timestamp_timeout",
    "timestampdir",
    "timestampowner",
    "type",
    "umask",
];
/// Settings that `+=` and `-=` change.
const LISTS: &[&str] = &[
    "env_check",
    "env_delete",
    "env_keep",
    "log_servers",
    "passprompt_regex",
    "initial_keepenv_table",
];
/// Values that mean nothing without one.
const NEEDS_VALUE: &[&str] = &[
    "umask",
    "timestamp_timeout",
    "passwd_timeout",
    "passwd_tries",
    "editor",
    "runas_default",
    "mailsub",
    "passprompt",
    "badpass_message",
    "timestampdir",
    "sudoers_locale",
    "syslog_maxlen",
    "closefrom",
];

/// What is wrong with a setting, if anything is for certain.
pub fn judge(setting: &Setting<'_>) -> Result<(), String> {
    let Setting { name, value, .. } = *setting;
    let is_flag = FLAGS.contains(&name);
    let choices = CHOICES.iter().find(|(n, _)| *n == name).map(|(_, c)| *c);
    let is_list = LISTS.contains(&name);
    let known = is_flag
        || is_list
        || choices.is_some()
        || NUMBERS.contains(&name)
        || VALUES.contains(&name);
    if !known {
        let names = FLAGS
            .iter()
            .chain(NUMBERS)
            .chain(VALUES)
            .chain(LISTS)
            .copied();
        let names = names.chain(CHOICES.iter().map(|(n, _)| *n));
        return match nearest(name, names) {
            Some(near) => Err(format!(
                "unknown defaults entry \"{name}\", did you mean \"{near}\"?"
            )),
            None => Ok(()),
        };
    }
    let Some(operator) = setting.operator else {
        if !setting.negated && NEEDS_VALUE.contains(&name) {
            return Err(format!("no value specified for \"{name}\""));
        }
        return Ok(());
    };
    if is_flag {
        return Err(format!("option \"{name}\" does not take a value"));
    }
    if operator != "=" && !is_list {
        return Err(format!("invalid operator \"{operator}\" for \"{name}\""));
    }
    let fits = match (choices, name) {
        (Some(choices), _) => choices.contains(&value),
        (None, "umask") => u32::from_str_radix(value, 8).is_ok_and(|mask| mask <= 0o777),
        (None, "timestamp_timeout" | "passwd_timeout") => value.parse::<f64>().is_ok(),
        _ if NUMBERS.contains(&name) => value.parse::<u32>().is_ok(),
        _ => true,
    };
    if fits {
        Ok(())
    } else {
        Err(format!(
            "value \"{value}\" is invalid for option \"{name}\""
        ))
    }
}
