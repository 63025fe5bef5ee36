//! Shoppers' questions with what people said of each attribute: whether the right one is found, and whether what no
//! attribute answers is refused.

use serde::Deserialize;
use skuscribe_check::product::Value;

/// A question with the attributes of its product.
#[derive(Debug, Deserialize)]
pub struct LabelledQuestion {
    question: String,
    attributes: Vec<LabelledAttribute>,
    answerable: bool,
}

#[derive(Debug, Deserialize)]
struct LabelledAttribute {
    name: String,
    value: String,
    answers: bool,
}

#[derive(Default)]
struct QuestionCounts {
    right: usize,
    wrong: usize,
    refused_wrongly: usize,
    refused_rightly: usize,
    answered_wrongly: usize,
}

/// Prints how often the attribute with the highest score answers. `scorer` takes a question apart once and gives the score
/// of an attribute, where it is high enough to answer.
pub fn evaluate<Score>(
    name: &str,
    lines: &[LabelledQuestion],
    disagreements: bool,
    scorer: impl Fn(&str) -> Score,
) where
    Score: Fn(&str, &Value) -> Option<f64>,
{
    let mut counts = QuestionCounts::default();
    let started = std::time::Instant::now();
    for line in lines {
        let score = scorer(&line.question);
        let candidates = line.attributes.iter().filter_map(|attribute| {
            Some((score(&attribute.name, &Value::Text(attribute.value.clone()))?, attribute))
        });
        let best = candidates.max_by(|left, right| left.0.total_cmp(&right.0));
        let is_right = best.is_some_and(|(_, attribute)| attribute.answers);
        *match (best.is_some(), line.answerable) {
            (true, true) if is_right => &mut counts.right,
            (true, true) => &mut counts.wrong,
            (false, true) => &mut counts.refused_wrongly,
            (false, false) => &mut counts.refused_rightly,
            (true, false) => &mut counts.answered_wrongly,
        } += 1;
        if disagreements && !is_right && (best.is_some() || line.answerable) {
            let answer = best.map_or_else(
                || "refused".to_owned(),
                |(score, attribute)| format!("{} ({score:.2})", attribute.name),
            );
            println!("  {answer}: {}", line.question);
        }
    }
    println!(
        "{name}: {} questions, {:.0} a second on one core",
        lines.len(),
        lines.len() as f64 / started.elapsed().as_secs_f64()
    );
    counts.print();
}

impl QuestionCounts {
    fn print(&self) {
        let answerable = self.right + self.wrong + self.refused_wrongly;
        let unanswerable = self.refused_rightly + self.answered_wrongly;
        let percent = |part: usize, whole: usize| part as f64 / whole.max(1) as f64 * 100.0;
        println!(
            "  of {answerable} that an attribute answers: {:.1} % from a right one, {:.1} % from another, {:.1} % refused wrongly",
            percent(self.right, answerable),
            percent(self.wrong, answerable),
            percent(self.refused_wrongly, answerable)
        );
        println!(
            "  of {unanswerable} that none answers: {:.1} % refused rightly\n",
            percent(self.refused_rightly, unanswerable)
        );
    }
}
