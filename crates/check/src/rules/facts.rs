//! facts: some attribute must support every statement; a wrong answer of a quiz must not be true.

use super::Subject;
use crate::content::Finding;
use crate::facts::{Modality, Statement, findings};

/// One finding for each statement that the facts do not support, and for each wrong answer that they do.
pub(super) fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let mut all = Vec::new();
    for (text, reading) in &subject.texts {
        let (recipe, at) = (&subject.recipe.name, &text.at);
        if subject.is_untrue(at) {
            if reading.faults().next().is_none() && !reading.supports.is_empty() {
                let message = "the facts support this answer, which is to be wrong".to_owned();
                all.push(subject.finding("facts.true", subject.policy.facts_contradicted, at, message));
            }
            continue;
        }
        // A question of a FAQ entry asks; what it takes for granted must not be refuted, and it is about the product.
        let asks = text.at.ends_with("/question");
        let strays = asks && reading.supports.is_empty();
        let counts = |statement: &Statement| match statement.modality {
            _ if !asks => true,
            Modality::Asserted => true,
            Modality::Presupposed => statement.is_refuted() || strays,
            Modality::Asked => !statement.is_refuted() && strays,
        };
        let of_text = findings(subject.sheet, text.text, reading, subject.policy, counts).into_iter();
        all.extend(of_text.map(|finding| Finding { recipe: recipe.clone(), at: at.clone(), ..finding }));
    }
    all
}
