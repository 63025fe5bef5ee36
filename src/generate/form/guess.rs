//! What may be tried after a refusal that names nothing. Pure.

use super::remedy::{RefusedRequest, Remedy};
use super::{Adaptation, SystemRole, schema};
use crate::generate::structured::Structured;

/// What may be tried after a refusal that names nothing: less and less is asked of the server. `whole` is that nothing was
/// ever accepted, so that any part may be to blame; else only the schema is, which no accepted request had.
pub(in crate::generate) fn guesses(sent: RefusedRequest<'_>, status: u16, whole: bool) -> Vec<Remedy> {
    let form = sent.form;
    let mut guesses = Vec::new();
    let ways: Remedy = form
        .ways
        .iter()
        .filter(|way| **way != Structured::Prompt)
        .map(|way| Adaptation::NotStructured(*way))
        .collect();
    if status < 500 && !whole && form.way() == Structured::JsonSchema {
        guesses.extend(plain_schema(sent));
    }
    guesses.extend((1..=ways.len()).filter_map(|count| Some(ways.get(..count)?.to_vec())));
    if whole && status < 500 {
        let parameters: Remedy = form.parameters.keys().cloned().map(Adaptation::Without).collect();
        let caps: Remedy = form.cap_names.iter().cloned().map(Adaptation::Without).collect();
        let cap: Remedy = caps.first().cloned().into_iter().collect();
        let role = if matches!(form.role, SystemRole::System | SystemRole::Developer) {
            vec![Adaptation::Role(SystemRole::User)]
        } else {
            Vec::new()
        };
        let all = [ways, parameters.clone(), caps.clone(), role.clone()].concat();
        guesses.extend([parameters, cap, caps, role, all].into_iter().filter(|guess| !guess.is_empty()));
    }
    guesses
}

/// The schema without all that it can go without, but for its descriptions.
pub(super) fn plain_schema(sent: RefusedRequest<'_>) -> Option<Remedy> {
    let left = schema::keywords(sent.schema).into_iter();
    let left = left.filter(|keyword| !matches!(*keyword, "description" | "title" | "enum"));
    let left: Remedy = left
        .filter(|keyword| !sent.form.schema_without.contains(*keyword))
        .map(|keyword| Adaptation::SchemaWithout(keyword.to_owned()))
        .collect();
    (!left.is_empty()).then_some(left)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::generate::form::RequestForm;

    const SCHEMA: &str = r#"{"type":"array","items":{"type":"string"},"minItems":1}"#;

    #[test]
    fn guesses_ask_for_less_and_less_and_end() {
        let form = RequestForm::start(&Config::defaults().unwrap().model, None);
        let sent = RefusedRequest { form: &form, cap: 100, schema: SCHEMA };
        let of = |status, whole| guesses(sent, status, whole);
        assert_eq!(of(500, true).len(), 3, "the three ways");
        assert!(matches!(of(400, false).first().unwrap().first(), Some(Adaptation::SchemaWithout(_))));
        assert_eq!(of(400, false).len(), 4);
        assert!(of(400, true).last().unwrap().len() >= 5, "all at once, last");
        let bare = RequestForm { ways: vec![Structured::Prompt], ..form.clone() };
        assert!(guesses(RefusedRequest { form: &bare, ..sent }, 400, false).is_empty());
    }
}
