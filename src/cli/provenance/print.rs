//! Records for people to read.

use super::super::terminal::printable;
use crate::provenance::FoundRecord;
use skuscribe_check::content::DigitalSourceType;

/// Who wrote a text of a type.
pub(super) fn author(source: DigitalSourceType) -> &'static str {
    match source {
        DigitalSourceType::TrainedAlgorithmicMedia => "a model wrote it, and nobody changed it",
        DigitalSourceType::CompositeWithTrainedAlgorithmicMedia => {
            "a model wrote it, and a person changed it"
        }
        DigitalSourceType::AlgorithmicMedia => "it was put together by rules, without a model",
        DigitalSourceType::HumanEdits | DigitalSourceType::DigitalCreation => "a person wrote it",
    }
}

/// A record, whether it is proven, and what it says.
pub(super) fn record(found: &FoundRecord) {
    if !found.is_proven() {
        println!("NOT PROVEN: {}", printable(found.problem.as_deref().unwrap_or_default()));
    }
    let Some(record) = &found.record else { return };
    let claims = if found.is_proven() { "" } else { "  it claims: " };
    let part = found.at.as_deref().map_or_else(|| "the whole text".to_owned(), printable);
    println!(
        "{claims}{} of {} in {}, {part}: {}",
        printable(&record.recipe),
        printable(record.sku.as_str()),
        record.locale,
        author(record.digital_source_type)
    );
    if !record.model.is_empty() {
        println!("  model      {}", printable(&record.model));
    }
    println!(
        "  written    {}, recipe version {}, revision {}",
        record.created,
        printable(&record.recipe_version),
        record.revision
    );
    if let Some(reviewer) = &record.reviewer {
        let role = reviewer.role.as_ref().map(|role| format!(" ({role})")).unwrap_or_default();
        let who = printable(&format!("{}{role}", reviewer.id));
        println!("  reviewed   {who}: {} on {}", reviewer.decision.name(), reviewer.at);
    }
    if let Some(editor) = &record.editor {
        println!("  edited     {}", printable(editor));
    }
    if let Some(responsible) = &record.responsible {
        println!("  published  under the editorial responsibility of {}", printable(responsible));
    }
    if let Some(key) = &found.key {
        println!("  signature  intact, by the key {}", printable(key));
    }
    println!("  record     provenance/{}.json", found.text_sha256);
}

/// A published text that has no record.
pub(super) fn without_record(recipe: &str, source: Option<DigitalSourceType>) {
    let by = source.map_or("nobody knows who wrote it", author);
    eprintln!(
        "{}: {by}; there is no signed record of it, `skuscribe provenance sign` makes one",
        printable(recipe)
    );
}
