//! The caller's parameters, and those of each page made of them. What the caller asked for stays;
//! conditions are only added.

use crate::bitrix24::rights::method::Version;
use crate::bitrix24::rights::params::Params;
use crate::error::Error;
use crate::json::{Event, Reader};
use crate::text::push_number;

/// Rows on a page of version 2, where a method has no size of its own.
pub(super) const V2_ROWS: u64 = 50;
/// Rows on a page of version 3, at most.
pub(super) const V3_MOST: u64 = 1_000;

/// What a page is asked with besides the caller's own parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// From this row on.
    Offset(u64),
    /// Behind this id, by the cursor of version 3.
    Cursor(Option<u64>),
    /// In the order of the ids, or in the reverse of the walk's order.
    Edge { reversed: bool },
    /// The rows whose ids are above the first and not above the second, in the walk's order.
    Between(u64, u64),
}

/// The conditions by which a range of ids can be added to a filter in which others stand already.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    above: &'static str,
    up_to: &'static str,
}

/// A member of the parameters that pages change.
#[derive(Debug, Default)]
struct Member {
    /// As the caller's JSON text spells it; empty when the caller doesn't have it.
    name: String,
    value: String,
}

/// The parameters of a list.
#[derive(Debug)]
pub(super) struct Query {
    version: Version,
    /// The members that stay as they are, between commas.
    rest: String,
    filter: Member,
    order: Member,
    select: Member,
    /// The name of the id in filters and orders; `None` when it isn't known.
    id: Option<&'static str>,
    bounds: Option<Bounds>,
    pub(super) limit: u64,
    /// The walk goes from the greatest id to the smallest.
    pub(super) descends: bool,
}

fn refuse(name: &str, why: &str) -> Error {
    Error::invalid(["params.", name, ": ", why].concat())
}

impl Query {
    /// # Errors
    ///
    /// Of kind `invalid`, where the parameters can't be those of a list.
    pub(super) fn read(
        params: &Params,
        version: Version,
        id: Option<&'static str>,
    ) -> Result<Self, Error> {
        if params.are_positional() {
            return Err(Error::invalid("params: a list needs parameters with names"));
        }
        let mut query = Self {
            version,
            rest: String::new(),
            filter: Member::default(),
            order: Member::default(),
            select: Member::default(),
            id,
            bounds: None,
            limit: V3_MOST,
            descends: false,
        };
        let text = params.as_json();
        for (key, name, value) in members(text) {
            let lower = name.to_ascii_lowercase();
            let changed = match (lower.as_str(), version) {
                ("filter", _) => &mut query.filter,
                ("order", _) => &mut query.order,
                ("select", _) => &mut query.select,
                ("start", Version::V2) | ("cursor", Version::V3) => {
                    let why = "a list walks all pages by itself: leave it out, or use call()";
                    return Err(refuse(&name, why));
                }
                ("pagination", Version::V3) => {
                    query.limit = limit(value)?;
                    continue;
                }
                _ => {
                    push_member(&mut query.rest, key, value);
                    continue;
                }
            };
            if !changed.name.is_empty() {
                let why = "stands there twice, in different spellings: keep one";
                return Err(refuse(&name, why));
            }
            *changed = Member {
                name: key.to_owned(),
                value: value.to_owned(),
            };
        }
        query.settle_order();
        query.settle_filter();
        query.settle_select();
        Ok(query)
    }

    /// Whether the walk can go by ids: the method has them, the caller's filter lets conditions be
    /// added, and the caller's order is theirs.
    pub(super) fn goes_by_id(&self) -> bool {
        self.id.is_some() && self.bounds.is_some()
    }

    /// From now on ids are not asked for.
    pub(super) fn forget_ids(&mut self) {
        self.id = None;
    }

    fn settle_order(&mut self) {
        let Some(id) = self.id else {
            return;
        };
        match is_empty(&self.order.value) {
            true => self.order.value.clear(),
            false => match members(&self.order.value).next() {
                Some((_, field, direction)) if field.eq_ignore_ascii_case(id) => {
                    self.descends = direction.eq_ignore_ascii_case("\"DESC\"");
                }
                _ => self.id = None,
            },
        }
    }

