//! Filters of the console as people type them: `rule:facts.contradicted category:"Kitchen > Mugs" age:>2d blue mug`. A filter
//! is an address and a saved queue as well: what is printed is read as the same filter.

use std::fmt;
use std::str::FromStr;

pub use super::age::{Age, AgeUnit};
use skuscribe_check::content::{Severity, State};

/// Longest filter, in bytes.
pub const FILTER_BYTES_MAX: usize = 2_000;
/// Most terms of a filter.
pub const FILTER_TERMS_MAX: usize = 50;
/// The fields that a filter may name, for messages.
const FIELDS: &str = "rule, category, locale, brand, job, state, severity, age, quality or sku";

/// Which documents are meant: all terms have to hold; several of the same field are alternatives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Words and phrases that the product or its texts hold, each of them.
    pub text: Vec<String>,
    /// `sku:AB-17`, or `sku:AB*` for those that begin like this.
    pub sku: Option<String>,
    /// `rule:facts.contradicted`, or `rule:facts` for all rules of a check.
    pub rules: Vec<String>,
    /// `category:"Kitchen > Mugs"`: the category and all below it.
    pub categories: Vec<String>,
    /// `locale:de-DE`.
    pub locales: Vec<String>,
    /// `brand:Acme`.
    pub brands: Vec<String>,
    /// `job:spring`.
    pub jobs: Vec<String>,
    /// `state:held`: a draft waits; `state:published`, `state:deleted`.
    pub state: Option<State>,
    /// `severity:block`: the worst finding of the draft that waits.
    pub severity: Option<Severity>,
    /// `age:>2d`: waits, or is unchanged, for longer than this.
    pub older_than: Option<Age>,
    /// `age:<2d`: not as long as this.
    pub newer_than: Option<Age>,
    /// `quality:<0.60`, in hundredths: the worst of its texts is below this.
    pub quality_below: Option<u8>,
    /// What the person may see, whatever the filter says; not a part of what is printed.
    pub scope: Scope,
}

/// What a person may see: empty for all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// These locales alone.
    pub locales: Vec<String>,
    /// These categories alone, with all below them.
    pub categories: Vec<String>,
}

impl Filter {
    /// Whether it leaves nothing out, scope aside.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        Self { scope: Scope::default(), ..self.clone() } == Self::default()
    }

    fn add(&mut self, field: &str, value: &str) -> Result<(), String> {
        if value.is_empty() {
            return Err(format!("{field}: has no value; write {field}:value"));
        }
        let once = |set: bool| {
            if set { Err(format!("{field}: stands there twice; leave one out")) } else { Ok(()) }
        };
        match field {
            "rule" => self.rules.push(value.to_owned()),
            "category" => self.categories.push(value.to_owned()),
            "locale" => self.locales.push(value.to_owned()),
            "brand" => self.brands.push(value.to_owned()),
            "job" => self.jobs.push(value.to_owned()),
            "sku" => {
                once(self.sku.is_some())?;
                self.sku = Some(value.to_owned());
            }
            "state" => {
                once(self.state.is_some())?;
                self.state = Some(match value {
                    "published" => State::Published,
                    "held" => State::Held,
                    "deleted" => State::Deleted,
                    _ => return Err(format!("state:{value}: a state is published, held or deleted")),
                });
            }
            "severity" => {
                once(self.severity.is_some())?;
                self.severity = Some(match value {
                    "note" => Severity::Note,
                    "hold" => Severity::Hold,
                    "block" => Severity::Block,
                    _ => return Err(format!("severity:{value}: a severity is block, hold or note")),
                });
            }
            "age" => match value.split_at_checked(1) {
                Some((">", age)) => {
                    once(self.older_than.is_some())?;
                    self.older_than = Some(age.parse()?);
                }
                Some(("<", age)) => {
                    once(self.newer_than.is_some())?;
                    self.newer_than = Some(age.parse()?);
                }
                _ => {
                    return Err(format!("age:{value}: write age:>2d for older ones, age:<2d for newer ones"));
                }
            },
            "quality" => {
                once(self.quality_below.is_some())?;
                let below = value.strip_prefix('<').and_then(|below| below.parse::<f64>().ok());
                let below = below.filter(|below| (0.0..=1.0).contains(below));
                let below = below.ok_or_else(|| format!("quality:{value}: write quality:<0.60"))?;
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "between 0 and 100"
                )]
                let hundredths = (below * 100.0).round() as u8;
                self.quality_below = Some(hundredths);
            }
            other => return Err(format!("there is no field {other:?} to filter by; write one of {FIELDS}")),
        }
        Ok(())
    }
}

impl FromStr for Filter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.len() > FILTER_BYTES_MAX {
            return Err(format!("the filter has {} bytes; {FILTER_BYTES_MAX} are allowed", text.len()));
        }
        let mut filter = Self::default();
        for (place, term) in terms(text)?.into_iter().enumerate() {
            if place >= FILTER_TERMS_MAX {
                return Err(format!("the filter has more than {FILTER_TERMS_MAX} terms; leave some out"));
            }
            match term {
                Term::Words(words) => filter.text.push(words),
                Term::Field(field, value) => filter.add(&field, &value)?,
            }
        }
        Ok(filter)
    }
}

enum Term {
    Words(String),
    Field(String, String),
}

