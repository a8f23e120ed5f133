//! How much a template may cost. Every bound is an error when it is passed, never a cut result.

use std::fmt;

/// The bounds of one render.
#[derive(Clone, Copy)]
pub struct Limits<'a> {
    /// Units of work: a node, an operand, a filter, an item of a list, 64 bytes of text.
    pub steps: u64,
    /// Bytes of the rendered text.
    pub output_bytes: usize,
    /// Bytes of all values that filters and captures make, whether or not they are still held.
    pub value_bytes: usize,
    /// Blocks and partials inside each other.
    pub depth: usize,
    /// Asked every 1,024 steps whether the time is over. The engine reads no clock.
    pub out_of_time: Option<&'a dyn Fn() -> bool>,
}

impl Default for Limits<'_> {
    /// One million steps, 1 MiB of output, 16 MiB of values, 100 blocks deep, no probe of the time.
    fn default() -> Self {
        Limits {
            steps: 1_000_000,
            output_bytes: 1 << 20,
            value_bytes: 16 << 20,
            depth: 100,
            out_of_time: None,
        }
    }
}

impl fmt::Debug for Limits<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limits")
            .field("steps", &self.steps)
            .field("output_bytes", &self.output_bytes)
            .field("value_bytes", &self.value_bytes)
            .field("depth", &self.depth)
            .finish_non_exhaustive()
    }
}

/// Which bound was passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    Steps,
    OutputBytes,
    ValueBytes,
    Depth,
    Time,
}

impl Bound {
    /// The bound in words, as part of a message.
    pub fn words(self) -> &'static str {
        match self {
            Bound::Steps => "more steps than allowed",
            Bound::OutputBytes => "more output than allowed",
            Bound::ValueBytes => "more memory for values than allowed",
            Bound::Depth => "more blocks inside each other than allowed",
            Bound::Time => "more time than allowed",
        }
    }
}

/// What is left of the bounds while a template is rendered.
pub(super) struct Budget<'a> {
    limits: &'a Limits<'a>,
    steps: u64,
    value_bytes: usize,
    next_probe: u64,
}

const PROBE_EVERY: u64 = 1024;

impl<'a> Budget<'a> {
    pub(super) fn new(limits: &'a Limits<'a>) -> Self {
        Budget { limits, steps: 0, value_bytes: 0, next_probe: PROBE_EVERY }
    }

    pub(super) fn depth(&self) -> usize {
        self.limits.depth
    }

    pub(super) fn output_bytes(&self) -> usize {
        self.limits.output_bytes
    }

    /// Spends `count` steps.
    pub(super) fn step(&mut self, count: u64) -> Result<(), Bound> {
        self.steps = self.steps.saturating_add(count);
        if self.steps > self.limits.steps {
            return Err(Bound::Steps);
        }
        if self.steps >= self.next_probe {
            self.next_probe = self.steps.saturating_add(PROBE_EVERY);
            if self.limits.out_of_time.is_some_and(|probe| probe()) {
                return Err(Bound::Time);
            }
        }
        Ok(())
    }

    /// Spends the steps of looking at `bytes` of text.
    pub(super) fn read(&mut self, bytes: usize) -> Result<(), Bound> {
        self.step(1 + bytes as u64 / 64)
    }

    /// Spends the room of a new text of `bytes`.
    pub(super) fn text(&mut self, bytes: usize) -> Result<(), Bound> {
        self.read(bytes)?;
        self.value_bytes = self.value_bytes.saturating_add(bytes);
        if self.value_bytes > self.limits.value_bytes || bytes > self.limits.output_bytes {
            return Err(Bound::ValueBytes);
        }
        Ok(())
    }

    /// Spends the room of a new list of `items`.
    pub(super) fn list(&mut self, items: usize) -> Result<(), Bound> {
        self.value_bytes = self.value_bytes.saturating_add(items.saturating_mul(super::value::ITEM_BYTES));
        if self.value_bytes > self.limits.value_bytes {
            Err(Bound::ValueBytes)
        } else {
            self.step(items as u64)
        }
    }
}
