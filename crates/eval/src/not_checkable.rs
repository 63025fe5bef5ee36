//! What the checks say that they cannot check, by language.

use std::collections::BTreeMap;

use skuscribe_check::content::Finding;
use skuscribe_check::texts::language;

/// The rule of statements that cannot be looked up in the facts.
const RULE: &str = "facts.not_checkable";

/// Texts, and statements that cannot be checked, by language.
#[derive(Default)]
pub(crate) struct NotCheckable(BTreeMap<String, [usize; 3]>);

impl NotCheckable {
    pub(crate) fn add(&mut self, locale: Option<&str>, findings: &[Finding]) {
        let [texts, touched, statements] =
            self.0.entry(locale.map_or("unknown", language).to_owned()).or_default();
        let found = findings.iter().filter(|finding| finding.rule == RULE).count();
        *texts += 1;
        *touched += usize::from(found > 0);
        *statements += found;
    }

    /// Prints how many statements cannot be checked, language by language.
    pub(crate) fn print(&self) {
        let by_language = self.0.iter().map(|(language, [texts, touched, statements])| {
            format!("{language} {statements} in {touched} of {texts} texts")
        });
        println!("  not checkable: {}", by_language.collect::<Vec<_>>().join("; "));
    }
}

#[cfg(test)]
mod tests {
    use skuscribe_check::content::Severity;

    use super::*;

    #[test]
    fn what_cannot_be_checked_is_counted_by_language() {
        let finding = |rule: &str| Finding {
            rule: rule.to_owned(),
            kind: None,
            severity: Severity::Note,
            recipe: String::new(),
            at: String::new(),
            span: None,
            message: String::new(),
            evidence: Vec::new(),
        };
        let mut counted = NotCheckable::default();
        counted.add(Some("de-DE"), &[finding(RULE), finding(RULE), finding("facts.unsupported")]);
        counted.add(Some("de"), &[]);
        counted.add(None, &[]);
        assert_eq!(counted.0.get("de"), Some(&[2, 1, 2]));
        assert_eq!(counted.0.get("unknown"), Some(&[1, 0, 0]));
    }
}
