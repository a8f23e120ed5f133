//! What a form sends: fields, from whoever has the session's token.

use super::fault::Fault;
use super::visitor::Visitor;
use crate::server::auth::same;
use crate::server::problem::Problem;
use crate::server::state::State;
use axum::body::to_bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use std::collections::BTreeMap;

/// The longest form, in bytes: a message with its HTML.
const LONGEST: usize = 4 << 20;

/// Fields of a form by name; of several of one name the last.
#[derive(Debug, Default)]
pub(super) struct Fields(BTreeMap<String, String>);

impl Fields {
    /// Reads what a form sends.
    pub fn parse(body: &[u8]) -> Self {
        Self(url::form_urlencoded::parse(body).into_owned().collect())
    }

    /// A field; what is not there is empty.
    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// All that begin so: (rest of the name, value).
    pub fn below<'f>(&'f self, prefix: &'f str) -> impl Iterator<Item = (&'f str, &'f str)> {
        self.0.iter().filter_map(move |(name, value)| Some((name.strip_prefix(prefix)?, value.as_str())))
    }
}

/// Reads a form without asking who sends it.
pub(super) async fn fields(request: Request) -> Result<Fields, Fault> {
    let body = to_bytes(request.into_body(), LONGEST).await;
    let body = body.map_err(|_| Problem::bad(format!("this form is longer than {LONGEST} bytes")))?;
    Ok(Fields::parse(&body))
}

/// A form that a page of ours made for who sends it.
pub(super) struct Form {
    pub visitor: Visitor,
    pub fields: Fields,
}

impl FromRequest<State> for Form {
    type Rejection = Fault;

    async fn from_request(request: Request, state: &State) -> Result<Self, Fault> {
        let (mut parts, body) = request.into_parts();
        let visitor = Visitor::from_request_parts(&mut parts, state).await?;
        let fields = fields(Request::from_parts(parts, body)).await?;
        if !same(fields.get("token"), &visitor.token) {
            return Err(Problem::forbidden("this form is not of your session: load the page again").into());
        }
        Ok(Self { visitor, fields })
    }
}
