//! The management API, under `/api/v1`.

use super::state::State;
use axum::Router;

/// Its routes.
pub fn routes() -> Router<State> {
    Router::new()
}
