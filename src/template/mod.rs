//! Liquid.
/// A parsed template.
#[derive(Debug)]
pub struct Template;
