//! Shoppers' questions beside what people said of each attribute: whether the right one is found, and whether what no
//! attribute answers is refused.

use serde::Deserialize;

use crate::answers::relevance::{ANSWERS_MIN, Question, score};
use skuscribe_check::product::Value;

/// A question with the attributes of its product.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    question: String,
    attributes: Vec<Marked>,
    answerable: bool,
}

#[derive(Debug, Deserialize)]
struct Marked {
    name: String,
    value: String,
    answers: bool,
}

pub(super) fn evaluate(name: &str, lines: &[Asked], disagreements: bool) {
    let (mut right, mut wrong, mut refused_wrongly, mut refused_rightly, mut answered_wrongly) =
        (0, 0, 0, 0, 0);
    let started = std::time::Instant::now();
    for line in lines {
        let question = Question::new(&line.question);
        let scored = line
            .attributes
            .iter()
            .map(|own| (score(&question, &own.name, &Value::Text(own.value.clone())), own));
        let best = scored
            .max_by(|left, right| left.0.total_cmp(&right.0))
            .filter(|(score, _)| *score >= ANSWERS_MIN);
        let count = match (best, line.answerable) {
            (Some((_, own)), true) if own.answers => &mut right,
            (Some(_), true) => &mut wrong,
            (None, true) => &mut refused_wrongly,
            (None, false) => &mut refused_rightly,
            (Some(_), false) => &mut answered_wrongly,
        };
        *count += 1;
        if disagreements && !best.is_some_and(|(_, own)| own.answers) && (best.is_some() || line.answerable) {
            let said = best
                .map_or_else(|| "refused".to_owned(), |(score, own)| format!("{} ({score:.2})", own.name));
            println!("  {said}: {}", line.question);
        }
    }
    let (answerable, not) = (right + wrong + refused_wrongly, refused_rightly + answered_wrongly);
    let share = |part: i32, whole: i32| f64::from(part) / f64::from(whole.max(1)) * 100.0;
    println!(
        "{name}: {} questions, {:.0} a second on one core",
        lines.len(),
        lines.len() as f64 / started.elapsed().as_secs_f64()
    );
    println!(
        "  of {answerable} that an attribute answers: {:.1} % from a right one, {:.1} % from another, {:.1} % refused wrongly",
        share(right, answerable),
        share(wrong, answerable),
        share(refused_wrongly, answerable)
    );
    println!("  of {not} that none answers: {:.1} % refused rightly\n", share(refused_rightly, not));
}
