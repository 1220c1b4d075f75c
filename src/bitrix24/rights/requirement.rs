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
struct Need {
    codes: Vec<String>,
    users: Vec<String>,
}

impl Need {
    fn is_met(&self, chosen: &[String]) -> bool {
        self.codes.iter().any(|code| chosen.contains(code))
    }
}

/// What the methods and events need, before it is known which scopes will be asked for.
#[derive(Default)]
struct Needs {
    certain: Vec<Need>,
    uncertain: Vec<Uncertain>,
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
    pub fn of<T: AsRef<str>>(
        catalogue: &Catalogue,
        methods: &[T],
        events: &[T],
        version: Option<Version>,
    ) -> Self {
        let mut needs = Needs::default();
        for method in methods {
            let Some(entry) = catalogue.get(method.as_ref(), version) else {
                needs.add_unknown(method.as_ref());
                continue;
            };
            let mut name = String::new();
            entry.write_name(&mut name);
            let is_certain = entry.scope_may_deny() || entry.version() == Version::V3;
            needs.add(&name, entry.needed().map(groups_of), is_certain);
        }
        for event in events {
            match catalogue.event(event.as_ref()) {
                Some(event) => needs.add(event.name(), event.needed().map(groups_of), true),
                None => needs.add_unknown(event.as_ref()),
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
        let mut required = Self::default();
        for scope in scopes.iter() {
            required.wanted.push(Wanted {
                scope: scope.to_owned(),
                instead: Vec::new(),
                users: Vec::new(),
            });
        }
        required
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
            let is_met = granted.meets(&wanted.scope) || meets_any(granted, &wanted.instead);
            let list = match is_met {
                true => &mut comparison.granted,
                false => &mut comparison.missing,
            };
            list.push(wanted.scope.clone());
        }
        for own in granted.iter() {
            if !self.has_use_for(own) {
                comparison.unneeded.push(own.to_owned());
            }
        }
        comparison
    }

    fn has_use_for(&self, scope: &str) -> bool {
        let alone = ScopeSet::parse(scope);
        for wanted in &self.wanted {
            if alone.meets(&wanted.scope) || meets_any(&alone, &wanted.instead) {
                return true;
            }
        }
        for uncertain in &self.uncertain {
            for group in uncertain.needed.iter().flatten() {
                if meets_any(&alone, group) {
                    return true;
                }
            }
        }
        is_every_tokens(scope)
    }
}

impl Needs {
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

    fn add(&mut self, name: &str, groups: Option<Vec<Vec<String>>>, is_certain: bool) {
        if !self.is_new(name) {
            return;
        }
        let mut uncertain = Uncertain {
            name: name.to_owned(),
            needed: None,
        };
        if let Some(groups) = groups {
            // A variable makes its own group uncertain, and not the others.
            let is_certain = is_certain || groups.iter().any(|group| is_variable(group));
            let mut open = Vec::new();
            for group in groups {
                if is_variable(&group) || !is_certain {
                    open.push(group);
                } else if !group.iter().any(|code| is_every_tokens(code)) {
                    self.add_certain(name, candidates(group));
                }
            }
            uncertain.needed = Some(open);
        }
        self.uncertain.push(uncertain);
    }

    fn add_certain(&mut self, name: &str, codes: Vec<String>) {
        for need in &mut self.certain {
            if need.codes == codes {
                need.users.push(name.to_owned());
                return;
            }
        }
        let users = vec![name.to_owned()];
        self.certain.push(Need { codes, users });
    }

    fn settle(self) -> Requirement {
        let chosen = self.choose();
        let granted = ScopeSet::from_iter(&chosen);
        let mut wanted = Vec::new();
        for scope in &chosen {
            wanted.push(self.wanted(scope, &chosen));
        }
        let mut uncertain = self.uncertain;
        uncertain.retain_mut(|it| match &mut it.needed {
            Some(groups) => {
                groups.retain(|group| !meets_any(&granted, group));
                !groups.is_empty()
            }
            None => true,
        });
        Requirement {
            wanted,
            uncertain,
            unknown: self.unknown,
        }
    }

    /// The fewest codes that meet every need, in order: one open need after the other takes, of its
    /// codes, what meets most of the open needs; of equals, the better. That this is the fewest holds
    /// for the needs of documented methods, which a test goes through.
    fn choose(&self) -> Vec<String> {
        let mut chosen: Vec<String> = Vec::new();
        loop {
            let open = self.certain.iter().find(|need| !need.is_met(&chosen));
            let (mut best, mut most) = (None, 0);
            for code in open.map_or(&[][..], |need| &need.codes) {
                let mut met = 0;
                for need in &self.certain {
                    met += usize::from(!need.is_met(&chosen) && need.codes.contains(code));
                }
                if met > most {
                    (best, most) = (Some(code), met);
                }
            }
            let Some(code) = best else {
                return chosen;
            };
            let place = chosen.iter().position(|other| other > code);
            chosen.insert(place.unwrap_or(chosen.len()), code.clone());
        }
    }

    fn wanted(&self, scope: &String, chosen: &[String]) -> Wanted {
        let mut instead: Option<Vec<String>> = None;
        let mut users = Vec::new();
        for need in &self.certain {
            let is_others = |code: &String| code != scope && need.codes.contains(code);
            if !need.codes.contains(scope) || chosen.iter().any(is_others) {
                continue;
            }
            users.extend_from_slice(&need.users);
            let before = instead.get_or_insert_with(|| need.codes.clone());
            before.retain(|code| code != scope && need.codes.contains(code));
        }
        Wanted {
            scope: scope.clone(),
            instead: instead.unwrap_or_default(),
            users,
        }
    }
}

/// Groups of codes, to keep.
pub(crate) fn groups_of<'a>(groups: impl Iterator<Item = Pieces<'a>>) -> Vec<Vec<String>> {
    let mut owned = Vec::new();
    for group in groups {
        let mut codes = Vec::new();
        for code in group {
            codes.push(code.to_owned());
        }
        owned.push(codes);
    }
    owned
}

/// The codes with which a group can be met, the better ones first. Its own, and those that mean the
/// same; of these only what the documentation lists, where it lists any.
fn candidates(group: Vec<String>) -> Vec<String> {
    let mut codes = group.clone();
    for code in &group {
        for alias in aliases(code) {
            if !codes.iter().any(|code| code == alias) {
                codes.push(alias.to_owned());
            }
        }
    }
    let is_listed = |code: &String| known(code).is_some_and(|scope| scope.listed);
    if codes.iter().any(is_listed) {
        codes.retain(is_listed);
    }
    codes
}

fn meets_any(granted: &ScopeSet, codes: &[String]) -> bool {
    codes.iter().any(|code| granted.meets(code))
}

fn is_variable(group: &[String]) -> bool {
    group.iter().any(|code| code.starts_with('$'))
}

/// Whether every token has it, so that nobody asks for it.
fn is_every_tokens(code: &str) -> bool {
    code.eq_ignore_ascii_case("basic") || code.eq_ignore_ascii_case("app")
}
