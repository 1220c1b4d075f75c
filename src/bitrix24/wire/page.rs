//! A page of a list: its rows in any of the forms in which portals send them, and what a walk has to
//! know of them. The rows themselves stay with whoever holds them.

/// The facts of one page.
///
/// ```
/// use callgate::bitrix24::wire::page::{Ids, Page};
/// let page = Page { rows: 2, ids: Ids::of([4, 9].map(Some)), next: Some(50), total: Some(120) };
/// assert_eq!(page.ids, Ids::Rising(4, 9));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// How many rows it has.
    pub rows: u64,
    /// Their ids.
    pub ids: Ids,
    /// The envelope's `next`, or the command's `result_next`.
    pub next: Option<u64>,
    /// The envelope's `total`, or the command's `result_total`.
    pub total: Option<u64>,
}

/// The ids of a page's rows.
///
/// ```
/// use callgate::bitrix24::wire::page::Ids;
/// assert_eq!(Ids::of([Some(3), Some(3)]), Ids::Unknown);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ids {
    /// No rows, rows without a number of their own, or in no order.
    Unknown,
    /// Each is greater than the one before: the first and the last. One row alone counts as rising.
    Rising(u64, u64),
    /// Each is less than the one before: the first and the last.
    Falling(u64, u64),
}

impl Ids {
    /// Looks at the ids of all rows in turn.
    ///
    /// ```
    /// use callgate::bitrix24::wire::page::Ids;
    /// assert_eq!(Ids::of([Some(9), Some(4)]), Ids::Falling(9, 4));
    /// assert_eq!(Ids::of([Some(9), None]), Ids::Unknown);
    /// ```
    pub fn of(ids: impl IntoIterator<Item = Option<u64>>) -> Self {
        let mut seen = Self::Unknown;
        for (place, id) in ids.into_iter().enumerate() {
            seen = match (seen, id) {
                (Self::Unknown, Some(id)) if place == 0 => Self::Rising(id, id),
                (Self::Rising(first, last), Some(id)) if id > last => Self::Rising(first, id),
                (Self::Rising(first, _), Some(id)) if place == 1 && id < first => {
                    Self::Falling(first, id)
                }
                (Self::Falling(first, last), Some(id)) if id < last => Self::Falling(first, id),
                _ => return Self::Unknown,
            };
        }
        seen
    }

    /// The id of the first row.
    pub(in crate::bitrix24) fn first(self) -> Option<u64> {
        match self {
            Self::Unknown => None,
            Self::Rising(first, _) | Self::Falling(first, _) => Some(first),
        }
    }

