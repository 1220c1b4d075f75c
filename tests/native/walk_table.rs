//! A list method's table and server, for walks: it reads commands with code of its own, and has the
//! quirks that portals have.

use std::collections::BTreeSet;

use callgate::bitrix24::engine::list::Page;
use callgate::bitrix24::rights::params::Params;
use callgate::error::{Error, Kind, Ran};
use serde_json::{Value, json};

/// What a server does otherwise than the documentation says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Quirk {
    None,
    IgnoresFilter,
    IgnoresOrder,
    RefusesOrder,
    /// And `next` leads back.
    IgnoresStart,
    /// The filter holds for the first request only.
    ForgetsFilter,
}

pub(crate) struct Table {
    pub(crate) rows: BTreeSet<u64>,
    pub(crate) page: usize,
    pub(crate) quirk: Quirk,
    pub(crate) commands: usize,
    pub(crate) wrapper: Option<&'static str>,
}

impl Table {
    /// The rows that meet a command's filter.
    pub(crate) fn matching(
        &self,
        params: &Value,
    ) -> impl DoubleEndedIterator<Item = u64> + use<'_> {
        let blind = match self.quirk {
            Quirk::IgnoresFilter => true,
            Quirk::ForgetsFilter => self.commands > 3,
            _ => false,
        };
        let none = serde_json::Map::new();
        let filter = params["filter"].as_object().filter(|_| !blind);
        let (mut low, mut high) = (0, u64::MAX);
        for (key, bound) in filter.unwrap_or(&none) {
            let bound = bound.as_u64().unwrap();
            match key.as_str() {
                ">ID" => low = low.max(bound + 1),
                ">=ID" => low = low.max(bound),
                "<ID" => high = high.min(bound.saturating_sub(1)),
                "<=ID" => high = high.min(bound),
                _ => panic!("{key}"),
            }
        }
        // An empty range is one that ends where it begins.
        self.rows
            .range(low..=high.max(low))
            .copied()
            .filter(move |id| *id <= high)
    }

    /// Answers one command, by a reading of its own.
    pub(crate) fn answer(&mut self, params: &Params) -> Result<(Page, Vec<u64>), Error> {
        self.commands += 1;
        let params: Value = serde_json::from_str(params.as_json()).unwrap();
        let order = params["order"]["ID"].as_str().unwrap_or("ASC");
        if self.quirk == Quirk::RefusesOrder && params.get("order").is_some() {
            let error = Error::new(
                "ERROR_ARGUMENT",
                Kind::Portal,
                Ran::No,
                "Order field not allowed",
            );
            return Err(error);
        }
        let descends = order.eq_ignore_ascii_case("DESC") && self.quirk != Quirk::IgnoresOrder;
        let start = params["start"].as_i64().unwrap_or(0);
        let offset = match self.quirk {
            Quirk::IgnoresStart => 0,
            _ => usize::try_from(start).unwrap_or(0),
        };
        let total = (start >= 0).then(|| match params.get("filter") {
            Some(_) => self.matching(&params).count(),
            None => self.rows.len(),
        });
        let next = total.filter(|total| offset + self.page < *total);
        let next = next.map(|_| (offset + self.page) as u64);
        let matching = self.matching(&params);
        let ids: Vec<u64> = match descends {
            true => matching.rev().skip(offset).take(self.page).collect(),
            false => matching.skip(offset).take(self.page).collect(),
        };
        let rows: Vec<Value> = ids.iter().map(|id| json!({"ID": id.to_string()})).collect();
        let result = match self.wrapper {
            Some(name) => json!({name: rows}),
            None => json!(rows),
        };
        let page = Page::read(&result, next, total.map(|total| total as u64)).unwrap();
        Ok((page, ids))
    }
}
