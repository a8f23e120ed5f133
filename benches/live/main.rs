//! A live server under load on the loopback, bounded in time: `cargo bench --bench live -- [load] [deliver] [scale]`.
//!
//! `WAYFARE_LOAD_SECONDS` (5) makes runs longer, `WAYFARE_LOAD_RATE` (1,000) sets webhooks a second, `WAYFARE_LOAD_ENTITIES`
//! (1,000,000) the contacts of `scale`. Figures and what bounds them are in docs/performance.md.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::panic,
    reason = "a program for those who measure"
)]

mod client;
mod deliver;
mod load;
mod scale;

fn main() {
    let named: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let parts: [(&str, fn()); 3] = [("load", load::all), ("deliver", deliver::all), ("scale", scale::all)];
    for (name, part) in parts {
        if named.is_empty() || named.iter().any(|wanted| wanted == name) {
            println!("== {name}");
            part();
        }
    }
}