    /// The id of the last row.
    pub(in crate::bitrix24) fn last(self) -> Option<u64> {
        match self {
            Self::Unknown => None,
            Self::Rising(_, last) | Self::Falling(_, last) => Some(last),
        }
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod native {
    use serde_json::Value;

    use super::{Ids, Page};

    impl Page {
        /// Reads a list method's `result`; `None` when it is no list in any of the forms in which
        /// portals send one.
        ///
        /// ```
        /// use callgate::bitrix24::wire::page::{Ids, Page};
        /// let result = serde_json::json!({"tasks": [{"id": "3"}, {"id": "5"}]});
        /// let page = Page::read(&result, None, None).unwrap();
        /// assert_eq!((page.rows, page.ids), (2, Ids::Rising(3, 5)));
        /// ```
        pub fn read(result: &Value, next: Option<u64>, total: Option<u64>) -> Option<Self> {
            let rows = rows(result)?;
            Some(Self {
                rows: rows.len() as u64,
                ids: Ids::of(rows.into_iter().map(id)),
                next,
                total,
            })
        }
    }

    /// The rows of a list method's `result`. It may be a list; a map of rows by their ids; either of
    /// them in a wrapper (`items`, `tasks`, …); or one of the five empties: null, false, an empty
    /// text, list or map.
    ///
    /// ```
    /// use callgate::bitrix24::wire::page::rows;
    /// assert_eq!(rows(&serde_json::json!(false)), Some(vec![]));
    /// assert_eq!(rows(&serde_json::json!({"items": {"7": {"id": 7}}})).map(|it| it.len()), Some(1));
    /// assert_eq!(rows(&serde_json::json!({"TITLE": "one row"})), None);
    /// ```
    pub fn rows(result: &Value) -> Option<Vec<&Value>> {
        match result {
            Value::Null | Value::Bool(false) => Some(Vec::new()),
            Value::String(text) if text.is_empty() => Some(Vec::new()),
            Value::Array(rows) => Some(rows.iter().collect()),
            Value::Object(map) if map.keys().all(|key| is_number(key)) => {
                Some(map.values().collect())
            }
            Value::Object(map) => {
                let wrapped = |value: &&Value| match value {
                    Value::Array(_) => true,
                    Value::Object(map) => !map.is_empty() && map.keys().all(|key| is_number(key)),
                    _ => false,
                };
                let mut lists = map.values().filter(wrapped);
                match (lists.next(), lists.next()) {
                    (Some(list), None) => rows(list),
                    _ => rows(map.get("items").or(map.get("tasks")).filter(wrapped)?),
                }
            }
            _ => None,
        }
    }

    /// A row's own number, as [`rows`] of different methods spell it.
    ///
    /// ```
    /// use callgate::bitrix24::wire::page::id;
    /// assert_eq!(id(&serde_json::json!({"ID": "12"})), Some(12));
    /// ```
    pub fn id(row: &Value) -> Option<u64> {
        match row.get("ID").or(row.get("id"))? {
            Value::Number(number) => number.as_u64(),
            Value::String(text) => text.parse().ok(),
            _ => None,
        }
    }

    fn is_number(key: &str) -> bool {
        !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_digit())
    }
}

#[cfg(not(target_arch = "wasm32"))]
pub use native::{id, rows};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lists_come_in_many_forms_and_emptiness_in_five() {
        let rows_of = |result| rows(&result).map(|rows| rows.len());
        for empty in [json!(null), json!(false), json!(""), json!([]), json!({})] {
            assert_eq!(rows_of(empty.clone()), Some(0), "{empty}");
            if empty.is_array() {
                assert_eq!(rows_of(json!({ "items": empty })), Some(0));
            }
        }
        for (result, count) in [
            (json!([{"ID": 1}, {"ID": 2}]), Some(2)),
            (json!({"105": {"ID": "105"}, "7": {"ID": "7"}}), Some(2)),
            (json!({"tasks": [{"id": "1"}]}), Some(1)),
            (json!({"items": {"3": {"id": 3}}, "note": "x"}), Some(1)),
            (json!({"items": [{"id": 3}], "errors": []}), Some(1)),
            (json!({"a": [1], "b": [2]}), None),
            (json!({"ID": "1", "TITLE": "one row"}), None),
            (json!(7), None),
            (json!("text"), None),
            (json!(true), None),
        ] {
            assert_eq!(rows_of(result.clone()), count, "{result}");
        }
    }

    #[test]
    fn ids_are_numbers_or_texts_of_digits_and_strictly_in_order() {
        let ids = |rows: serde_json::Value| Page::read(&rows, None, None).map(|page| page.ids);
        for (rows, expected) in [
            (
                json!([{"ID": "1"}, {"id": 2}, {"ID": 9}]),
                Ids::Rising(1, 9),
            ),
            (json!([{"ID": "9"}, {"ID": "1"}]), Ids::Falling(9, 1)),
            (json!([{"ID": "9"}]), Ids::Rising(9, 9)),
            (json!([{"ID": "1"}, {"ID": "3"}, {"ID": "2"}]), Ids::Unknown),
            (json!([{"ID": "3"}, {"ID": "1"}, {"ID": "2"}]), Ids::Unknown),
            (json!([{"ID": "1"}, {}]), Ids::Unknown),
            (json!([{"ID": "a1"}]), Ids::Unknown),
            (json!([{"ID": -1}]), Ids::Unknown),
            (json!([]), Ids::Unknown),
        ] {
            assert_eq!(ids(rows.clone()), Some(expected), "{rows}");
        }
    }
}
