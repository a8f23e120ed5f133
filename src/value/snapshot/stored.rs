//! The stored form of a snapshot: texts lie together in the order of their slots, short ones too.

use super::super::Value;
use super::super::word::{Kind, Tag, Word};
use super::Snapshot;
use super::slot::Slot;
use crate::base::Instant;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
pub(super) struct Stored {
    version: u8,
    /// Tag, scale, milliseconds of the instant, content; of a text its length: where it begins follows from those before it.
    slots: Vec<(u8, u8, i64, i64)>,
    texts: String,
    side: Vec<Value>,
}

const VERSION: u8 = 1;

/// The tags that are stored, by what stands for them.
const TAGS: [Tag; 8] =
    [Tag::Missing, Tag::Bool, Tag::Number, Tag::Text, Tag::Time, Tag::Date, Tag::Level, Tag::Side];

impl From<Snapshot> for Stored {
    fn from(snapshot: Snapshot) -> Self {
        let mut texts = String::with_capacity(snapshot.texts.len());
        let mut stored = |slot: &Slot| {
            let at = slot.ms();
            let (tag, word) = (slot.tag(), slot.word());
            match tag {
                Tag::Text | Tag::Short => {
                    let text = snapshot.text(slot).unwrap_or("");
                    texts.push_str(text);
                    (Tag::Text as u8, 0, at, text.len() as i64)
                }
                _ => (tag as u8, word.kind().detail(), at, word.number()),
            }
        };
        let slots = snapshot.slots.iter().map(&mut stored).collect();
        Self { version: VERSION, slots, texts, side: snapshot.side }
    }
}

impl TryFrom<Stored> for Snapshot {
    type Error = String;

    fn try_from(stored: Stored) -> Result<Self, String> {
        if stored.version != VERSION {
            return Err(format!("a snapshot of version {}, expected {VERSION}", stored.version));
        }
        let mut snapshot = Self { side: stored.side, ..Self::default() };
        let mut start = 0_usize;
        for (tag, scale, ms, content) in stored.slots {
            let tag = TAGS.get(usize::from(tag)).copied().ok_or("a slot of an unknown kind")?;
            let slot = if tag == Tag::Text {
                let len = usize::try_from(content).map_err(|_| "a text of no length")?;
                let end = start.checked_add(len).ok_or("a text of no length")?;
                let text = stored.texts.get(start..end).ok_or("a text that is not there")?;
                start = end;
                snapshot.text_slot(text, Instant(ms))
            } else {
                Slot::new(Word::new(Kind::new(tag, scale), content.to_le_bytes()), Instant(ms))
            };
            let is_lost = match tag {
                Tag::Text => false,
                Tag::Side => snapshot.read(&slot).is_missing(),
                _ => scale > 28 || !slot.word().is_only(),
            };
            if is_lost || snapshot.slots.len() > usize::from(u16::MAX) {
                return Err("a slot that points outside its snapshot".into());
            }
            snapshot.slots.push(slot);
        }
        Ok(snapshot)
    }
}
