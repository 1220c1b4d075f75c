//! Callgate is a permission-aware call engine for applications that live inside somebody else's
//! portal. It knows, before a call leaves, whether the call may be made; it understands the answer
//! "an administrator has to confirm this first" and sees it through; it reads what comes back.
//!
//! One rule explains the rest: **the core does no I/O**. A
//! [`Connection`](bitrix24::engine::Connection) has no clock, no network and no randomness. It is
//! told what happened and asked what to do, so the same code runs in a page, in a worker, in a
//! program and in a test that owns the time.
//!
//! The house, from the ground up:
//!
//! | room | holds |
//! |---|---|
//! | [`decision`], [`error`], [`exchange`], [`value`], [`json`], [`http`], [`origin`], [`secret`], [`time`] | what every system shares |
//! | [`bitrix24::rights`] | may it be called? methods, scopes, the catalogue, preflight, confirmations |
//! | [`bitrix24::wire`] | how is it spoken? forms, envelopes, error codes, events, the frame's messages |
//! | [`bitrix24::engine`] | how is it run? the connection, its token, its waiting calls |
//! | [`bitrix24::gate`] | may a request of others go to the portal? what it would see, decisions, refusals |
//! | [`bitrix24::results`] | results that have Rust types |
//! | [`one_e`] | instructions of the 1E Platform and their approvals |
//! | [`telecomx`] | rights on the extensions of a TelecomX PBX, and the actions that take them |
//! | `js` | the only room that knows of JavaScript (compiled for wasm alone) |
//!
//! A room stands above all that it imports; nothing imports upwards.

#![cfg_attr(
    not(all(
        feature = "bitrix24",
        feature = "edge",
        feature = "one-e",
        feature = "telecomx"
    )),
    allow(
        dead_code,
        reason = "a module with few rooms doesn't use all that they share"
    )
)]

#[cfg(any(feature = "bitrix24", feature = "edge"))]
pub mod bitrix24;
pub mod decision;
pub mod error;
pub mod exchange;
pub mod http;
#[cfg(target_arch = "wasm32")]
mod js;
pub mod json;
#[cfg(feature = "one-e")]
pub mod one_e;
pub mod origin;
pub mod secret;
#[cfg(feature = "telecomx")]
pub mod telecomx;
mod text;
pub mod time;
pub mod value;
