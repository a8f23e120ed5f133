//! What a declaration that did not parse would have declared, as its first words say.
//!
//! In: a piece that gave no tree. Out: a [`Stump`], so that whoever names what stands there is not told that there is no
//! such thing: the one mistake is the one that is reported.

use super::scan::Scan;
use super::split::{DECLARATIONS, Piece};
use crate::diag::suggest;

/// The head of a declaration that did not parse.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Stump {
    /// Its first word as it is spelled rightly; `workflow` for a bare `when …`.
    pub keyword: &'static str,
    /// What stands behind it, without quotes: a name, `account` or `contact`. Empty for a workflow without a name.
    pub name: String,
}

impl Stump {
    /// The stump of a text that can't be read at all: anything may be declared in it, as in a module.
    pub fn of_anything() -> Self {
        Self { keyword: "use", name: String::new() }
    }
}

/// The stump of a piece; `None` where its first word declares nothing, rightly spelled or nearly so.
pub(super) fn stump(scan: &Scan<'_>, piece: Piece) -> Option<Stump> {
    let first = scan.word(piece.first);
    if matches!(first, "when" | "draft" | "live" | "disabled") {
        return Some(Stump { keyword: "workflow", name: String::new() });
    }
    let near = || suggest::nearest(first, DECLARATIONS);
    let keyword = DECLARATIONS.iter().find(|word| **word == first).copied().or_else(near)?;
    let behind = if scan.word(piece.first + 1) == "of" { piece.first + 2 } else { piece.first + 1 };
    let name = if behind < piece.end { scan.word(behind) } else { "" };
    Some(Stump { keyword, name: name.trim_matches(['"', '\'', '“', '”', '‘', '’']).to_owned() })
}
