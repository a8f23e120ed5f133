//! The HTTP server: messages in, management, pages.
//!
//! In: requests. Out: records to the runtime, answers from it; it never speaks to journal or store. Invariant: a 200 to a
//! message says that it is durable; whatever is wrong with a request is a 4xx that says what; nothing that a client sends
//! takes more than bounded memory and time.
//! Not here: order, time, the world.

mod accept;
pub mod api;
pub mod auth;
mod health;
pub mod hooks;
mod keys;
mod live;
pub mod pages;
mod plain;
pub mod problem;
mod reload;
mod serve;
pub mod settings;
mod state;
pub mod tracking;
mod wrong_keys;

pub use keys::{Keys, KeysError};
pub use serve::{ServeError, Server, Settings};
pub use state::State;

use axum::Router;
use axum::middleware::map_response;

/// Everything that is served.
pub fn router(state: State) -> Router {
    Router::new()
        .merge(health::routes())
        .merge(tracking::routes().merge(api::routes()).layer(map_response(plain::worded)))
        .merge(hooks::routes())
        .merge(pages::routes())
        .fallback(problem::not_found)
        .with_state(state)
}
