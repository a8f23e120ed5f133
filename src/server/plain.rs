//! Refusals of the framework (a body of another shape, a number that is none, another method) as problem documents.

use super::problem::Problem;
use axum::http::header::{ALLOW, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

/// The longest reason that is passed on, in bytes.
const LONGEST: usize = 4 << 10;

/// The same answer; a refusal in plain words becomes a problem document.
pub(super) async fn worded(response: Response) -> Response {
    let status = response.status();
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let is_plain = kind.is_none_or(|kind| kind.starts_with("text/plain"));
    if !is_plain || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let allow = response.headers().get(ALLOW).cloned();
    let body = axum::body::to_bytes(response.into_body(), LONGEST).await.unwrap_or_default();
    let said = String::from_utf8_lossy(&body);
    let said = match said.trim() {
        "" => status.canonical_reason().unwrap_or_default().to_lowercase(),
        said => said.to_owned(),
    };
    let mut worded = Problem::new(status, said).into_response();
    worded.headers_mut().extend(allow.map(|allow| (ALLOW, allow)));
    worded
}
