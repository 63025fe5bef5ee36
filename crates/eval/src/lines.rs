//! Files of labelled lines, told apart by the shape of their first line.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::de::DeserializeOwned;
use skuscribe_check::product::Product;

use crate::answers::ExpectedAnswer;
use crate::attacks::{Attack, plant};
use crate::cases::Case;
use crate::honest::HonestProduct;
use crate::injections::InjectedProduct;
use crate::personal_data::MarkedText;
use crate::relevance::LabelledQuestion;
use crate::texts::LabelledText;
use crate::unbearable::UnbearableText;

/// What a file holds.
pub enum LabelledLines {
    /// Texts with what is right to do with them.
    Cases(Vec<Case>),
    /// Texts with their facts.
    Texts(Vec<LabelledText>),
    /// Products, for true copy.
    Products(Vec<Product>),
    /// Texts with personal data.
    PersonalData(Vec<MarkedText>),
    /// Products with instructions in their texts.
    Injections(Vec<InjectedProduct>),
    /// Questions with what people said of each attribute.
    Questions(Vec<LabelledQuestion>),
    /// Questions about the sample catalog with the answers that people expect.
    Answers(Vec<ExpectedAnswer>),
    /// Products with copy that nothing is wrong with.
    Honest(Vec<HonestProduct>),
    /// Sentences that no fact of any product bears.
    Unbearable(Vec<UnbearableText>),
    /// Anything else.
    Other,
}

/// The JSONL files of a folder in the order of their names; of a file, that file.
///
/// # Errors
/// When the folder cannot be read.
pub fn files(path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let entries =
        std::fs::read_dir(path).with_context(|| format!("{}: the folder cannot be read", path.display()))?;
    let mut files = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "jsonl"));
    files.sort();
    Ok(files)
}

/// The lines of a file.
///
/// # Errors
/// When the file cannot be read, or a line is not of the first one's kind.
pub fn read(file: &Path) -> anyhow::Result<LabelledLines> {
    let text =
        std::fs::read_to_string(file).with_context(|| format!("{}: cannot be read", file.display()))?;
    let lines: Vec<(usize, &str)> =
        text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).collect();
    let Some((_, first)) = lines.first() else { return Ok(LabelledLines::Other) };
    if is::<Case>(first) {
        all(file, &lines).map(LabelledLines::Cases)
    } else if is::<LabelledText>(first) {
        all(file, &lines).map(LabelledLines::Texts)
    } else if is::<ExpectedAnswer>(first) {
        all(file, &lines).map(LabelledLines::Answers)
    } else if is::<LabelledQuestion>(first) {
        all(file, &lines).map(LabelledLines::Questions)
    } else if is::<Attack>(first) {
        plant(&all(file, &lines)?).map(LabelledLines::Injections)
    } else if is::<InjectedProduct>(first) {
        all(file, &lines).map(LabelledLines::Injections)
    } else if is::<HonestProduct>(first) {
        all(file, &lines).map(LabelledLines::Honest)
    } else if is::<UnbearableText>(first) {
        all(file, &lines).map(LabelledLines::Unbearable)
    } else if is::<MarkedText>(first) {
        all(file, &lines).map(LabelledLines::PersonalData)
    } else if is::<Product>(first) {
        all(file, &lines).map(LabelledLines::Products)
    } else {
        Ok(LabelledLines::Other)
    }
}

fn is<T: DeserializeOwned>(line: &str) -> bool {
    serde_json::from_str::<T>(line).is_ok()
}

fn all<T: DeserializeOwned>(file: &Path, lines: &[(usize, &str)]) -> anyhow::Result<Vec<T>> {
    let parsed = lines.iter().map(|(number, line)| {
        serde_json::from_str(line)
            .map_err(|error| anyhow::anyhow!("{}: line {}: {error}", file.display(), number + 1))
    });
    parsed.collect()
}
