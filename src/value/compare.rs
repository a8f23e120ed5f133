//! Order and equality.
