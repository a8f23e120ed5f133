//! Signatures as Standard Webhooks has them: `v1,` and the HMAC-SHA256 of `id.timestamp.body`.
//!
//! In: keys (`whsec_` and base64 of 24 to 64 bytes, several with white space between while they are changed), the id,
//! the second of the attempt, the body. Out: one signature a key, a space between. Source: Standard Webhooks 1.0.0.

use super::super::secret::Secret;
use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt;

/// Why a secret is no key for signing; behind `the secret NAME`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BadKey {
    /// It is not `whsec_` and base64.
    Form,
    /// It has fewer than 24 bytes, or more than 64.
    Length,
}

impl fmt::Display for BadKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Form => "is no signing key: write `whsec_` and the base64 of random bytes",
            Self::Length => "is no signing key: it has to hold 24 to 64 bytes",
        })
    }
}

/// The value of `webhook-signature`.
pub fn signature(keys: &Secret, id: &str, seconds: i64, body: &[u8]) -> Result<String, BadKey> {
    let sign = |key: &str| {
        let encoded = key.strip_prefix("whsec_").ok_or(BadKey::Form)?;
        let key = BASE64.decode(encoded.as_bytes()).map_err(|_| BadKey::Form)?;
        if !(24..=64).contains(&key.len()) {
            return Err(BadKey::Length);
        }
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|_| BadKey::Length)?;
        mac.update(format!("{id}.{seconds}.").as_bytes());
        mac.update(body);
        Ok(format!("v1,{}", BASE64.encode(&mac.finalize().into_bytes())))
    };
    let signed: Vec<String> = keys.expose().split_whitespace().map(sign).collect::<Result<_, _>>()?;
    if signed.is_empty() { Err(BadKey::Form) } else { Ok(signed.join(" ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification.
    #[test]
    fn the_example_of_the_standard_comes_out() {
        let key = Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let signed =
            signature(&key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
        assert_eq!(signed.unwrap(), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn keys_being_changed_sign_both() {
        let key = format!("whsec_{}", BASE64.encode(&[7; 24]));
        let both = signature(&Secret::new(format!("{key} {key}")), "a", 1, b"").unwrap();
        let (first, second) = both.split_once(' ').unwrap();
        assert_eq!(first, second);
    }

    #[test]
    fn what_is_no_key_signs_nothing() {
        let short = format!("whsec_{}", BASE64.encode(&[7; 23]));
        for (key, expected) in [("hush", BadKey::Form), ("whsec_?", BadKey::Form), (&short, BadKey::Length)] {
            assert_eq!(signature(&Secret::new(key), "a", 1, b""), Err(expected));
        }
    }
}
