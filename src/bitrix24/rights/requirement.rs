//! What an application has to ask for: the fewest scopes that its methods and events need together,
//! and how they compare with what it was granted.
//!
//! Only what the documentation says for certain is asked for. The rest (a scope that is inferred,
//! one that depends on the parameters, one that nobody wrote down) is listed beside it.

use crate::bitrix24::rights::catalogue::{Catalogue, Pieces};
use crate::bitrix24::rights::method::Version;
use crate::bitrix24::rights::scope::{ScopeSet, aliases, known};

/// The scopes that a program needs.
///
/// ```
/// use callgate::bitrix24::rights::catalogue::Catalogue;
/// use callgate::bitrix24::rights::requirement::Requirement;
/// let methods = ["crm.deal.list", "user.get", "crm.deal.lst"];
/// let needs = Requirement::of(Catalogue::bundled(), &methods, &[], None);
/// assert_eq!(needs.scopes().collect::<Vec<_>>(), ["crm", "user"]);
/// assert_eq!(needs.wanted[1].instead, ["user_basic", "user_brief"]);
/// assert_eq!(needs.unknown, ["crm.deal.lst"]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Requirement {
    /// The scopes to ask for, ordered by their codes.
    pub wanted: Vec<Wanted>,
    /// What those scopes don't meet, and the documentation leaves open.
    pub uncertain: Vec<Uncertain>,
    /// The names that the catalogue doesn't know.
    pub unknown: Vec<String>,
}

/// A scope to ask for.
///
/// ```
/// use callgate::bitrix24::rights::requirement::Wanted;
/// let wanted = Wanted { scope: "call".into(), instead: vec!["telephony".into()], users: vec![] };
/// assert_eq!(wanted.scope, "call");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Its code.
    pub scope: String,
    /// Codes each of which would do as well.
    pub instead: Vec<String>,
    /// The methods and events for which no other scope of the list will do.
    pub users: Vec<String>,
}

/// A method or event whose scopes aren't certain.
///
/// ```
/// use callgate::bitrix24::rights::requirement::Uncertain;
/// let unwritten = Uncertain { name: "event.test".into(), needed: None };
/// assert!(unwritten.needed.is_none());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uncertain {
    /// Its name.
    pub name: String,
    /// What it perhaps needs beside the scopes to ask for: one code of each group. A code with `$`
    /// depends on the parameters. `None`: nobody wrote down what it needs.
    pub needed: Option<Vec<Vec<String>>>,
}

/// A requirement beside a grant.
///
/// ```
/// use callgate::bitrix24::rights::requirement::Comparison;
/// assert!(Comparison::default().missing.is_empty());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// The required scopes that are granted, by their own code or by one that will do.
    pub granted: Vec<String>,
    /// The required scopes that aren't.
    pub missing: Vec<String>,
    /// The granted scopes that nothing requires. Those of every token are never among them.
    pub unneeded: Vec<String>,
}

/// What is needed for certain: one of the codes, the better ones first, by these methods and events.
struct Need<'a> {
    codes: Vec<&'a str>,
    users: Vec<String>,
}

/// What the methods and events need, before it is known which scopes will be asked for.
#[derive(Default)]
struct Needs<'a> {
    certain: Vec<Need<'a>>,
    uncertain: Vec<(String, Option<Vec<Pieces<'a>>>)>,
    seen: Vec<String>,
    unknown: Vec<String>,
}

impl Requirement {
    /// What these methods and events need, in the REST version given (without one: 2 where the
    /// method exists there, else 3). Events are known only to a catalogue with its second tier.
    ///
    /// ```
    /// # use callgate::bitrix24::rights::{catalogue::Catalogue, requirement::Requirement};
    /// let methods = ["userfieldconfig.list", "event.test", "profile"];
    /// let needs = Requirement::of(Catalogue::bundled(), &methods, &[], None);
    /// assert_eq!(needs.scopes().collect::<Vec<_>>(), ["userfieldconfig"]);
    /// assert_eq!(needs.uncertain[0].needed, Some(vec![vec!["$module".to_owned()]]));
    /// assert_eq!((needs.uncertain[1].name.as_str(), &needs.uncertain[1].needed), ("event.test", &None));
    /// ```
    pub fn of(
        catalogue: &Catalogue,
        methods: &[&str],
        events: &[&str],
        version: Option<Version>,
    ) -> Self {
        let mut needs = Needs::default();
        for method in methods {
            let mut name = String::new();
            match catalogue.get(method, version) {
                Some(entry) => {
                    entry.write_name(&mut name);
                    let groups = entry.needed().map(Iterator::collect);
                    let certain = entry.scope_may_deny() || entry.version() == Version::V3;
                    needs.add(name, groups, certain);
                }
                None => needs.add_unknown(method),
            }
        }
        for event in events {
            match catalogue.event(event) {
                Some(event) => {
                    let groups = event.needed().map(Iterator::collect);
                    needs.add(event.name().to_owned(), groups, true);
                }
                None => needs.add_unknown(event),
            }
        }
        needs.settle()
    }

