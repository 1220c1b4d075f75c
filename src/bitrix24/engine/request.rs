//! Writes a call's request.

use crate::bitrix24::engine::call::Call;
use crate::bitrix24::rights::method::Version;
use crate::bitrix24::rights::params::Params;
use crate::bitrix24::wire::address::Endpoint;
use crate::bitrix24::wire::form::{self, Unfit};
use crate::error::Error;
use crate::http::{BodyFormat, Request};
use crate::secret::Secret;
use crate::text::push_number;

/// What the requests of a connection have in common.
#[derive(Clone, Debug)]
pub(super) struct Writer {
    pub(super) endpoint: Endpoint,
    /// The format where both would do.
    pub(super) format: BodyFormat,
    pub(super) custom_headers: bool,
}

impl Writer {
    pub(super) fn write(
        &self,
        call: &Call,
        version: Version,
        access: Option<&Secret>,
    ) -> Result<Request, Error> {
        let trimmed;
        let params = match call.start {
            Some(_) => {
                trimmed = call.params.clone().without("start");
                &trimmed
            }
            None => &call.params,
        };
        // Version 3 takes a list as a list, which has no room for a token.
        let listed = version == Version::V3 && params.are_positional();
        let bearer = access.filter(|_| listed).cloned();
        if bearer.is_some() && !self.custom_headers {
            let message = "params: a list of version 3 can't be sent from a browser, where the \
                           token can only go in the body";
            return Err(Error::invalid(message));
        }
        let fit = match (version, &call.form, self.format) {
            (Version::V2, Some(form), _) => Some(own_form(form, access, call.start)),
            (Version::V2, None, BodyFormat::Form) => write_form(params, access, call.start)?,
            _ => None,
        };
        let (body, format) = match fit {
            Some(body) => (body, BodyFormat::Form),
            None if listed => (params.as_json().to_owned(), BodyFormat::Json),
            None => (write_json(params, access, call.start), BodyFormat::Json),
        };
        let keyed = version == Version::V3 && self.custom_headers;
        Ok(Request {
            url: self.endpoint.url(&call.method, version),
            body,
            format,
            idempotency_key: call.idempotency_key.clone().filter(|_| keyed),
            bearer,
        })
    }
}

/// The beginning of a form, with room for what follows.
fn open_form(access: Option<&Secret>, start: Option<i64>, room: usize) -> String {
    let mut body = String::with_capacity(room + 64);
    if let Some(access) = access {
        body.push_str("auth=");
        form::escape(access.expose(), &mut body);
    }
    if let Some(start) = start {
        body.push_str(if body.is_empty() { "start=" } else { "&start=" });
        push_number(start, &mut body);
    }
    body
}

fn own_form(form: &str, access: Option<&Secret>, start: Option<i64>) -> String {
    let mut body = open_form(access, start, form.len());
    if !body.is_empty() && !form.is_empty() {
        body.push('&');
    }
    body.push_str(form);
    body
}

/// The form, or `None` where only JSON keeps the values.
fn write_form(
    params: &Params,
    access: Option<&Secret>,
    start: Option<i64>,
) -> Result<Option<String>, Error> {
    let mut body = open_form(access, start, params.as_json().len());
    match form::write(params.as_json(), &mut body) {
        Ok(()) => Ok(Some(body)),
        Err(Unfit::OnlyJson) => Ok(None),
        Err(Unfit::Malformed(malformed)) => {
            Err(Error::invalid(["params: ", &malformed.in_words()].concat()))
        }
    }
}

fn write_json(params: &Params, access: Option<&Secret>, start: Option<i64>) -> String {
    let mut body = String::with_capacity(params.as_json().len() + 64);
    body.push('{');
    if let Some(access) = access {
        body.push_str("\"auth\":");
        push_json_text(access.expose(), &mut body);
    }
    if let Some(start) = start {
        body.push_str(if access.is_some() {
            ",\"start\":"
        } else {
            "\"start\":"
        });
        push_number(start, &mut body);
    }
    params.write_members(&mut body);
    body.push('}');
    body
}

