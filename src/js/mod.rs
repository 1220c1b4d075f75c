//! The only room that knows of JavaScript: what the package exports, and the driver that does a
//! connection's I/O with promises, timers and `fetch`.
//!
//! | room | does |
//! |---|---|
//! | `portal` | the class `Portal` |
//! | `batch` | batches, as callers write them |
//! | `catalogue` | the catalogue in use, for all portals, and what can be asked of it |
//! | `scopes` | what a program has to ask for, and how that compares with its grant |
//! | `driver` | carries out what the connection wants, one output after the other |
//! | `transport` | the way out: the caller's `fetch`, the entry point's or the runtime's own |
//! | `frame` | the channel to the portal's page |
//! | `gate` | the classes `Gate` and `Seen` for `pkg/edge/`: the edge's requests and what is decided of them |
//! | `one_e`, `telecomx` | the cores of the classes `OneE` and `TelecomX`, which JavaScript drives |
//! | `systems` | what those two share |
//! | `options` | reads what callers give, and says what is wrong with it |
//! | `events` | what a portal posts to the gate |
//! | `portal_options` | the options of portals, calls, batches and lists |
//! | `modes` | the option `preflight` of both |
//! | `plain` | small objects on their way to JavaScript |
//! | `errors` | errors on their way to JavaScript |
//! | `face`, `glue` | the functions of the JavaScript files beside this one: for all classes, for portals |
//!
//! Features say which rooms a module has: the package's modules are this crate with different ones.
//!
//! Between two steps of the connection nothing is borrowed: whatever JavaScript does in between,
//! calling back included, finds the connection free.

#[cfg(feature = "bitrix24")]
mod batch;
#[cfg(any(feature = "bitrix24", feature = "edge"))]
mod catalogue;
#[cfg(feature = "bitrix24")]
mod driver;
mod errors;
#[cfg(feature = "edge")]
mod events;
mod face;
#[cfg(feature = "bitrix24")]
mod frame;
#[cfg(feature = "edge")]
mod gate;
#[cfg(feature = "bitrix24")]
mod glue;
#[cfg(any(feature = "bitrix24", feature = "edge"))]
mod modes;
#[cfg(feature = "one-e")]
mod one_e;
mod options;
mod plain;
#[cfg(feature = "bitrix24")]
mod portal;
#[cfg(feature = "bitrix24")]
mod portal_options;
#[cfg(feature = "bitrix24")]
mod scopes;
#[cfg(any(feature = "one-e", feature = "telecomx"))]
mod systems;
#[cfg(feature = "telecomx")]
mod telecomx;
#[cfg(feature = "bitrix24")]
mod transport;

/// As fast as the standard library's allocator, and 2 kB smaller on the wire.
#[global_allocator]
static ALLOCATOR: rlsf::SmallGlobalTlsf = rlsf::SmallGlobalTlsf::new();
