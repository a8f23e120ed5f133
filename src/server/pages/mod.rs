//! Pages for people.

use super::state::State;
use axum::Router;

/// Its routes.
pub fn routes() -> Router<State> {
    Router::new()
}
