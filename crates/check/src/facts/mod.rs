//! What a text states, against what the product's facts state: each statement is supported, refuted, not stated, or cannot be
//! looked up.

mod attribute;
mod capitals;
mod dates;
mod denied;
mod features;
mod lemma;
mod levels;
mod lexicon;
mod lexicon_file;
mod named_values;
mod naming;
mod negation;
mod of_what;
mod phrases;
mod predicates;
mod quantities;
mod read;
mod reader;
mod reading;
mod sheet;
mod statement;
mod stray;
mod terms;
mod tokens;
mod vocabulary;
mod words;

pub(crate) use attribute::{begins_with_no, spaced};
pub(crate) use lemma::Lemma;
pub(crate) use naming::{Naming, naming};
pub(crate) use quantities::measures;
pub(crate) use read::read;
pub(crate) use reading::{ReadWord, Reading};
pub(crate) use sheet::FactSheet;
pub(crate) use statement::{Decision, Modality, Statement};

use crate::config::check::CheckConfig;
use crate::content::{Finding, Span};
use lexicon::{Languages, Role};
use tokens::Tokens;

/// The words of a text, as they are compared.
pub(crate) fn words(text: &str) -> Vec<String> {
    words::spans(text)
        .into_iter()
        .filter_map(|(start, end)| text.get(start..end).map(lemma::folded))
        .collect()
}

/// Whether any word of a text is denied.
pub(crate) fn denies(text: &str) -> bool {
    Tokens::new(text, Languages::ALL).words.iter().any(|word| word.denied)
}

/// The words of a text that say something and that no fact has, as they are compared.
pub(crate) fn novel(sheet: &FactSheet, text: &str) -> Vec<String> {
    let tokens = Tokens::new(text, Languages::ALL);
    let new = tokens.words.iter().filter(|word| !word.is(Role::Function) && !sheet.known.covers(word));
    new.map(|word| lemma::folded(word.text)).collect()
}

/// One finding for each statement of a text that counts and that no attribute supports.
pub(crate) fn findings(
    sheet: &FactSheet,
    text: &str,
    reading: &Reading,
    policy: &CheckConfig,
    counts: impl Fn(&Statement) -> bool,
) -> Vec<Finding> {
    let mut places = Places { text, byte: 0, character: 0 };
    let finding = |statement: &Statement| {
        let (rule, severity) = match statement.decision {
            Decision::Refuted(_) => ("facts.contradicted", policy.facts_contradicted),
            Decision::NotCheckable => ("facts.not_checkable", policy.facts_not_checkable),
            _ => ("facts.unsupported", policy.unsupported(statement.kind)),
        };
        Finding {
            rule: rule.to_owned(),
            kind: Some(statement.kind.to_string()),
            severity,
            recipe: String::new(),
            at: String::new(),
            span: Some(Span { start: places.of(statement.start), end: places.of(statement.end) }),
            message: statement.message.clone(),
            evidence: statement
                .attribute()
                .map(|attribute| sheet.name(attribute).to_owned())
                .into_iter()
                .collect(),
        }
    };
    let supported = |statement: &Statement| matches!(statement.decision, Decision::Supported(_));
    reading
        .statements
        .iter()
        .filter(|statement| !supported(statement) && counts(statement))
        .map(finding)
        .collect()
}

/// Counts characters up to bytes that only grow, so that a text is read once.
struct Places<'a> {
    text: &'a str,
    byte: usize,
    character: usize,
}

impl Places<'_> {
    fn of(&mut self, byte: usize) -> usize {
        self.character += self.text.get(self.byte..byte).map_or(0, |part| part.chars().count());
        self.byte = byte;
        self.character
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::product::{Facts, Product};

    /// Rules and words of what is found in a text about a bottle whose facts are in English.
    fn check(language: &str, text: &str, expected: &[&str]) {
        let product: Product = serde_json::from_value(serde_json::json!({
            "sku": "B1", "title": "Fjord Bottle", "brand": "Acme", "attributes": {
                "material": "stainless steel", "capacity": "750 ml", "weight": "320 g", "color": ["Blue", "Black"],
                "dishwasher_safe": true, "bpa_free": "yes", "insulated": "double-walled", "made_in": "Sweden",
                "warranty": "2 years", "microwave_safe": false
            }
        }))
        .unwrap();
        let facts = Facts::select(&product, |_| true);
        let sheet = FactSheet::of(&facts);
        let reading = read(sheet, text, Some(language));
        let found: Vec<String> = reading
            .faults()
            .map(|statement| {
                let how = if statement.is_refuted() { "contradicted" } else { "unsupported" };
                format!("{how} {}", &text[statement.start..statement.end])
            })
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn true_copy_passes_in_every_language() {
        check(
            "en",
            "The Fjord Bottle by Acme is made of stainless steel in Sweden. It holds 0.75 l, weighs 320 g and comes in blue and black, with a two-year warranty.",
            &[],
        );
        check(
            "de",
            "Die Fjord Bottle von Acme ist aus Edelstahl und fasst 750 ml. Sie hat eine doppelte Wand, wiegt 320 g und kommt aus Schweden; in Blau oder Schwarz, mit zwei Jahren Garantie. Sie ist spülmaschinenfest, aber nicht für die Mikrowelle geeignet.",
            &[],
        );
        check(
            "fr",
            "La Fjord Bottle d'Acme est en acier inox et contient 75 cl. Elle pèse 320 g, existe en bleu et en noir, et vient de Suède, avec une garantie de deux ans.",
            &[],
        );
        check(
            "es",
            "La botella Fjord de Acme es de acero inoxidable y tiene una capacidad de 750 ml. Pesa 320 g, viene en azul y negro y está hecha en Suecia, con garantía de dos años.",
            &[],
        );
        check(
            "zh",
            "Acme Fjord 水瓶采用不锈钢制成，容量为750毫升，重320克，有蓝色和黑色可选，产自瑞典，保修两年。",
            &[],
        );
        check(
            "ja",
            "AcmeのFjordボトルはステンレス製で、容量は750ml、重さは320gです。ブルーとブラックがあり、スウェーデン製です。電子レンジには対応していません。",
            &[],
        );
    }

    #[test]
    fn false_copy_is_found_in_every_language() {
        check(
            "en",
            "A titanium bottle from Norway that holds 1 l.",
            &["contradicted titanium", "contradicted Norway", "contradicted 1 l"],
        );
        check(
            "de",
            "Aus Titan, fasst 1 Liter, mikrowellengeeignet und die beste.",
            &[
                "contradicted Titan",
                "contradicted 1 Liter",
                "contradicted mikrowellengeeignet",
                "unsupported beste",
            ],
        );
        check(
            "fr",
            "En titane, fabriquée en Norvège, elle pèse 400 g.",
            &["contradicted titane", "contradicted Norvège", "contradicted 400 g"],
        );
        check(
            "es",
            "Hecha de titanio, pesa 400 g y es vegana.",
            &["contradicted titanio", "contradicted 400 g", "unsupported vegana"],
        );
        check(
            "zh",
            "采用钛制成，容量为500毫升，产自挪威。",
            &["contradicted 钛", "contradicted 500毫升", "contradicted 挪威"],
        );
        check(
            "ja",
            "チタン製で、容量は500mlです。世界一の軽さです。",
            &["contradicted チタン", "contradicted 500ml", "unsupported 世界一"],
        );
    }
}