    /// Finds conditions that the caller doesn't use already.
    fn settle_filter(&mut self) {
        let Some(id) = self.id else {
            return;
        };
        if is_empty(&self.filter.value) {
            self.filter.value.clear();
        }
        let filter = self.filter.value.as_str();
        let first = filter.trim_start().bytes().next();
        let free = |operator: &&&'static str| {
            let uses = |name: &str| {
                let field = name.strip_prefix(**operator);
                field.is_some_and(|field| field.eq_ignore_ascii_case(id))
            };
            !members(filter).any(|(_, name, _)| uses(&name))
        };
        let free_one = |operators: &'static [&'static str]| operators.iter().find(free).copied();
        self.bounds = match (self.version, first) {
            (Version::V3, _) => free_one(&[">"]).zip(free_one(&["<="])),
            (Version::V2, None | Some(b'{')) => free_one(&[">", ">="]).zip(free_one(&["<=", "<"])),
            (Version::V2, Some(_)) => None,
        }
        .map(|(above, up_to)| Bounds { above, up_to });
    }

    /// A selection without the id would leave rows that can't be told apart.
    fn settle_select(&mut self) {
        let Some(id) = self.id else {
            return;
        };
        let mut reader = Reader::new(&self.select.value);
        let Ok(Event::ListOpens) = reader.next() else {
            return;
        };
        let mut is_there = false;
        let mut fields = 0;
        while let Ok(Event::Text(field)) = reader.next() {
            let field = field.to_text();
            is_there |= field == "*" || field.eq_ignore_ascii_case(id);
            fields += 1;
        }
        let selected = self.select.value.trim_end();
        if let Some(open) = selected
            .strip_suffix(']')
            .filter(|_| !is_there && fields > 0)
        {
            self.select.value = [open, ",\"", id, "\"]"].concat();
        }
    }

    /// The parameters of one page.
    pub(super) fn page(&self, piece: Piece) -> Result<Params, Error> {
        let mut out = ["{", &self.rest].concat();
        if !self.select.name.is_empty() {
            push_member(&mut out, &self.select.name, &self.select.value);
        }
        let filter = match piece {
            Piece::Between(above, up_to) => self.filter_between(above, up_to),
            _ => self.filter.value.clone(),
        };
        if !filter.is_empty() {
            push_member(
                &mut out,
                self.spelled(&self.filter, ["\"filter\"", "\"FILTER\""]),
                &filter,
            );
        }
        let order = match (piece, self.id) {
            (Piece::Edge { reversed }, Some(id)) => by_id(id, self.descends != reversed),
            (Piece::Between(..), Some(id)) => by_id(id, self.descends),
            _ => self.order.value.clone(),
        };
        if !order.is_empty() {
            push_member(
                &mut out,
                self.spelled(&self.order, ["\"order\"", "\"ORDER\""]),
                &order,
            );
        }
        match (self.version, piece) {
            (Version::V2, Piece::Offset(start)) => {
                push_member(&mut out, "\"start\"", &number(start))
            }
            // The portal counts the rows.
            (Version::V2, Piece::Edge { reversed: false }) => {
                push_member(&mut out, "\"start\"", "0")
            }
            (Version::V2, _) => push_member(&mut out, "\"start\"", "-1"),
            (Version::V3, Piece::Offset(start)) => {
                let limit = number(self.limit);
                let pagination = ["{\"limit\":", &limit, ",\"offset\":", &number(start), "}"];
                push_member(&mut out, "\"pagination\"", &pagination.concat());
            }
            (Version::V3, Piece::Cursor(after)) => {
                let limit = number(self.limit);
                let mut cursor =
                    ["{\"field\":\"id\",\"order\":\"ASC\",\"limit\":", &limit].concat();
                if let Some(after) = after {
                    push_member(&mut cursor, "\"value\"", &number(after));
                }
                cursor.push('}');
                push_member(&mut out, "\"cursor\"", &cursor);
            }
            (Version::V3, _) => {
                let limit = match piece {
                    Piece::Edge { reversed: true } => 1,
                    _ => self.limit,
                };
                let pagination = ["{\"limit\":", &number(limit), "}"].concat();
                push_member(&mut out, "\"pagination\"", &pagination);
            }
        }
        out.push('}');
        Params::parse(out)
    }

    fn filter_between(&self, above: u64, up_to: u64) -> String {
        let (Some(id), Some(bounds)) = (self.id, self.bounds) else {
            return self.filter.value.clone();
        };
        let own = self.filter.value.trim();
        if self.version == Version::V3 {
            let (above, up_to) = (number(above), number(up_to));
            let added = [
                "[\"",
                id,
                "\",\">\",",
                &above,
                "],[\"",
                id,
                "\",\"<=\",",
                &up_to,
                "]]",
            ]
            .concat();
            let open = match own.strip_prefix('[').and_then(|own| own.strip_suffix(']')) {
                Some(conditions) if !conditions.trim().is_empty() => {
                    ["[", conditions, ","].concat()
                }
                // A group stands in a list like a condition.
                _ if own.starts_with('{') => ["[", own, ","].concat(),
                _ => "[".to_owned(),
            };
            return [open, added].concat();
        }
        let mut filter = own.strip_suffix('}').unwrap_or("{").to_owned();
        let above = match bounds.above {
            ">=" => above.saturating_add(1),
            _ => above,
        };
        let up_to = match bounds.up_to {
            "<" => up_to.saturating_add(1),
            _ => up_to,
        };
        push_member(
            &mut filter,
            &["\"", bounds.above, id, "\""].concat(),
            &number(above),
        );
        push_member(
            &mut filter,
            &["\"", bounds.up_to, id, "\""].concat(),
            &number(up_to),
        );
        filter.push('}');
        filter
    }

    /// The caller's spelling, else that in which the caller spells the others: some methods want
    /// capitals.
    fn spelled<'a>(&'a self, member: &'a Member, [small, capital]: [&'a str; 2]) -> &'a str {
        let own = [member, &self.filter, &self.order, &self.select];
        let capitals = |own: &&&Member| own.name.bytes().any(|byte| byte.is_ascii_uppercase());
        match (member.name.is_empty(), own.iter().find(capitals)) {
            (false, _) => &member.name,
            (true, Some(_)) => capital,
            (true, None) => small,
        }
    }
}

