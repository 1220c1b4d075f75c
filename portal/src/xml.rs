//! The other transport: XML without a prolog, root `response`, integer keys written as `item`.

use serde_json::Value;

use crate::php;

/// Writes an answer as the XML transport does.
pub(crate) fn encode(value: &Value) -> String {
    let mut out = String::from("<response>");
    write_value(&mut out, value);
    out.push_str("</response>");
    out
}

fn write_value(out: &mut String, value: &Value) {
    let Some(entries) = php::entries(value) else {
        write_escaped(out, &php::text(value).unwrap_or_default());
        return;
    };
    for (key, item) in entries {
        let tag = if crate::php_form::index_of(&key).is_some() {
            "item"
        } else {
            &key
        };
        out.push('<');
        out.push_str(tag);
        out.push('>');
        write_value(out, item);
        out.push_str("</");
        out.push_str(tag);
        out.push('>');
    }
}

fn write_escaped(out: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            _ => out.push(character),
        }
    }
}
