//! What is wrong with a request for a page, as a page.

use super::shell;
use crate::runtime::{LogError, Refused, RuntimeError};
use crate::server::problem::Problem;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use maud::html;

/// Why there is no page.
#[derive(Debug)]
pub(super) enum Fault {
    /// Nobody is signed in: where to do that.
    Stranger(String),
    /// Anything else.
    Problem(Problem),
}

impl From<Problem> for Fault {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<Refused> for Fault {
    fn from(refused: Refused) -> Self {
        Self::Problem(refused.into())
    }
}

impl From<LogError> for Fault {
    fn from(error: LogError) -> Self {
        Self::Problem(error.into())
    }
}

impl From<RuntimeError> for Fault {
    fn from(error: RuntimeError) -> Self {
        Self::Problem(error.into())
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let problem = match self {
            // A browser that follows with the same method would send a form again.
            Self::Stranger(to) => return (StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response(),
            Self::Problem(problem) => problem,
        };
        let status = problem.status();
        let title = match status {
            StatusCode::FORBIDDEN => "You may not do that",
            StatusCode::NOT_FOUND => "Nothing is here",
            StatusCode::CONFLICT => "That can't be done now",
            status if status.is_server_error() => "Something is wrong with the server",
            _ => "That was not understood",
        };
        let body = html! {
            div.alone {
                p.code { (status.as_u16()) }
                h1 { (title) }
                p { (problem.detail) }
                p { a.button href="/" { "To the workflows" } }
            }
        };
        (status, shell::bare(title, body)).into_response()
    }
}
