//! The scopes that a list of methods needs, and how they compare with a grant.

use callgate::bitrix24::rights::catalogue::Catalogue;
use callgate::bitrix24::rights::method::Version;
use callgate::bitrix24::rights::requirement::{Comparison, Requirement};
use callgate::bitrix24::rights::scope::ScopeSet;

fn needs(methods: &[&str]) -> Requirement {
    Requirement::of(Catalogue::bundled(), methods, &[], None)
}

fn scopes(methods: &[&str]) -> Vec<String> {
    needs(methods).scopes().map(str::to_owned).collect()
}

/// Who may be asked for instead of whom, and by which methods.
fn alternatives(needs: &Requirement) -> Vec<(&str, Vec<&str>, Vec<&str>)> {
    needs
        .wanted
        .iter()
        .filter(|wanted| !wanted.instead.is_empty())
        .map(|wanted| {
            let instead = wanted.instead.iter().map(String::as_str).collect();
            let users = wanted.users.iter().map(String::as_str).collect();
            (wanted.scope.as_str(), instead, users)
        })
        .collect()
}

#[test]
fn each_scope_is_asked_for_once_in_the_order_of_the_codes() {
    let methods = [
        "im.user.get",
        "crm.deal.list",
        "CRM.Deal.Add",
        "crm.deal.list",
    ];
    assert_eq!(scopes(&methods), ["crm", "im"]);
    let needs = needs(&methods);
    assert_eq!(needs.wanted[0].users, ["crm.deal.list", "crm.deal.add"]);
}

#[test]
fn methods_that_any_token_may_call_need_nothing() {
    assert_eq!(
        needs(&["batch", "scope", "profile", "event.bind"]),
        Requirement::default()
    );
    assert_eq!(needs(&[]), Requirement::default());
}

#[test]
fn of_several_that_will_do_the_general_one_is_asked_for_and_the_others_are_named() {
    let needs = needs(&["user.get", "user.current"]);
    let others = vec!["user_basic", "user_brief"];
    assert_eq!(
        alternatives(&needs),
        [("user", others, vec!["user.get", "user.current"])]
    );
}

#[test]
fn a_lesser_scope_is_no_alternative_for_a_method_whose_page_does_not_name_it() {
    assert_eq!(alternatives(&needs(&["user.get", "user.add"])), []);
    assert_eq!(scopes(&["user.add"]), ["user"]);
}

#[test]
fn what_is_needed_anyway_serves_those_that_have_a_choice() {
    let either = "voximplant.infocall.startwithsound";
    assert_eq!(scopes(&[either]), ["call"]);
    assert_eq!(
        alternatives(&needs(&[either])),
        [("call", vec!["telephony"], vec![either])]
    );
    for methods in [
        [either, "voximplant.user.get"],
        ["voximplant.user.get", either],
    ] {
        assert_eq!(scopes(&methods), ["telephony"]);
        assert_eq!(alternatives(&needs(&methods)), []);
    }
}

#[test]
fn of_names_for_one_thing_a_documented_one_is_asked_for() {
    assert_eq!(scopes(&["tasks.task.access.get"]), ["task"]);
    assert_eq!(scopes(&["sonet_group.create"]), ["sonet_group"]);
    assert_eq!(
        scopes(&["socialnetwork.api.workgroup.get"]),
        ["socialnetwork"]
    );
    let both = ["sonet_group.create", "socialnetwork.api.workgroup.get"];
    assert_eq!(scopes(&both).len(), 1);
}

#[test]
fn scopes_that_are_needed_together_are_all_asked_for() {
    assert_eq!(scopes(&["userfieldconfig.list"]), ["userfieldconfig"]);
    assert_eq!(scopes(&["placement.bind"]), ["placement"]);
}

#[test]
fn what_depends_on_parameters_or_was_inferred_is_listed_apart() {
    let needs = needs(&["placement.bind", "sign.b2e.document.get"]);
    let uncertain: Vec<_> = needs.uncertain.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(uncertain, ["placement.bind", "sign.b2e.document.get"]);
    let text = |code: &str| vec![code.to_owned()];
    assert_eq!(needs.uncertain[0].needed, Some(vec![text("$placement")]));
    assert_eq!(
        needs.uncertain[1].needed,
        Some(vec![text("sign.b2e"), text("crm")])
    );
}

#[test]
fn an_inferred_scope_that_is_asked_for_anyway_is_not_worth_a_word() {
    let found = needs(&["sign.b2e.document.get", "crm.deal.list"]);
    assert_eq!(
        found.uncertain[0].needed,
        Some(vec![vec!["sign.b2e".to_owned()]])
    );
}

#[test]
fn the_version_chooses_the_entry() {
    let of = |version| {
        let methods = ["tasks.task.get", "note.file.get", "crm.deal.list"];
        Requirement::of(Catalogue::bundled(), &methods, &[], version)
    };
    assert_eq!(of(None).unknown, Vec::<String>::new());
    assert_eq!(of(Some(Version::V3)).unknown, ["crm.deal.list"]);
    assert_eq!(of(Some(Version::V2)).unknown, ["note.file.get"]);
}

