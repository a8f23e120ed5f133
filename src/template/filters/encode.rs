//! Base64 and URL encoding.

use super::{Arguments, Context, RenderFault};
use crate::template::value::Value;

type Made = Result<Value, RenderFault>;

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL_SAFE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

pub(super) fn base64_encode(input: &Value, _: &Arguments, context: &mut Context) -> Made {
    encode(input, context, STANDARD)
}

pub(super) fn base64_url_safe_encode(input: &Value, _: &Arguments, context: &mut Context) -> Made {
    encode(input, context, URL_SAFE)
}

pub(super) fn base64_decode(input: &Value, _: &Arguments, context: &mut Context) -> Made {
    decode(input, context, STANDARD)
}

pub(super) fn base64_url_safe_decode(input: &Value, _: &Arguments, context: &mut Context) -> Made {
    decode(input, context, URL_SAFE)
}

fn encode(input: &Value, context: &mut Context, alphabet: &[u8; 64]) -> Made {
    let text = context.text(input)?;
    context.budget.text(text.len() / 3 * 4 + 4)?;
    let digit = |bits: u32| alphabet.get(bits as usize & 63).map_or('=', |b| char::from(*b));
    let mut out = String::with_capacity(text.len() / 3 * 4 + 4);
    for chunk in text.as_bytes().chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        out.push(digit(bits >> 18));
        out.push(digit(bits >> 12));
        out.push(if chunk.len() > 1 { digit(bits >> 6) } else { '=' });
        out.push(if chunk.len() > 2 { digit(bits) } else { '=' });
    }
    Ok(Value::Text(out.into()))
}

fn decode(input: &Value, context: &mut Context, alphabet: &[u8; 64]) -> Made {
    let text = match input {
        Value::Nil => return Ok(Value::from("")),
        Value::Text(text) | Value::Markup(text) => text.trim_end_matches('='),
        other => return Err(context.wrong("a text", other)),
    };
    context.budget.text(text.len())?;
    let bytes = decode_bytes(text, alphabet).and_then(|bytes| String::from_utf8(bytes).ok());
    match bytes {
        Some(text) => Ok(Value::from(text)),
        None => Err(context.wrong("a text in Base64", input)),
    }
}

fn decode_bytes(text: &str, alphabet: &[u8; 64]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3 + 3);
    let (mut bits, mut held) = (0_u32, 0);
    for byte in text.bytes() {
        let digit = alphabet.iter().position(|other| *other == byte)?;
        bits = (bits << 6 | digit as u32) & 0xfff;
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held & 0xff) as u8);
        }
    }
    (held < 6).then_some(out)
}

pub(super) fn url_encode(input: &Value, _: &Arguments, context: &mut Context) -> Made {
    let text = context.text(input)?;
    context.budget.text(text.len().saturating_mul(3))?;
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b' ' => out.push('+'),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            _ => crate::template::html::percent(byte, &mut out),
        }
    }
    Ok(Value::from(out))
}

pub(super) fn url_decode(input: &Value, _: &Arguments, context: &mut Context) -> Made {
    let text = context.text(input)?;
    context.budget.text(text.len())?;
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let escaped = match (first, tail) {
            (b'%', [high, low, tail @ ..]) => {
                hex(*high).zip(hex(*low)).map(|(high, low)| (high << 4 | low, tail))
            }
            (b'+', tail) => Some((b' ', tail)),
            _ => None,
        };
        let (byte, tail) = escaped.unwrap_or((*first, tail));
        out.push(byte);
        rest = tail;
    }
    match String::from_utf8(out) {
        Ok(text) => Ok(Value::from(text)),
        Err(_) => Err(context.wrong("a text that decodes to UTF-8", input)),
    }
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).map(|digit| digit as u8)
}
