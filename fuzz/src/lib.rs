//! What is fuzzed: a function for each target, which takes any bytes and panics where a promise is
//! broken. The programs in `bin/` hand them to libFuzzer, `tests/native/corpus.rs` runs them over
//! the inputs in `corpus/` with the other tests.

pub mod batch;
pub mod catalogue;
pub mod envelope;
pub mod event;
pub mod form;
pub mod frame;
pub mod json;
pub mod parameters;

/// A function that panics where its input shows a broken promise.
pub type Target = fn(&[u8]);

/// Every target under its name, which its program and its folder in `corpus/` have too.
pub const TARGETS: [(&str, Target); 8] = [
    ("batch", batch::run),
    ("catalogue", catalogue::run),
    ("envelope", envelope::run),
    ("event", event::run),
    ("form", form::run),
    ("frame", frame::run),
    ("json", json::run),
    ("parameters", parameters::run),
];
