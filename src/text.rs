//! Small work on texts, done without the parts of the standard library that cost kilobytes in wasm:
//! its formatting machinery and its searcher for patterns longer than a character.

/// Appends a whole number.
pub(crate) fn push_number(number: i64, out: &mut String) {
    if number < 0 {
        out.push('-');
    }
    if !(-9..=9).contains(&number) {
        push_number((number / 10).abs(), out);
    }
    out.push(char::from(b'0' + (number % 10).unsigned_abs() as u8));
}

/// What stands before and behind the first `separator`.
pub(crate) fn cut<'t>(text: &'t str, separator: &str) -> Option<(&'t str, &'t str)> {
    (0..text.len()).find_map(|at| {
        let after = text.get(at..)?.strip_prefix(separator)?;
        Some((text.get(..at)?, after))
    })
}

/// Whether a text has this ASCII character in it.
pub(crate) fn has(text: &str, character: u8) -> bool {
    text.as_bytes().contains(&character)
}

/// Whether a text is one of several, without ASCII case.
#[cfg(any(feature = "bitrix24", feature = "edge", feature = "telecomx"))]
pub(crate) fn is_any_of(text: &str, known: &[&str]) -> bool {
    known.iter().any(|own| own.eq_ignore_ascii_case(text))
}

/// Replaces every `old`, which must not be empty.
pub(crate) fn replace(text: &str, old: &str, new: &str) -> String {
    let mut replaced = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = cut(rest, old) {
        replaced.push_str(before);
        replaced.push_str(new);
        rest = after;
    }
    replaced.push_str(rest);
    replaced
}

/// The parts with `between` between them.
pub(crate) fn join(parts: &mut dyn Iterator<Item = &str>, between: &str) -> String {
    let mut text = String::new();
    for (place, part) in parts.enumerate() {
        if place > 0 {
            text.push_str(between);
        }
        text.push_str(part);
    }
    text
}

/// Bytes as a text, with U+FFFD for what isn't UTF-8.
pub(crate) fn from_bytes(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    let mut rest = bytes;
    loop {
        let error = match str::from_utf8(rest) {
            Ok(valid) => {
                text.push_str(valid);
                return text;
            }
            Err(error) => error,
        };
        let (valid, after) = rest.split_at(error.valid_up_to());
        text.push_str(str::from_utf8(valid).unwrap_or_default());
        text.push(char::REPLACEMENT_CHARACTER);
        let wrong = error.error_len().unwrap_or(after.len());
        rest = after.get(wrong..).unwrap_or_default();
    }
}

/// Appends `text`, percent-encoded as JavaScript's `encodeURIComponent` does it.
#[cfg(any(feature = "bitrix24", feature = "edge", feature = "telecomx"))]
pub(crate) fn push_escaped(text: &str, out: &mut String) {
    if text.bytes().all(stays) {
        return out.push_str(text);
    }
    // What is written is ASCII, so a text may be cut within a character. A byte at a time onto `out`
    // would cost a check for UTF-8's sake each.
    let mut piece = Vec::with_capacity(3 * PIECE);
    for bytes in text.as_bytes().chunks(PIECE) {
        piece.clear();
        for byte in bytes {
            if stays(*byte) {
                piece.push(*byte);
            } else {
                piece.push(b'%');
                piece.push(hex_digit(byte >> 4));
                piece.push(hex_digit(byte & 15));
            }
        }
        out.push_str(str::from_utf8(&piece).unwrap_or_default());
    }
}

/// So many bytes are escaped at a time.
#[cfg(any(feature = "bitrix24", feature = "edge", feature = "telecomx"))]
const PIECE: usize = 256;

#[cfg(any(feature = "bitrix24", feature = "edge", feature = "telecomx"))]
#[inline]
fn stays(byte: u8) -> bool {
    // Without a search, which every byte of a request would pay for.
    matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'!' | b'~' | b'\''..=b'*')
}

#[cfg(any(feature = "bitrix24", feature = "edge", feature = "telecomx"))]
fn hex_digit(value: u8) -> u8 {
    match value {
        0..=9 => b'0' + value,
        _ => b'A' - 10 + value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_the_standard_library_writes_them() {
        for number in [0, 9, 10, -1, -10, 987, i64::MAX, i64::MIN] {
            let mut out = String::new();
            push_number(number, &mut out);
            assert_eq!(out, number.to_string());
        }
    }

    #[test]
    fn parts_are_joined_and_bytes_read_as_the_standard_library_does_it() {
        for parts in [&[][..], &[""], &["", "a"], &["a", "", "ä"]] {
            let joined = join(&mut parts.iter().copied(), ", ");
            assert_eq!(joined, parts.join(", "));
        }
        let broken = b"a\xc3\xa4\xff\xf0\x9f\x98b\xe2\x82\xac\x80\xe2\x82";
        for end in 0..=broken.len() {
            let (bytes, _) = broken.split_at(end);
            assert_eq!(from_bytes(bytes), String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn texts_are_cut_and_replaced_as_the_standard_library_does_it() {
        for text in ["", "://", "a://b://c", "ä:/://ö", "aaa", ":://"] {
            assert_eq!(cut(text, "://"), text.split_once("://"), "{text}");
            for old in ["a", "aa", "://", "ä"] {
                assert_eq!(replace(text, old, "…"), text.replace(old, "…"), "{text}");
            }
        }
    }
}
