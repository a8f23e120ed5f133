//! What comes back of e-mail: opens, clicks, unsubscribing, providers' webhooks.

use super::state::State;
use axum::Router;

/// Its routes.
pub fn routes() -> Router<State> {
    Router::new()
}