/// The terms, separated by white space outside of quotes. A quote within quotes is doubled.
fn terms(text: &str) -> Result<Vec<Term>, String> {
    let mut found = Vec::new();
    let mut characters = text.chars().filter(|character| *character != '\0').peekable();
    loop {
        while characters.next_if(|character| character.is_whitespace()).is_some() {}
        if characters.peek().is_none() {
            return Ok(found);
        }
        let (mut field, mut value, mut quoted) = (None, String::new(), false);
        while let Some(character) = characters.next_if(|character| quoted || !character.is_whitespace()) {
            match character {
                '"' if quoted && characters.next_if_eq(&'"').is_some() => value.push('"'),
                '"' => {
                    // Words in quotes are words, whatever stands in them.
                    if !quoted && field.is_none() && value.is_empty() {
                        field = Some(None);
                    }
                    quoted = !quoted;
                }
                ':' if !quoted && field.is_none() && !value.is_empty() => {
                    field = Some(Some(std::mem::take(&mut value)));
                }
                _ => value.push(character),
            }
        }
        if quoted {
            return Err(format!("{text:?}: a quote is not closed"));
        }
        match field.flatten() {
            Some(field) => found.push(Term::Field(field, value)),
            None if value.trim().is_empty() => {}
            None => found.push(Term::Words(value)),
        }
    }
}

/// A value as it has to be typed.
fn quoted(value: &str) -> String {
    let plain = |character: char| !character.is_whitespace() && character != '"';
    if !value.is_empty() && value.chars().all(plain) {
        return value.to_owned();
    }
    format!("\"{}\"", value.replace('"', "\"\""))
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut terms: Vec<String> = Vec::new();
        let mut add = |field: &str, value: &str| terms.push(format!("{field}:{}", quoted(value)));
        if let Some(state) = self.state {
            let word = match state {
                State::Published => "published",
                State::Held => "held",
                State::Deleted => "deleted",
            };
            add("state", word);
        }
        if let Some(severity) = self.severity {
            let word = match severity {
                Severity::Note => "note",
                Severity::Hold => "hold",
                Severity::Block => "block",
            };
            add("severity", word);
        }
        let lists = [
            ("rule", &self.rules),
            ("category", &self.categories),
            ("locale", &self.locales),
            ("brand", &self.brands),
            ("job", &self.jobs),
        ];
        for (field, values) in lists {
            for value in values {
                add(field, value);
            }
        }
        if let Some(age) = self.older_than {
            add("age", &format!(">{age}"));
        }
        if let Some(age) = self.newer_than {
            add("age", &format!("<{age}"));
        }
        if let Some(below) = self.quality_below {
            add("quality", &format!("<{}.{:02}", below / 100, below % 100));
        }
        if let Some(sku) = &self.sku {
            add("sku", sku);
        }
        for words in &self.text {
            let words = if words.contains(':') {
                format!("\"{}\"", words.replace('"', "\"\""))
            } else {
                quoted(words)
            };
            terms.push(words);
        }
        f.write_str(&terms.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn check(typed: &str, printed: &str) {
        let filter: Filter = typed.parse().unwrap();
        assert_eq!(filter.to_string(), printed, "{typed}");
        assert_eq!(printed.parse::<Filter>().unwrap(), filter, "{typed}");
    }

    #[test]
    fn what_is_printed_is_read_as_the_same_filter() {
        check("", "");
        check("  mug   blue ", "mug blue");
        check("rule:facts.contradicted", "rule:facts.contradicted");
        check("blue category:\"Kitchen > Mugs\" mug", "category:\"Kitchen > Mugs\" blue mug");
        check("age:>2d state:held age:<1w", "state:held age:>2d age:<1w");
        check("locale:de-DE locale:fr-FR brand:Acme", "locale:de-DE locale:fr-FR brand:Acme");
        check("quality:<0.6 severity:block job:spring/1", "severity:block job:spring/1 quality:<0.60");
        check("sku:AB* \"two words\"", "sku:AB* \"two words\"");
        check("\"rule:no field\" \"a:b\"", "\"rule:no field\" \"a:b\"");
        check("brand:\"The \"\"Best\"\"\"", "brand:\"The \"\"Best\"\"\"");
        check("\"12\"\" pan\"", "\"12\"\" pan\"");
        check("quality:<1", "quality:<1.00");
        check(":odd", "\":odd\"");
        check("马克杯 类别", "马克杯 类别");
    }

    #[test]
    fn what_is_no_filter_is_refused_with_what_to_write() {
        let refused = |typed: &str, expected: &str| {
            let error = typed.parse::<Filter>().unwrap_err();
            assert!(error.contains(expected), "{typed}: {error}");
        };
        refused("colour:blue", "there is no field \"colour\"");
        refused("state:gone", "published, held or deleted");
        refused("severity:bad", "block, hold or note");
        refused("age:2d", "age:>2d");
        refused("age:>2y", "30m, 12h, 2d or 1w");
        refused("age:>d", "30m, 12h, 2d or 1w");
        refused("age:>日", "30m, 12h, 2d or 1w");
        refused("age:>4294967296d", "30m, 12h, 2d or 1w");
        refused("quality:<1.5", "quality:<0.60");
        refused("rule:", "has no value");
        refused("state:held state:held", "stands there twice");
        refused("\"open", "not closed");
        refused(&"a ".repeat(60), "more than 50 terms");
        refused(&"a".repeat(2_001), "2000 are allowed");
    }

    #[test]
    fn the_longest_age_is_a_point_in_time_as_well() {
        let now: Timestamp = "2026-11-27T00:00:00Z".parse().unwrap();
        let age: Age = "2d".parse().unwrap();
        assert_eq!(age.before(now).to_string(), "2026-11-25T00:00:00Z");
        assert!("4294967295w".parse::<Age>().unwrap().before(now) < now);
    }
}
