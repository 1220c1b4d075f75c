//! May it be called?

pub mod method;
