//! Bitrix24 REST: may a call be made, how is it spoken, how is it run.

#[cfg(feature = "bitrix24")]
pub mod engine;
#[cfg(feature = "edge")]
pub mod gate;
#[cfg(feature = "bitrix24")]
pub mod results;
pub mod rights;
pub mod wire;
