//! Searching texts.
