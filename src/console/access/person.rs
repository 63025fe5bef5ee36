//! A person, with the role and the part of the catalog that they decide on.

use serde::Deserialize;

use skuscribe_check::product::Locale;

/// What a person may do; each role may do what those before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Look.
    Viewer,
    /// Decide on texts.
    Reviewer,
    /// Start and stop jobs, replay dead letters.
    Operator,
    /// See the settings and the log of decisions of everybody.
    Admin,
}

impl Role {
    /// The role's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Reviewer => "reviewer",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }
}

impl std::str::FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Viewer, Self::Reviewer, Self::Operator, Self::Admin]
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or_else(|| format!("{text:?} is no role; write one of viewer, reviewer, operator, admin"))
    }
}

/// A person who uses the console.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The name that stands with each decision.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Categories that they see, as paths such as `Gear > Bags`; empty for all.
    pub categories: Vec<String>,
    /// Languages or locales that they see; empty for all.
    pub locales: Vec<String>,
}

impl Person {
    /// Whether they may do what a role may.
    #[must_use]
    pub fn may(&self, role: Role) -> bool {
        self.role >= role
    }

    /// Whether a product's category and a locale are theirs.
    #[must_use]
    pub fn sees(&self, category: &[String], locale: &Locale) -> bool {
        self.sees_category(category) && self.sees_locale(locale)
    }

    /// Whether a category is theirs.
    #[must_use]
    pub fn sees_category(&self, category: &[String]) -> bool {
        self.categories.is_empty()
            || self.categories.iter().any(|theirs| {
                let theirs: Vec<&str> = theirs.split('>').map(str::trim).collect();
                theirs.len() <= category.len()
                    && theirs.iter().zip(category).all(|(theirs, path)| theirs.eq_ignore_ascii_case(path))
            })
    }

    /// Whether a locale is theirs.
    #[must_use]
    pub fn sees_locale(&self, locale: &Locale) -> bool {
        let is_theirs = |theirs: &String| {
            theirs.eq_ignore_ascii_case(&locale.to_string()) || theirs.eq_ignore_ascii_case(locale.language())
        };
        self.locales.is_empty() || self.locales.iter().any(is_theirs)
    }

    /// Whether they see everything.
    #[must_use]
    pub fn sees_all(&self) -> bool {
        self.categories.is_empty() && self.locales.is_empty()
    }
}

/// Who a request comes from.
#[derive(Clone, Debug)]
pub(in crate::console) struct Visitor {
    /// The person.
    pub person: Person,
    /// What their forms must carry; empty where a token came with the request itself.
    pub csrf: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(categories: &[&str], locales: &[&str]) -> Person {
        let own = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        Person {
            name: "ann".to_owned(),
            role: Role::Reviewer,
            categories: own(categories),
            locales: own(locales),
        }
    }

    #[test]
    fn a_person_sees_the_categories_and_locales_of_their_token_and_those_below_them() {
        let (german, english): (Locale, Locale) = ("de-DE".parse().unwrap(), "en-US".parse().unwrap());
        let path = |path: &str| -> Vec<String> { path.split('>').map(str::to_owned).collect() };
        let bags = person(&["Gear > Bags"], &["de"]);
        assert!(bags.sees(&path("Gear>Bags>Totes"), &german));
        assert!(!bags.sees(&path("Gear>Bags"), &english));
        assert!(!bags.sees(&path("Gear"), &german));
        assert!(!bags.sees(&[], &german));
        assert!(person(&[], &[]).sees(&[], &english));
        assert!(person(&[], &["en-us"]).sees(&[], &english));
    }

    #[test]
    fn a_role_may_do_what_those_below_it_may() {
        assert!(person(&[], &[]).may(Role::Viewer) && person(&[], &[]).may(Role::Reviewer));
        assert!(!person(&[], &[]).may(Role::Operator));
        assert!("owner".parse::<Role>().unwrap_err().contains("viewer, reviewer"));
    }
}
