//! Files that pages load: one style, one script of ours, htmx. They are part of the program, and their names change with
//! what is in them, so browsers keep them for good.

use crate::server::problem::Problem;
use crate::server::state::State;
use axum::Router;
use axum::extract::Path;
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};
use std::io::Write;
use std::sync::LazyLock;

/// A file.
struct Asset {
    name: String,
    kind: &'static str,
    plain: &'static [u8],
    packed: Vec<u8>,
}

/// (stem, ending, type, content).
const FILES: [(&str, &str, &str, &[u8]); 4] = [
    ("wayfare", "css", "text/css; charset=utf-8", include_bytes!("assets/wayfare.css")),
    ("wayfare", "js", "text/javascript; charset=utf-8", include_bytes!("assets/wayfare.js")),
    ("htmx", "js", "text/javascript; charset=utf-8", include_bytes!("assets/htmx.min.js")),
    ("icon", "svg", "image/svg+xml", include_bytes!("assets/icon.svg")),
];

static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| FILES.into_iter().map(asset).collect());

fn asset((stem, ending, kind, plain): (&str, &str, &'static str, &'static [u8])) -> Asset {
    let sum = data_encoding::HEXLOWER.encode(&Sha256::digest(plain));
    let name = format!("{stem}.{}.{ending}", sum.get(..12).unwrap_or_default());
    let mut packing = GzEncoder::new(Vec::new(), Compression::best());
    let packed = packing.write_all(plain).and_then(|()| packing.finish()).unwrap_or_default();
    Asset { name, kind, plain, packed }
}

/// The address of a file: `wayfare.css`.
pub(super) fn address(file: &str) -> String {
    let (stem, ending) = file.split_once('.').unwrap_or((file, ""));
    let known = ASSETS.iter().find(|asset| asset.name.starts_with(stem) && asset.name.ends_with(ending));
    known.map(|asset| format!("/assets/{}", asset.name)).unwrap_or_default()
}

pub(super) fn routes() -> Router<State> {
    Router::new().route("/assets/{name}", get(serve)).route("/favicon.ico", get(icon))
}

async fn icon() -> Response {
    (axum::http::StatusCode::MOVED_PERMANENTLY, [("location", address("icon.svg"))]).into_response()
}

async fn serve(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let Some(asset) = ASSETS.iter().find(|asset| asset.name == name) else {
        return Problem::missing("there is no such file").into_response();
    };
    let takes = headers.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    let kept = [
        (CONTENT_TYPE, asset.kind),
        (CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (VARY, "accept-encoding"),
    ];
    if !asset.packed.is_empty() && takes.is_some_and(|takes| takes.contains("gzip")) {
        return (kept, [(CONTENT_ENCODING, "gzip")], asset.packed.as_slice()).into_response();
    }
    (kept, asset.plain).into_response()
}
