//! Bitrix24 REST: may a call be made, how is it spoken, how is it run.

pub mod engine;
pub mod gate;
pub mod results;
pub mod rights;
pub mod wire;
