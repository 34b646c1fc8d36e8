//! The second URL-decoding: the server decodes `%XX` in a query once more than the client encoded it.

use super::Profile;

/// A decoded text and where each byte of it stood.
pub(super) struct Decoded {
    pub text: String,
    /// Offsets in the query as given, one for each byte of `text` and one for its end; empty where nothing changed.
    origins: Vec<usize>,
}

impl Decoded {
    /// True where there was nothing to decode.
    pub fn is_same(&self) -> bool {
        self.origins.is_empty()
    }

    /// The offset in the query as given.
    pub fn origin(&self, offset: usize) -> usize {
        match self.origins.last() {
            None => offset,
            Some(end) => self.origins.get(offset).copied().unwrap_or(*end),
        }
    }
}

/// Decodes `%XX`; `Err` holds the offset of a sequence that makes the server fail: its decoder knows no other digits.
/// A `%` with less than two characters after it stays, and chef-zero leaves alone what is no sequence.
pub(super) fn decode(text: &str, profile: Profile) -> Result<Decoded, usize> {
    if !text.contains('%') {
        return Ok(Decoded {
            text: text.to_string(),
            origins: Vec::new(),
        });
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut origins = Vec::with_capacity(text.len() + 1);
    let raw = text.as_bytes();
    let mut at = 0;
    while let Some(byte) = raw.get(at) {
        origins.push(at);
        match (byte, raw.get(at + 1), raw.get(at + 2)) {
            (b'%', Some(high), Some(low)) => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => {
                    bytes.push(high * 16 + low);
                    at += 3;
                }
                _ if profile == Profile::Zero => {
                    bytes.push(b'%');
                    at += 1;
                }
                _ => return Err(at),
            },
            _ => {
                bytes.push(*byte);
                at += 1;
            }
        }
    }
    origins.push(at);
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            // Not UTF-8, so no grammar takes it past here; the replacement keeps the offsets good enough.
            let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
            origins.resize(text.len() + 1, at);
            text
        }
    };
    Ok(Decoded { text, origins })
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte)
        .to_digit(16)
        .and_then(|d| u8::try_from(d).ok())
}
