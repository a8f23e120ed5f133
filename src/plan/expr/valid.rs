//! Whether a pool that was read from outside can be trusted.

/// A pool that no lowering has made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Invalid {
    /// What is wrong.
    pub reason: String,
}

impl std::fmt::Display for Invalid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the stored conditions can't be used: {}", self.reason)
    }
}

impl std::error::Error for Invalid {}