fn push_json_text(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => {
                out.push('\\');
                out.push(character);
            }
            // No token holds one; as a blank it can't end the text early.
            control if control.is_control() => out.push(' '),
            other => out.push(other),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::bitrix24::wire::address::Origin;

    fn write(
        format: BodyFormat,
        params: &str,
        start: Option<i64>,
        version: Version,
    ) -> (BodyFormat, String) {
        let writer = Writer {
            endpoint: Endpoint::token(Origin::parse("portal.example").unwrap()),
            format,
            custom_headers: true,
        };
        let mut call = Call::new("crm.deal.list", params).unwrap();
        call.start = start;
        let request = writer
            .write(&call, version, Some(&Secret::new("T\"K")))
            .unwrap();
        (request.format, request.body)
    }

    #[test]
    fn forms_where_they_do_and_json_where_they_do_not() {
        use BodyFormat::{Form, Json};
        use Version::{V2, V3};
        for (format, version, params, written, body) in [
            (Form, V2, "{}", Form, "auth=T%22K"),
            (Form, V2, r#"{"a":[1]}"#, Form, "auth=T%22K&a[0]=1"),
            (
                Form,
                V2,
                r#"{"a":true}"#,
                Json,
                r#"{"auth":"T\"K","a":true}"#,
            ),
            (Form, V3, r#"{"a":1}"#, Json, r#"{"auth":"T\"K","a":1}"#),
            (Json, V2, r#"{"a":1}"#, Json, r#"{"auth":"T\"K","a":1}"#),
            (
                Json,
                V2,
                "[7,[8]]",
                Json,
                r#"{"auth":"T\"K","0":7,"1":[8]}"#,
            ),
        ] {
            let expected = (written, body.to_owned());
            assert_eq!(write(format, params, None, version), expected, "{params}");
        }
    }

    #[test]
    fn a_form_of_its_own_goes_as_it_stands() {
        let writer = Writer {
            endpoint: Endpoint::token(Origin::parse("portal.example").unwrap()),
            format: BodyFormat::Json,
            custom_headers: true,
        };
        let token = Secret::new("TOKEN");
        for (form, start, body) in [
            ("", None, "auth=TOKEN"),
            ("&a[b]=true", None, "auth=TOKEN&&a[b]=true"),
            ("a=1", Some(50), "auth=TOKEN&start=50&a=1"),
        ] {
            let mut call = Call::new("crm.deal.list", r#"{"a":"1"}"#).unwrap();
            call.form = Some(form.to_owned());
            call.start = start;
            let request = writer.write(&call, Version::V2, Some(&token)).unwrap();
            assert_eq!(
                (request.format, request.body.as_str()),
                (BodyFormat::Form, body)
            );
        }
    }

    #[test]
    fn a_list_of_version_3_leaves_the_token_to_a_header() {
        let mut writer = Writer {
            endpoint: Endpoint::token(Origin::parse("portal.example").unwrap()),
            format: BodyFormat::Form,
            custom_headers: true,
        };
        let call = Call::new("batch", "[7]").unwrap();
        let token = Secret::new("TOKEN");
        let request = writer.write(&call, Version::V3, Some(&token)).unwrap();
        assert_eq!(
            (request.body.as_str(), request.bearer),
            ("[7]", Some(token.clone()))
        );

        writer.custom_headers = false;
        assert!(writer.write(&call, Version::V3, Some(&token)).is_err());
        let through_webhook = writer.write(&call, Version::V3, None).unwrap();
        assert_eq!(
            (through_webhook.body.as_str(), through_webhook.bearer),
            ("[7]", None)
        );
    }

    #[test]
    fn start_stands_once_and_the_callers_own_gives_way() {
        let params = r#"{"start":0,"order":{"ID":"ASC"}}"#;
        let (_, form) = write(BodyFormat::Form, params, Some(50), Version::V2);
        assert_eq!(form, "auth=T%22K&start=50&order[ID]=ASC");
        let (_, json) = write(BodyFormat::Json, params, Some(-1), Version::V2);
        assert_eq!(json, r#"{"auth":"T\"K","start":-1,"order":{"ID":"ASC"}}"#);
    }
}
