//! Callgate.

pub mod bitrix24;
