//! Bitrix24 REST.

pub mod rights;
