//! The crate as wasm, in a headless browser.
#![cfg(target_arch = "wasm32")]
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod checks;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
