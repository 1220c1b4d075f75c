//! The engine's rules, proven without a network and without a real clock: a connection on one side,
//! the test portal's core on the other, and a [`world`] between them that can be told to fail.
//!
//! A test named `rule_N_…` proves the rule of that number in `ARCHITECTURE.md`.

#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod answers;
mod batch;
mod batch_plan;
mod batch_resting;
mod batch_versions;
mod batch_waiting;
mod batch_wire;
mod budget_bucket;
mod budget_operating;
mod budget_retry;
mod catalogue;
mod chance;
mod codes;
mod confirmation;
mod corpus;
mod details;
mod details_facts;
mod endings;
mod events;
mod exchange;
mod gate_decisions;
mod gate_hostile;
mod gate_reading;
mod grants;
mod input;
mod lists;
mod moving;
mod one_e;
mod pinning;
mod preflight;
mod preflight_decisions;
mod preflight_parameters;
mod refresh;
mod repetition;
mod requirement;
mod schedule;
mod secrets;
mod seeds;
mod standing;
mod telecomx;
mod throttling;
mod walk_portal;
mod walk_simulated;
mod walk_table;
mod world;