    /// The codes of the scopes to ask for.
    ///
    /// ```
    /// # use callgate::bitrix24::rights::{catalogue::Catalogue, requirement::Requirement};
    /// let needs = Requirement::of(Catalogue::bundled(), &["tasks.task.access.get"], &[], None);
    /// assert!(needs.scopes().eq(["task"]));
    /// ```
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.wanted.iter().map(|wanted| wanted.scope.as_str())
    }

    /// The requirement of a program that names its scopes itself.
    ///
    /// ```
    /// # use callgate::bitrix24::rights::{requirement::Requirement, scope::ScopeSet};
    /// assert!(Requirement::of_scopes(&ScopeSet::parse("crm,im")).scopes().eq(["crm", "im"]));
    /// ```
    pub fn of_scopes(scopes: &ScopeSet) -> Self {
        let wanted = scopes.iter().map(|scope| Wanted {
            scope: scope.to_owned(),
            instead: Vec::new(),
            users: Vec::new(),
        });
        Self {
            wanted: wanted.collect(),
            ..Self::default()
        }
    }

    /// Which of the required scopes are granted and which aren't, and what is granted in vain. A
    /// scope that is perhaps needed is neither missing nor in vain.
    ///
    /// ```
    /// # use callgate::bitrix24::rights::{requirement::Requirement, scope::ScopeSet};
    /// let needs = Requirement::of_scopes(&ScopeSet::parse("user,crm"));
    /// let comparison = needs.compare(&ScopeSet::parse("user_brief,disk"));
    /// assert_eq!(comparison.granted, ["user"]);
    /// assert_eq!(comparison.missing, ["crm"]);
    /// assert_eq!(comparison.unneeded, ["disk"]);
    /// ```
    pub fn compare(&self, granted: &ScopeSet) -> Comparison {
        let mut comparison = Comparison::default();
        for wanted in &self.wanted {
            let is_met = wanted.codes().any(|code| granted.meets(code));
            let list = match is_met {
                true => &mut comparison.granted,
                false => &mut comparison.missing,
            };
            list.push(wanted.scope.clone());
        }
        let uncertain = self.uncertain.iter().filter_map(|it| it.needed.as_ref());
        let perhaps: Vec<&String> = uncertain.flatten().flatten().collect();
        for own in granted.iter() {
            let alone: ScopeSet = [own].into_iter().collect();
            let mut required = self.wanted.iter().flat_map(Wanted::codes);
            let needed = required.any(|code| alone.meets(code))
                || perhaps.iter().any(|code| alone.meets(code));
            if !needed && !is_every_tokens(own) {
                comparison.unneeded.push(own.to_owned());
            }
        }
        comparison
    }
}

impl Wanted {
    fn codes(&self) -> impl Iterator<Item = &str> {
        let instead = self.instead.iter().map(String::as_str);
        std::iter::once(self.scope.as_str()).chain(instead)
    }
}

impl<'a> Needs<'a> {
    /// Whether this name is new here.
    fn is_new(&mut self, name: &str) -> bool {
        let same = |seen: &String| seen.eq_ignore_ascii_case(name);
        let is_new = !self.seen.iter().any(same);
        if is_new {
            self.seen.push(name.to_owned());
        }
        is_new
    }

    fn add_unknown(&mut self, name: &str) {
        if self.is_new(name) {
            self.unknown.push(name.to_owned());
        }
    }

    fn add(&mut self, name: String, groups: Option<Vec<Pieces<'a>>>, is_certain: bool) {
        if !self.is_new(&name) {
            return;
        }
        let Some(groups) = groups else {
            self.uncertain.push((name, None));
            return;
        };
        // A variable makes its own group uncertain, and not the others.
        let has_variable = groups.iter().any(is_variable);
        let mut open = Vec::new();
        for group in groups {
            if is_variable(&group) || !(is_certain || has_variable) {
                open.push(group);
            } else if !group.clone().any(is_every_tokens) {
                self.add_certain(&name, candidates(group));
            }
        }
        if !open.is_empty() {
            self.uncertain.push((name, Some(open)));
        }
    }

