//! Labelled lines that need the checks alone: no pipeline, no model, no answers.

use std::path::Path;

use crate::before::Figures;
use crate::checks::Checks;
use crate::lines::{LabelledLines, read};
use crate::{cases, honest, mutants, personal_data, texts, unbearable};

/// What is asked of labelled lines.
#[derive(Clone, Copy, Debug, Default)]
pub struct EvalOptions {
    /// Change true copy, and say what share of it is caught.
    pub mutants: bool,
    /// Print what the checks and the labels disagree on.
    pub disagreements: bool,
}

/// What became of a file.
pub enum Evaluated {
    /// Its figures are printed.
    Printed,
    /// Its lines need more than the checks, or are of no use here.
    Left(LabelledLines),
}

/// Prints the figures of a file whose lines need the checks alone.
///
/// # Errors
/// When the file cannot be read, or a line is not of the first one's kind.
pub fn evaluate(
    checks: &Checks,
    file: &Path,
    options: EvalOptions,
    figures: &mut Figures,
) -> anyhow::Result<Evaluated> {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let policy = &checks.policy;
    let disagreements = options.disagreements;
    match (read(file)?, options.mutants) {
        (LabelledLines::Texts(lines), true) => {
            mutants::evaluate(policy, &name, &texts::supported(&lines)?, disagreements, figures)?;
        }
        (LabelledLines::Products(products), true) => {
            mutants::of_products(policy, &name, products, disagreements, figures)?;
        }
        (LabelledLines::Texts(lines), false) => {
            texts::evaluate(policy, &name, &lines, disagreements, figures)?;
        }
        (LabelledLines::Cases(lines), false) => {
            cases::evaluate(policy, &name, &lines, disagreements, figures)?;
        }
        (LabelledLines::PersonalData(lines), false) => {
            personal_data::evaluate(&name, &lines, disagreements, figures);
        }
        (LabelledLines::Honest(lines), false) => {
            honest::evaluate(checks, &name, &lines, disagreements, figures)?;
        }
        (LabelledLines::Unbearable(lines), false) => {
            unbearable::evaluate(checks, &name, &lines, disagreements, figures)?;
        }
        (other, _) => return Ok(Evaluated::Left(other)),
    }
    Ok(Evaluated::Printed)
}
