//! May it be called? Methods, scopes, what is granted, what was confirmed, and the check that
//! puts them together. Nothing here knows how calls are run.

pub mod catalogue;
pub mod confirmation;
pub mod grant;
pub mod method;
pub mod params;
pub mod preflight;
pub mod requirement;
pub mod scope;
pub mod standing;
