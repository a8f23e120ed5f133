//! Diagnostics for people (through miette) and as JSON. The only user of miette.
