//! The text of a workflow as it runs, with its words coloured by what they are.

use super::{known, page};
use crate::server::pages::code;
use crate::server::pages::fault::Fault;
use crate::server::pages::view::nothing;
use crate::server::pages::visitor::Visitor;
use crate::server::state::State;
use axum::extract::{Path, State as Shared};
use axum::response::Response;
use maud::html;

pub(super) async fn show(
    Shared(state): Shared<State>,
    visitor: Visitor,
    Path(name): Path<String>,
) -> Result<Response, Fault> {
    let workflow = known(&state, &visitor, &name).await?;
    let body = html! {
        @match workflow["source"].as_str() {
            Some(source) => {
                p.quiet { "As it runs since version " (workflow["version"]) "." }
                (code::block(source))
            }
            None => (nothing("Its text is not here.")),
        }
    };
    Ok(page(&visitor, &workflow, "Source", body))
}