#[test]
fn unknown_names_are_listed_once_as_they_were_spelled() {
    let found = needs(&[
        "Vendor.Thing",
        "vendor.thing",
        "",
        "crm.deal.lst",
        "\u{1f600}",
    ]);
    assert_eq!(
        found.unknown,
        ["Vendor.Thing", "", "crm.deal.lst", "\u{1f600}"]
    );
    assert_eq!(found.wanted, []);
}

/// One method for each need that leaves a choice, or that bears upon one.
const CHOICES: [&str; 10] = [
    "user.get",
    "user.add",
    "voximplant.infocall.startwithsound",
    "voximplant.user.get",
    "call.followup.get",
    "tasks.task.access.get",
    "tasks.task.add",
    "sonet_group.create",
    "socialnetwork.api.workgroup.get",
    "crm.deal.get",
];

#[test]
fn no_smaller_set_would_do_for_any_choice_of_documented_methods() {
    let groups_of = |name: &str| -> Vec<Vec<&str>> {
        let entry = Catalogue::bundled().get(name, None).unwrap();
        entry.needed().unwrap().map(Iterator::collect).collect()
    };
    for entry in Catalogue::bundled().entries() {
        let mut name = String::new();
        entry.write_name(&mut name);
        let leaves_a_choice = entry
            .needed()
            .is_some_and(|mut groups| groups.any(|group| group.count() > 1));
        if leaves_a_choice && entry.scope_may_deny() {
            let groups = groups_of(&name);
            assert!(
                CHOICES.iter().any(|known| groups_of(known) == groups),
                "{name}"
            );
        }
    }

    let codes = "user user_basic user_brief call telephony task tasks sonet sonet_group \
        socialnetwork crm";
    let codes: Vec<&str> = codes.split_whitespace().collect();
    let meeting = |group: &Vec<&str>| {
        let alone = |code: &str| ScopeSet::parse(code);
        let meets = |code: &str| group.iter().any(|needed| alone(code).meets(needed));
        (0..codes.len()).fold(0_u32, |mask, place| {
            mask | u32::from(meets(codes[place])) << place
        })
    };
    let masks: Vec<Vec<u32>> = CHOICES
        .iter()
        .map(|name| groups_of(name).iter().map(meeting).collect())
        .collect();

    for chosen in 0..1_usize << CHOICES.len() {
        let places: Vec<usize> = (0..CHOICES.len())
            .filter(|place| chosen >> place & 1 == 1)
            .collect();
        let methods: Vec<&str> = places.iter().map(|place| CHOICES[*place]).collect();
        let does = |granted: u32| {
            let mut groups = places.iter().flat_map(|place| &masks[*place]);
            groups.all(|group| group & granted != 0)
        };
        let smallest = (0..1_u32 << codes.len())
            .filter(|granted| does(*granted))
            .map(u32::count_ones)
            .min();
        let asked = scopes(&methods);
        let granted: ScopeSet = asked.iter().collect();
        assert_eq!(smallest, Some(asked.len() as u32), "{methods:?}: {asked:?}");
        let comparison = needs(&methods).compare(&granted);
        assert_eq!(
            (comparison.granted, comparison.missing),
            (asked.clone(), vec![])
        );
        let met = granted
            .iter()
            .map(|code| codes.iter().position(|it| *it == code).unwrap());
        assert!(
            does(met.fold(0, |mask, place| mask | 1 << place)),
            "{methods:?}: {asked:?}"
        );
    }
}

#[test]
fn a_comparison_goes_by_what_will_do() {
    let needs = needs(&[
        "user.get",
        "voximplant.infocall.startwithsound",
        "crm.deal.list",
    ]);
    let comparison = needs.compare(&ScopeSet::parse("user_brief, TELEPHONY disk, app,basic"));
    let texts = |list: &str| ScopeSet::parse(list).iter().map(str::to_owned).collect();
    assert_eq!(
        comparison,
        Comparison {
            granted: texts("call user"),
            missing: texts("crm"),
            unneeded: texts("disk"),
        }
    );
}

#[test]
fn what_is_perhaps_needed_is_neither_missing_nor_in_vain() {
    let needs = needs(&["sign.b2e.document.get"]);
    let comparison = needs.compare(&ScopeSet::parse("sign.b2e,im"));
    assert_eq!(comparison.missing, Vec::<String>::new());
    assert_eq!(comparison.unneeded, ["im"]);
    assert_eq!(
        needs.compare(&ScopeSet::parse("im")).missing,
        Vec::<String>::new()
    );
}

#[test]
fn a_grant_of_several_names_for_one_thing_is_not_in_vain() {
    let needs = Requirement::of_scopes(&ScopeSet::parse("sonet_group,basic"));
    let comparison = needs.compare(&ScopeSet::parse("socialnetwork,sonet"));
    assert_eq!(comparison.granted, ["sonet_group", "basic"]);
    assert_eq!(comparison.unneeded, Vec::<String>::new());
}