/// The members of a JSON object, if it is one: the text of each name, the name, the value's text.
fn members(text: &str) -> impl Iterator<Item = (&str, String, &str)> {
    let mut reader = Reader::new(text);
    let is_map = matches!(reader.next(), Ok(Event::MapOpens));
    std::iter::from_fn(move || {
        let before = reader.position();
        let name = match is_map.then(|| reader.next()) {
            Some(Ok(Event::Key(name))) => name.to_text(),
            _ => return None,
        };
        // From behind the comma or brace up to and without the colon.
        let key = text.get(before..reader.position() - 1)?;
        let key = key.get(key.find('"')?..)?.trim_end();
        let value = text.get(reader.skip_value())?.trim_end();
        Some((key, name, value))
    })
}

/// Whether a value is what stands for no conditions, in any form.
fn is_empty(value: &str) -> bool {
    let inside = value.strip_prefix(['[', '{']);
    match inside.and_then(|inside| inside.strip_suffix([']', '}'])) {
        Some(inside) => inside.trim().is_empty(),
        None => matches!(value, "" | "null" | "false" | "\"\""),
    }
}

fn by_id(id: &str, descends: bool) -> String {
    let direction = match descends {
        true => "\":\"DESC\"}",
        false => "\":\"ASC\"}",
    };
    ["{\"", id, direction].concat()
}

fn limit(pagination: &str) -> Result<u64, Error> {
    let mut limit = V3_MOST;
    for (_, name, value) in members(pagination) {
        if name != "limit" {
            let why = "a list walks all pages by itself: only its limit can be chosen";
            return Err(refuse("pagination", why));
        }
        let chosen = value.parse().ok();
        let allowed = chosen.filter(|limit| (1..=V3_MOST).contains(limit));
        limit = allowed.ok_or_else(|| refuse("pagination.limit", "must be from 1 to 1000"))?;
    }
    Ok(limit)
}

fn number(number: u64) -> String {
    let mut text = String::new();
    push_number(i64::try_from(number).unwrap_or(i64::MAX), &mut text);
    text
}

/// Appends a member, whose name is JSON text already, to an open object or to the inside of one.
fn push_member(out: &mut String, key: &str, value: &str) {
    if !out.is_empty() && !out.ends_with('{') {
        out.push(',');
    }
    out.push_str(key);
    out.push(':');
    out.push_str(value);
}

#[cfg(test)]
mod tests;
