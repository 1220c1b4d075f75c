//! How is it spoken? Everything that has a form on the wire, and nothing that decides.

pub mod address;
pub mod batch;
pub mod code;
pub mod commands;
pub mod envelope;
pub mod event;
pub mod form;
pub mod frame;
pub mod page;
