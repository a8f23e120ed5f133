//! Who read a message and what they followed, as far as it can be known.
//!
//! [`rewrite`] puts the pixel and the links in, on the way out and behind the last edit; [`classify`] judges whoever
//! asks for them. Neither knows a server: which tokens are known, and what is counted, others decide.
//! Plain text and drafts in Gmail are never tracked.

mod classify;
mod rewrite;

pub use self::classify::{Hit, Machine, Visitor, classify};
pub use self::rewrite::{Rewritten, Tracking, Utm, rewrite};

/// The pixel: a transparent GIF of one dot. Answer with it, `image/gif` and `Cache-Control: no-store, private`, to known
/// and unknown tokens alike.
pub const PIXEL: [u8; 43] =
    *b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\
\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;";
