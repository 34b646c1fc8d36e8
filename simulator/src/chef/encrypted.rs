//! Encrypted data bag items: their formats 1 to 3, as `Chef::EncryptedDataBagItem::Decryptor` reads them.

use aes_gcm::aead::{Aead, KeyInit};
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use cbc::cipher::{BlockModeDecrypt, KeyIvInit, block_padding::Pkcs7};
use hmac::{Hmac, Mac};
use serde_json::{Map, Value as Json};
use sha2::{Digest, Sha256};

/// Why a value cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// `DecryptionFailure`, with Chef's message: the secret is another one, or the data are damaged.
    Decryption(String),
    /// A format that is not read here.
    Format,
}

/// Whether `data_bag_item` takes an item for encrypted: all its values but the id are in one of the formats.
#[must_use]
pub fn looks_encrypted(item: &Map<String, Json>) -> bool {
    let mut values = item
        .iter()
        .filter(|(key, _)| !matches!(key.as_str(), "id" | "chef_type" | "data_bag"))
        .peekable();
    values.peek().is_some() && values.all(|(_, value)| is_encrypted(value))
}

fn is_encrypted(value: &Json) -> bool {
    let Some(map) = value.as_object() else {
        return false;
    };
    let extra: &[&str] = match map.get("version").and_then(Json::as_i64) {
        Some(1) => &[],
        Some(2) => &["hmac"],
        Some(3) => &["auth_tag"],
        _ => return false,
    };
    let needed = ["encrypted_data", "iv", "version", "cipher"];
    map.len() == needed.len() + extra.len()
        && needed.iter().chain(extra).all(|key| map.contains_key(*key))
}

/// Decrypts one value with the secret's text.
///
/// # Errors
/// Where the secret does not fit or the format is another one.
pub fn decrypt(value: &Json, secret: &str) -> Result<Json, Error> {
    let bytes = |name: &str| {
        let text = value.get(name).and_then(Json::as_str);
        decode(text.unwrap_or(""))
    };
    let key = Sha256::digest(secret.as_bytes());
    let plain = match value.get("version").and_then(Json::as_i64) {
        Some(1) => cbc(&key, &bytes("iv"), &bytes("encrypted_data"), secret)?,
        Some(2) => {
            let text = value.get("encrypted_data").and_then(Json::as_str);
            let valid = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(secret.as_bytes())
                .is_ok_and(|mut mac| {
                    mac.update(text.unwrap_or("").as_bytes());
                    mac.verify_slice(&bytes("hmac")).is_ok()
                });
            if !valid {
                return Err(Error::Decryption(
                    "Error decrypting data bag value: invalid hmac. Most likely the provided key is incorrect".into(),
                ));
            }
            cbc(&key, &bytes("iv"), &bytes("encrypted_data"), secret)?
        }
        Some(3) => {
            if value.get("auth_tag").is_none_or(Json::is_null) {
                return Err(Error::Decryption(
                    "Error decrypting data bag value: invalid authentication tag. Most likely the data is corrupted"
                        .into(),
                ));
            }
            let mut sealed = bytes("encrypted_data");
            sealed.extend(bytes("auth_tag"));
            let iv: [u8; 12] = bytes("iv").try_into().map_err(|_| wrong_key("", secret))?;
            aes_gcm::Aes256Gcm::new_from_slice(&key)
                .ok()
                .and_then(|cipher| cipher.decrypt(&iv.into(), &*sealed).ok())
                .ok_or_else(|| wrong_key("", secret))?
        }
        _ => return Err(Error::Format),
    };
    let wrapped: Json = serde_json::from_slice(&plain).map_err(|_| {
        Error::Decryption(
            "Error decrypting data bag value. Most likely the provided key is incorrect".into(),
        )
    })?;
    Ok(wrapped.get("json_wrapper").cloned().unwrap_or(Json::Null))
}

fn cbc(key: &[u8], iv: &[u8], data: &[u8], secret: &str) -> Result<Vec<u8>, Error> {
    cbc::Decryptor::<aes::Aes256>::new_from_slices(key, iv)
        .ok()
        .and_then(|cipher| cipher.decrypt_padded_vec::<Pkcs7>(data).ok())
        .ok_or_else(|| wrong_key("bad decrypt", secret))
}

fn wrong_key(reason: &str, secret: &str) -> Error {
    let hint = match secret.len() < 255 && secret.contains('/') {
        true => "You may need to use --secret-file rather than --secret.",
        false => "",
    };
    Error::Decryption(format!(
        "Error decrypting data bag value: '{reason}'. Most likely the provided key is incorrect. {hint}"
    ))
}

/// Base64 as Ruby's `decode64` takes it: what is none of its characters is skipped.
fn decode(text: &str) -> Vec<u8> {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let clean: String = text
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '/'))
        .collect();
    GeneralPurpose::new(&STANDARD, config)
        .decode(clean)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Written by Chef's own encryptor with this secret.
    const SECRET: &str = "invented-secret-0f7c1d9e2b8a4c63-for-tests-only";

    #[test]
    fn only_items_whose_values_are_all_encrypted_count() {
        let value =
            json!({"encrypted_data": "x", "iv": "y", "version": 1, "cipher": "aes-256-cbc"});
        let item = |json: Json| json.as_object().cloned().unwrap_or_default();
        assert!(looks_encrypted(&item(
            json!({"id": "a", "password": value})
        )));
        assert!(!looks_encrypted(&item(
            json!({"id": "a", "password": value, "user": "joe"})
        )));
        assert!(!looks_encrypted(&item(json!({"id": "a"}))));
    }

    #[test]
    fn every_format_is_read() {
        let read = |json: Json| decrypt(&json, SECRET).map(|v| v.to_string());
        let v1 = json!({"encrypted_data": "7P6+sKQapaTBO3g9CaRMLS79NyDJF0I/09DhMpYh/IM=\n", "iv": "j1MPLvJudUtDsMsYQCZtpw==\n", "version": 1, "cipher": "aes-256-cbc"});
        let v2 = json!({"encrypted_data": "F/4zbe46x4yRVbRX46Ip78jKI5HcN6Jr+KJUgqOciG4=\n", "hmac": "KAntMEoTe325CvcAaQSV9rGMP5paiXN0qmBX+GMlDmY=\n", "iv": "gCI5UfJ050LVbIjeDwLWhg==\n", "version": 2, "cipher": "aes-256-cbc"});
        let v3 = json!({"encrypted_data": "dpZxIoiGGMd9Mhhc+W82YWIkWUJBYzvkNNIhWQ==\n", "iv": "JgWfV+YZI7wlFxc5\n", "auth_tag": "fRntdMXbjlGnO/0GO0VcWQ==\n", "version": 3, "cipher": "aes-256-gcm"});
        assert_eq!(read(v1.clone()), Ok("\"abc123\"".into()));
        assert_eq!(read(v2.clone()), Ok("\"def456\"".into()));
        assert_eq!(read(v3.clone()), Ok("\"tr0ub4dor\"".into()));
        for value in [v1, v2, v3] {
            assert!(matches!(
                decrypt(&value, "another"),
                Err(Error::Decryption(_))
            ));
        }
    }
}
