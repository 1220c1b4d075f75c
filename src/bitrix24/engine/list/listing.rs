//! How a method lists: a reviewed table. It needs no completeness: what it doesn't know is walked by
//! offsets, and what it says is put to the proof by a walk's first request.

use crate::bitrix24::rights::method::{MethodName, Version};

/// How a method's rows can be told apart and asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Listing {
    /// By conditions on the field of this name, in the order of that field.
    Ids(&'static str),
    /// By offset alone.
    Offsets,
    /// By the cursor of version 3.
    Cursor,
}

/// Method names, or what they begin with, and the name of the id in filters and orders. These
/// document `filter`, `order` and `start`, and have an id.
const BY_ID: &[(&str, &str)] = &[
    ("bizproc.task.list", "ID"),
    ("bizproc.workflow.template.list", "ID"),
    ("catalog.catalog.list", "id"),
    ("catalog.document.", "id"),
    ("catalog.price", "id"),
    ("catalog.product.", "id"),
    ("catalog.productproperty.list", "id"),
    ("catalog.productpropertyenum.list", "id"),
    ("catalog.section.list", "id"),
    ("catalog.store", "id"),
    ("crm.activity.list", "ID"),
    ("crm.company.list", "ID"),
    ("crm.contact.list", "ID"),
    ("crm.deal.list", "ID"),
    ("crm.documentgenerator.document.list", "id"),
    ("crm.item.list", "id"),
    ("crm.item.productrow.list", "id"),
    ("crm.lead.list", "ID"),
    ("crm.quote.list", "ID"),
    ("crm.requisite.bankdetail.list", "ID"),
    ("crm.requisite.list", "ID"),
    ("crm.requisite.preset.list", "ID"),
    ("crm.stagehistory.list", "ID"),
    ("crm.timeline.comment.list", "ID"),
    ("crm.type.list", "id"),
    ("documentgenerator.document.list", "id"),
    ("sale.basket", "id"),
    ("sale.order.list", "id"),
    ("sale.payment", "id"),
    ("sale.property", "id"),
    ("sale.shipment", "id"),
    ("socialnetwork.api.workgroup.list", "ID"),
    ("sonet_group.get", "ID"),
    ("tasks.task.list", "ID"),
    ("userfieldconfig.list", "id"),
];

impl Listing {
    pub(super) fn of(method: &MethodName, version: Version) -> Self {
        let name = method.as_str().to_ascii_lowercase();
        match version {
            Version::V3 if name.ends_with(".tail") => Self::Cursor,
            Version::V3 => Self::Ids("id"),
            Version::V2 => {
                let known = |(begin, _): &&(&str, &str)| name.starts_with(begin);
                let found = BY_ID.iter().find(known).filter(|(begin, _)| {
                    // A part of a name stands for lists alone; a whole name for itself alone.
                    name.len() == begin.len() || !ends_a_name(begin) && name.ends_with(".list")
                });
                found.map_or(Self::Offsets, |(_, id)| Self::Ids(id))
            }
        }
    }
}

fn ends_a_name(begin: &str) -> bool {
    begin.ends_with(".list") || begin.ends_with(".get")
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        reason = "a test fails by panicking"
    )]

    use super::*;

    fn of(name: &str, version: Version) -> Listing {
        Listing::of(&MethodName::parse(name).unwrap(), version)
    }

    #[test]
    fn names_stand_for_themselves_and_beginnings_for_lists() {
        use Listing::{Cursor, Ids, Offsets};
        for (name, listing) in [
            ("crm.deal.list", Ids("ID")),
            ("CRM.Item.List", Ids("id")),
            ("catalog.productProperty.list", Ids("id")),
            ("catalog.product.get", Offsets),
            ("crm.deal.listx", Offsets),
            ("crm.address.list", Offsets),
            ("user.get", Offsets),
            ("vendor:own.list", Offsets),
        ] {
            assert_eq!(of(name, Version::V2), listing, "{name}");
        }
        assert_eq!(of("main.eventlog.tail", Version::V3), Cursor);
        assert_eq!(of("tasks.task.list", Version::V3), Ids("id"));
    }

    /// The catalogue's readable facts are the judge.
    #[test]
    fn every_row_is_of_methods_that_document_a_filter_and_an_order() {
        let facts = include_str!("../../../../catalogue/methods.txt");
        let mut found = vec![false; BY_ID.len()];
        for entry in facts.split("\n\n").flat_map(split_entries) {
            let (head, rest) = entry.split_once('\n').unwrap_or((entry, ""));
            let Some(name) = head.strip_suffix(" v2") else {
                continue;
            };
            if of(name, Version::V2) == Listing::Offsets {
                continue;
            }
            let has = |wanted: &str| {
                rest.lines().any(|line| {
                    let name = line
                        .trim_start()
                        .trim_start_matches(['-', '!'])
                        .trim_start();
                    line.starts_with("  ")
                        && !line.starts_with("    ")
                        && name
                            .split([' ', ','])
                            .next()
                            .unwrap()
                            .eq_ignore_ascii_case(wanted)
                })
            };
            assert!(has("filter") && has("order"), "{name}: {rest}");
            let lower = name.to_ascii_lowercase();
            let row = BY_ID.iter().position(|(begin, _)| lower.starts_with(begin));
            found[row.unwrap()] = true;
        }
        let idle: Vec<_> = BY_ID
            .iter()
            .zip(&found)
            .filter(|(_, found)| !**found)
            .collect();
        assert!(idle.is_empty(), "{idle:?}");
    }

    /// Entries begin at the margin.
    fn split_entries(text: &str) -> Vec<&str> {
        let mut starts: Vec<usize> = Vec::new();
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            if !line.starts_with([' ', '#', '\n']) {
                starts.push(at);
            }
            at += line.len();
        }
        starts.push(text.len());
        starts
            .windows(2)
            .map(|pair| &text[pair[0]..pair[1]])
            .collect()
    }
}
