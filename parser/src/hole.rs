//! Holes: characters that stand for text which a simulation could not know.

/// True for a character of Unicode plane 16, which stands for unknown text of any length.
#[must_use]
pub fn is_hole(c: char) -> bool {
    ('\u{100000}'..='\u{10FFFD}').contains(&c)
}

/// True where part of a text is unknown. A check must not report what depends on that part.
#[must_use]
pub fn has_hole(text: &str) -> bool {
    // Plane 16 is exactly what UTF-8 writes with the lead byte F4.
    text.as_bytes().contains(&0xF4)
}
