//! How a request proves who sends it. Comes last: what is declared can't take its place.

use super::super::call::{Call, Unready};
use super::super::redact::Redactor;
use super::With;
use super::headers::Headers;
use super::sign;
use crate::plan::Auth;
use data_encoding::BASE64;

/// Puts the headers of the connector's auth; whether a secret stands in one of them.
pub(super) fn auth(
    call: &Call<'_>,
    with: With<'_>,
    body: Option<&[u8]>,
    (headers, redactor): (&mut Headers, &mut Redactor),
) -> Result<bool, Unready> {
    let Some(auth) = call.connector().and_then(|connector| connector.auth.as_ref()) else { return Ok(false) };
    match auth {
        Auth::Bearer { secret } => {
            let token = with.secrets.secret(secret)?;
            redactor.know(token.expose());
            headers.put("Authorization", format!("Bearer {}", token.expose()));
        }
        Auth::Basic { user_secret, password_secret } => {
            let user = with.secrets.secret(user_secret)?;
            let password = match password_secret {
                Some(name) => Some(with.secrets.secret(name)?),
                None => None,
            };
            let password = password.as_ref().map_or("", |password| password.expose());
            let both = basic(user.expose(), password);
            for text in [user.expose(), password, &both] {
                redactor.know(text);
            }
            headers.put("Authorization", format!("Basic {both}"));
        }
        Auth::Header { name, secret } => {
            let value = with.secrets.secret(secret)?;
            redactor.know(value.expose());
            headers.put(name, value.expose().to_owned());
        }
        Auth::OAuth(_) => {
            let token = with.token.ok_or_else(|| Unready::Unfit("there is no access token".into()))?;
            redactor.know(token.access.expose());
            headers.put("Authorization", format!("Bearer {}", token.access.expose()));
        }
        Auth::Signed { secret } => {
            let keys = with.secrets.secret(secret)?;
            redactor.know(keys.expose());
            keys.expose().split_whitespace().for_each(|key| redactor.know(key));
            let seconds = with.at.0.div_euclid(1_000);
            let signed = sign::signature(&keys, call.key, seconds, body.unwrap_or_default());
            let signed = signed.map_err(|bad| Unready::Unfit(format!("the secret {secret} {bad}")))?;
            headers.put("webhook-id", call.key.to_owned());
            headers.put("webhook-timestamp", seconds.to_string());
            headers.put("webhook-signature", signed);
            return Ok(false);
        }
    }
    Ok(true)
}

/// `user:password` as HTTP Basic writes it.
pub(in crate::connect) fn basic(user: &str, password: &str) -> String {
    BASE64.encode(format!("{user}:{password}").as_bytes())
}
