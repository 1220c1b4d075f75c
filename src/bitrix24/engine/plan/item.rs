//! What a batch is made of, and how it is to be run.

use crate::bitrix24::rights::method::{MethodName, Version};
use crate::bitrix24::rights::params::Params;
use crate::error::Error;

/// How to go about a batch.
///
/// ```
/// use callgate::bitrix24::{engine::plan::Options, rights::method::Version};
/// let options = Options { version: Version::V2, halt: true, waits: false, idempotent: false };
/// assert_eq!(options, options.clone());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// The REST version of all its commands.
    pub version: Version,
    /// Whether nothing runs behind a command that failed.
    pub halt: bool,
    /// Whether a command that has to be confirmed first waits for that. One that is connected with
    /// others by references never does: what they refer to would be gone.
    pub waits: bool,
    /// Whether commands may run twice that don't only read.
    pub idempotent: bool,
}

/// A command that somebody wants run.
///
/// ```
/// use callgate::bitrix24::{engine::plan::Item, rights::{method::MethodName, params::Params}};
/// let item = Item::new("me", MethodName::parse("user.current").unwrap(), Params::none());
/// assert!(item.refusal.is_none() && !item.asks);
/// ```
#[derive(Clone, Debug)]
pub struct Item {
    /// The caller's name for it: any text.
    pub name: String,
    /// The method.
    pub method: MethodName,
    /// Its parameters, with references by the names of earlier commands.
    pub params: Params,
    /// Why it isn't sent, where preflight refused it.
    pub refusal: Option<Error>,
    /// Whether it would ask an administrator: its method has to be confirmed, and for this token
    /// nobody has been asked.
    pub asks: bool,
}

impl Item {
    /// A command that nothing stands against, and that asks nobody.
    ///
    /// ```
    /// # use callgate::bitrix24::{engine::plan::Item, rights::{method::MethodName, params::Params}};
    /// let item = Item::new("0", MethodName::parse("profile").unwrap(), Params::none());
    /// assert_eq!(item.name, "0");
    /// ```
    pub fn new(name: impl Into<String>, method: MethodName, params: Params) -> Self {
        Self {
            name: name.into(),
            method,
            params,
            refusal: None,
            asks: false,
        }
    }
}
