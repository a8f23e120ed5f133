//! The one test binary.

mod template_golden;