    fn add_certain(&mut self, name: &str, codes: Vec<&'a str>) {
        match self.certain.iter_mut().find(|need| need.codes == codes) {
            Some(need) => need.users.push(name.to_owned()),
            None => self.certain.push(Need {
                codes,
                users: vec![name.to_owned()],
            }),
        }
    }

    fn settle(self) -> Requirement {
        let chosen = self.choose();
        let wanted = chosen.iter().map(|scope| self.wanted(scope, &chosen));
        let wanted: Vec<Wanted> = wanted.collect();
        let granted: ScopeSet = chosen.into_iter().collect();
        let uncertain = self.uncertain.into_iter().filter_map(|(name, groups)| {
            let Some(groups) = groups else {
                return Some(Uncertain { name, needed: None });
            };
            let open = groups
                .into_iter()
                .filter(|group| !group.clone().any(|code| granted.meets(code)));
            let open = open.map(|group| group.map(str::to_owned).collect());
            let needed: Vec<Vec<String>> = open.collect();
            let needed = (!needed.is_empty()).then_some(needed)?;
            Some(Uncertain {
                name,
                needed: Some(needed),
            })
        });
        Requirement {
            wanted,
            uncertain: uncertain.collect(),
            unknown: self.unknown,
        }
    }

    /// The fewest codes that meet every need, in order: the need with the smallest choice chooses
    /// first, what meets most of the open needs; of equals, the better. That this is the fewest
    /// holds for the needs of documented methods, which a test goes through.
    fn choose(&self) -> Vec<&'a str> {
        let mut chosen: Vec<&'a str> = Vec::new();
        loop {
            let is_open = |need: &&Need<'a>| !chosen.iter().any(|code| need.codes.contains(code));
            let open: Vec<&Need<'a>> = self.certain.iter().filter(is_open).collect();
            let mut best = None;
            let narrowest = open.iter().min_by_key(|need| need.codes.len());
            for code in narrowest.iter().flat_map(|need| &need.codes) {
                let met = open.iter().filter(|need| need.codes.contains(code)).count();
                if best.is_none_or(|(most, _)| met > most) {
                    best = Some((met, *code));
                }
            }
            let Some((_, code)) = best else {
                chosen.sort_unstable();
                return chosen;
            };
            chosen.push(code);
        }
    }

    fn wanted(&self, scope: &str, chosen: &[&str]) -> Wanted {
        let mut instead: Option<Vec<&str>> = None;
        let mut users = Vec::new();
        for need in &self.certain {
            let by_others = chosen.iter().filter(|code| **code != scope);
            if by_others.into_iter().any(|code| need.codes.contains(code))
                || !need.codes.contains(&scope)
            {
                continue;
            }
            users.extend_from_slice(&need.users);
            let others = need.codes.iter().copied().filter(|code| *code != scope);
            instead = Some(match instead {
                None => others.collect(),
                Some(before) => others.filter(|code| before.contains(code)).collect(),
            });
        }
        let instead = instead.unwrap_or_default().into_iter();
        Wanted {
            scope: scope.to_owned(),
            instead: instead.map(str::to_owned).collect(),
            users,
        }
    }
}

/// The codes with which a group can be met, the better ones first. Its own, and those that mean the
/// same; of these only what the documentation lists, where it lists any.
fn candidates(group: Pieces<'_>) -> Vec<&str> {
    let mut codes: Vec<&str> = group.clone().collect();
    for code in group {
        for alias in aliases(code) {
            if !codes.contains(&alias) {
                codes.push(alias);
            }
        }
    }
    let is_listed = |code: &str| known(code).is_some_and(|scope| scope.listed);
    if codes.iter().any(|code| is_listed(code)) {
        codes.retain(|code| is_listed(code));
    }
    codes
}

fn is_variable(group: &Pieces<'_>) -> bool {
    group.clone().any(|code| code.starts_with('$'))
}

/// Whether every token has it, so that nobody asks for it.
fn is_every_tokens(code: &str) -> bool {
    ["basic", "app"]
        .iter()
        .any(|every| code.eq_ignore_ascii_case(every))
}
