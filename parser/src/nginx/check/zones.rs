//! Zones of shared memory, and what counts in them. Source: nginx's documentation of `limit_req_zone`, `limit_conn_zone`
//! and `proxy_cache_path`, and what `nginx -t` says of each parameter.

use super::super::syntax::Directive;
use super::values::{Check, invalid, is_number, is_size, is_time, wrong};
use crate::hole::has_hole;

/// A page of memory, on most machines.
const PAGE: u64 = 4096;

/// `NAME:SIZE`, behind its prefix, and how many pages it has at least.
fn zone(directive: &Directive<'_>, whole: &str, zone: &str, (what, pages): (&str, u64)) -> Check {
    if has_hole(zone) {
        return Ok(());
    }
    let (name, size) = zone.split_once(':').unwrap_or((zone, ""));
    if name.is_empty() {
        let name = &directive.name.text;
        return Err(wrong(
            directive,
            format!("\"{name}\" must have a name of the zone in \"{whole}\""),
        ));
    }
    let Some(bytes) = bytes(size) else {
        return Err(wrong(directive, format!("invalid {what} size \"{whole}\"")));
    };
    if bytes < pages * PAGE {
        return Err(wrong(directive, format!("zone \"{whole}\" is too small")));
    }
    Ok(())
}

fn bytes(size: &str) -> Option<u64> {
    if !is_size(size) {
        return None;
    }
    let digits = size.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let scale = match size.chars().next_back()?.to_ascii_lowercase() {
        'k' => 1 << 10,
        'm' => 1 << 20,
        'g' => 1 << 30,
        _ => 1,
    };
    digits.parse::<u64>().ok()?.checked_mul(scale)
}

/// `limit_req_zone KEY zone=NAME:SIZE rate=RATE`, `limit_conn_zone KEY zone=NAME:SIZE`; the rate is judged elsewhere.
pub fn limit_zone(directive: &Directive<'_>) -> Check {
    for (n, argument) in directive.arguments.iter().enumerate().skip(1) {
        let text = &*argument.text;
        if let Some(named) = text.strip_prefix("zone=") {
            zone(directive, text, named, ("zone", 8))?;
        } else if !(text.starts_with("rate=") || text == "sync" || has_hole(text)) {
            return Err(invalid(directive, n));
        }
    }
    Ok(())
}

/// `limit_req zone=NAME burst=N delay=N nodelay`
pub fn limit_req(directive: &Directive<'_>) -> Check {
    let mut named = false;
    for argument in &directive.arguments {
        let text = &*argument.text;
        named |= text.starts_with("zone=") || has_hole(text);
        for counted in ["burst", "delay"] {
            let number = text.strip_prefix(counted).and_then(|t| t.strip_prefix('='));
            if number.is_some_and(|n| !has_hole(n) && !is_positive(n)) {
                return Err(wrong(
                    directive,
                    format!("invalid {counted} value \"{text}\""),
                ));
            }
        }
    }
    if named {
        Ok(())
    } else {
        Err(wrong(
            directive,
            "\"limit_req\" must have \"zone\" parameter",
        ))
    }
}

/// `limit_conn NAME N`
pub fn limit_conn(directive: &Directive<'_>) -> Check {
    let number = directive.arg(1);
    if has_hole(number) || is_positive(number) && number.parse::<u16>().is_ok() {
        return Ok(());
    }
    Err(wrong(
        directive,
        format!("invalid number of connections \"{number}\""),
    ))
}

fn is_positive(text: &str) -> bool {
    is_number(text) && text.parse() != Ok(0)
}

/// `proxy_cache_path PATH keys_zone=NAME:SIZE …` and its kin.
pub fn cache_path(directive: &Directive<'_>) -> Check {
    let mut zoned = false;
    for (n, argument) in directive.arguments.iter().enumerate().skip(1) {
        let text = &*argument.text;
        if has_hole(text) {
            return Ok(());
        }
        let (name, value) = text.split_once('=').unwrap_or((text, ""));
        let fits = match name {
            "keys_zone" => {
                zoned = true;
                zone(directive, text, value, ("keys zone", 2))?;
                true
            }
            "levels" => {
                let levels: Vec<&str> = value.split(':').collect();
                let fits = levels.len() <= 3 && levels.iter().all(|l| matches!(*l, "1" | "2"));
                if !fits {
                    return Err(wrong(directive, format!("invalid \"levels\" \"{text}\"")));
                }
                true
            }
            "use_temp_path" | "purger" => matches!(value, "on" | "off"),
            "inactive" | "loader_sleep" | "loader_threshold" | "manager_sleep"
            | "manager_threshold" | "purger_sleep" | "purger_threshold" => is_time(value),
            "max_size" | "min_free" => is_size(value),
            "loader_files" | "manager_files" | "purger_files" => is_number(value),
            _ => return Err(invalid(directive, n)),
        };
        if !fits {
            return Err(wrong(directive, format!("invalid {name} value \"{text}\"")));
        }
    }
    if zoned {
        Ok(())
    } else {
        let name = &directive.name.text;
        Err(wrong(
            directive,
            format!("\"{name}\" must have \"keys_zone\" parameter"),
        ))
    }
}

/// `open_file_cache off`, or `max=N inactive=TIME …`
pub fn file_cache(directive: &Directive<'_>, known: &[&str]) -> Check {
    let name = &directive.name.text;
    if directive.arg(0) == "off" && directive.arguments.len() == 1 || directive.has_hole() {
        return Ok(());
    }
    let mut bounded = false;
    for argument in &directive.arguments {
        let text = &*argument.text;
        let (key, value) = text.split_once('=').unwrap_or((text, ""));
        let fits = match key {
            _ if !known.contains(&key) => false,
            "max" => is_positive(value),
            "min_uses" => is_positive(value),
            _ => is_time(value),
        };
        bounded |= key == "max";
        if !fits {
            let message = format!("invalid \"{name}\" parameter \"{text}\"");
            return Err(wrong(directive, message));
        }
    }
    if bounded {
        Ok(())
    } else {
        Err(wrong(
            directive,
            format!("\"{name}\" must have the \"max\" parameter"),
        ))
    }
}

/// `off`, `none`, `builtin:N`, `shared:NAME:SIZE`
pub fn session_cache(directive: &Directive<'_>) -> Check {
    for argument in &directive.arguments {
        let text = &*argument.text;
        if has_hole(text) || matches!(text, "off" | "none" | "builtin") {
            continue;
        }
        let fits = text.strip_prefix("builtin:").is_some_and(is_number)
            || text
                .strip_prefix("shared:")
                .and_then(|t| t.split_once(':'))
                .is_some_and(|(name, size)| {
                    !name.is_empty() && bytes(size).is_some_and(|b| b >= 8 * PAGE)
                });
        if !fits {
            return Err(wrong(
                directive,
                format!("invalid session cache \"{text}\""),
            ));
        }
    }
    Ok(())
}
