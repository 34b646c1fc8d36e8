//! Values of options, word by word.

use std::net::{Ipv4Addr, Ipv6Addr};

/// `300`, `1h30m`, `PT1H`
pub fn is_time(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    let parts = lower.strip_prefix('p').unwrap_or(&lower);
    matches!(lower.as_str(), "unlimited" | "default" | "disabled" | "off")
        || parts.starts_with(|c: char| c.is_ascii_digit() || c == 't')
            && parts
                .chars()
                .all(|c| c.is_ascii_digit() || matches!(c, 's' | 'm' | 'h' | 'd' | 'w' | 'y' | 't'))
}

/// `10M`, `50%`, `unlimited`
pub fn is_size(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    let digits = lower
        .strip_suffix(['k', 'm', 'g', 't', 'p', '%'])
        .unwrap_or(&lower);
    matches!(lower.as_str(), "unlimited" | "default")
        || !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}

/// Yes or no in any of the words that BIND takes for it.
pub fn is_boolean(word: &str) -> bool {
    ["yes", "no", "true", "false", "1", "0"]
        .iter()
        .any(|b| b.eq_ignore_ascii_case(word))
}

/// What is wrong with an address or network, where a word is meant for one.
pub fn network(word: &str) -> Option<&'static str> {
    let (address, bits) = match word.split_once('/') {
        Some((address, bits)) => (address, Some(bits)),
        None => (word, None),
    };
    let numbers = !address.is_empty() && address.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    if numbers && address.contains('.') | bits.is_some() {
        // `10/8` stands for `10.0.0.0/8`.
        let parts = address.trim_end_matches('.').split('.').count();
        let filled = format!(
            "{}{}",
            address.trim_end_matches('.'),
            ".0".repeat(4_usize.saturating_sub(parts))
        );
        let Ok(ip) = filled.parse::<Ipv4Addr>() else {
            return Some("neither an address nor an ACL");
        };
        return width(bits, 32, u128::from(u32::from(ip)) << 96);
    }
    let six = address.matches(':').count() >= 2;
    if six {
        let ip: Ipv6Addr = address.split('%').next()?.parse().ok()?;
        return width(bits, 128, u128::from(ip));
    }
    None
}

/// `bits` of the leading ones of an address, the others of which have to be zero.
fn width(bits: Option<&str>, most: u32, address: u128) -> Option<&'static str> {
    let bits = bits?;
    match bits.parse::<u32>() {
        Ok(bits) if bits <= most => {
            let rest = address.checked_shl(bits).unwrap_or(0);
            (rest != 0).then_some("the address has more digits than the prefix length")
        }
        _ => Some("invalid prefix length"),
    }
}
