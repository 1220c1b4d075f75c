//! Reads what callers give. Every complaint names the option and the reason.

use std::time::Duration;

use js_sys::{Array, Function, Object, Reflect};
use wasm_bindgen::prelude::*;

use crate::decision::Mode;
use crate::error::Error;
use crate::secret::Secret;
use crate::text::join;
use crate::time::Instant;

/// An options object, each of whose members is read by name.
pub(super) struct Options<'a> {
    object: &'a JsValue,
}

impl<'a> Options<'a> {
    /// Takes an object, or nothing; refuses members that `known` doesn't name.
    pub(super) fn new(object: &'a JsValue, known: &[&str]) -> Result<Self, Error> {
        if object.is_undefined() || object.is_null() {
            return Ok(Self { object });
        }
        if !object.is_object() {
            return Err(Error::invalid("options: an object is wanted"));
        }
        for name in Object::keys(object.unchecked_ref::<Object>()).iter() {
            let name = name.as_string().unwrap_or_default();
            if !known.contains(&name.as_str()) {
                let known = join(&mut known.iter().copied(), ", ");
                let words = ["options.", &name, ": there is no such option, but ", &known];
                return Err(Error::invalid(words.concat()));
            }
        }
        Ok(Self { object })
    }

    /// The options of something that can't be made without.
    pub(super) fn of(what: &str, object: &'a JsValue, known: &[&str]) -> Result<Self, Error> {
        match object.is_object() {
            true => Self::new(object, known),
            false => Err(Error::invalid(
                [what, ": an object of options is wanted"].concat(),
            )),
        }
    }

    /// Takes an object of somebody else's making, whatever else is in it.
    pub(super) fn lenient(object: &'a JsValue) -> Self {
        Self { object }
    }

    /// The abort signal among a call's options.
    pub(super) fn signal(object: &'a JsValue) -> Option<JsValue> {
        Self { object }.get("signal")
    }

    /// The member, unless it is absent, undefined or null.
    pub(super) fn get(&self, name: &str) -> Option<JsValue> {
        if !self.object.is_object() {
            return None;
        }
        let value = Reflect::get(self.object, &name.into()).ok()?;
        (!value.is_undefined() && !value.is_null()).then_some(value)
    }

    pub(super) fn text(&self, name: &str) -> Result<Option<String>, Error> {
        self.get(name)
            .map(|value| {
                value
                    .as_string()
                    .ok_or_else(|| wrong(name, "a text is wanted"))
            })
            .transpose()
    }

    /// A text that has to be there.
    pub(super) fn required(&self, name: &str) -> Result<String, Error> {
        self.text(name)?.ok_or_else(|| wrong(name, "is missing"))
    }

    /// A secret that must not be empty.
    pub(super) fn secret(&self, name: &str) -> Result<Option<Secret>, Error> {
        match self.text(name)? {
            Some(text) if text.is_empty() => Err(wrong(name, "is empty")),
            text => Ok(text.map(Secret::new)),
        }
    }

    pub(super) fn millis(&self, name: &str) -> Result<Option<u64>, Error> {
        let in_range = |number: &f64| (0.0..9.0e15).contains(number);
        self.get(name)
            .map(|value| match value.as_f64().filter(in_range) {
                Some(number) => Ok(number as u64),
                None => Err(wrong(name, "a number of milliseconds is wanted")),
            })
            .transpose()
    }

    pub(super) fn duration(&self, name: &str) -> Result<Option<Duration>, Error> {
        Ok(self.millis(name)?.map(Duration::from_millis))
    }

    pub(super) fn instant(&self, name: &str) -> Result<Option<Instant>, Error> {
        Ok(self.millis(name)?.map(Instant::from_millis))
    }

    pub(super) fn function(&self, name: &str) -> Result<Option<Function>, Error> {
        self.get(name)
            .map(|value| {
                value
                    .dyn_into()
                    .map_err(|_| wrong(name, "a function is wanted"))
            })
            .transpose()
    }

    /// A text or a list of texts, joined by commas.
    pub(super) fn texts(&self, name: &str) -> Result<Option<String>, Error> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        if let Some(text) = value.as_string() {
            return Ok(Some(text));
        }
        let refuse = || wrong(name, "a text or a list of texts is wanted");
        if !Array::is_array(&value) {
            return Err(refuse());
        }
        let texts: Option<Vec<String>> = Array::from(&value)
            .iter()
            .map(|it| it.as_string())
            .collect();
        let texts = texts.ok_or_else(refuse)?;
        Ok(Some(join(&mut texts.iter().map(String::as_str), ",")))
    }

    pub(super) fn flag(&self, name: &str) -> Result<bool, Error> {
        self.get(name).map_or(Ok(false), |value| {
            value
                .as_bool()
                .ok_or_else(|| wrong(name, "true or false is wanted"))
        })
    }

    pub(super) fn check_signal(&self) -> Result<(), Error> {
        let Some(signal) = self.get("signal") else {
            return Ok(());
        };
        let has = |name| matches!(Options::lenient(&signal).function(name), Ok(Some(_)));
        match has("addEventListener") && has("removeEventListener") {
            true => Ok(()),
            false => Err(wrong("signal", "an AbortSignal is wanted")),
        }
    }
}

/// An error about one option.
pub(super) fn wrong(name: &str, why: &str) -> Error {
    Error::invalid([name, ": ", why].concat())
}

/// What a layer's "no" does, as callers say it.
pub(super) fn read_mode(name: &str, value: &JsValue) -> Result<Mode, Error> {
    match value.as_string().as_deref() {
        Some("off") => Ok(Mode::Off),
        Some("warn") => Ok(Mode::Warn),
        Some("enforce") => Ok(Mode::Enforce),
        _ => Err(wrong(name, "'off', 'warn' or 'enforce' is wanted")),
    }
}
