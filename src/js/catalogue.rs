//! The catalogue that all portals of this module go by, and what can be asked of it.

use std::cell::RefCell;
use std::sync::Arc;

use wasm_bindgen::prelude::*;

use crate::bitrix24::rights::catalogue::Catalogue;
use crate::error::Error;
use crate::js::errors::throwable;

thread_local! {
    static CURRENT: RefCell<Arc<Catalogue>> = RefCell::new(Arc::new(Catalogue::bundled().clone()));
}

/// The catalogue in use.
pub(super) fn current() -> Arc<Catalogue> {
    CURRENT.with(|current| Arc::clone(&current.borrow()))
}

/// Puts the catalogue of a file in use, or joins a file of details to the one that is. A file that
/// is neither changes nothing.
#[wasm_bindgen(js_name = useCatalogue)]
#[allow(unreachable_pub, reason = "its reader is JavaScript")]
pub fn use_catalogue(file: String) -> Result<(), JsValue> {
    let taken = match file.starts_with("CGD") {
        true => current().with_details(file.into_bytes()),
        false => Catalogue::from_bytes(file.into_bytes()),
    };
    let catalogue = taken.map_err(|error| {
        throwable(&Error::invalid(
            ["loadCatalogue: ", error.in_words()].concat(),
        ))
    })?;
    CURRENT.with(|current| *current.borrow_mut() = Arc::new(catalogue));
    Ok(())
}
