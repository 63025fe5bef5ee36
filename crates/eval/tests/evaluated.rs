//! Files of labelled lines are told apart and measured, and what the checks reached on the repository's own lines holds.
#![expect(clippy::unwrap_used, reason = "test harness")]

use std::path::{Path, PathBuf};

use skuscribe_eval::alone::{EvalOptions, Evaluated, evaluate};
use skuscribe_eval::before::Figures;
use skuscribe_eval::checks::Checks;

/// Of the sentences that no fact bears, the share that is held.
const UNBEARABLE_COPY_MIN: f64 = 0.73;
const UNBEARABLE_QUESTION_MIN: f64 = 0.73;

/// Of honest products, the share that is held, and that is blocked.
const HONEST_HELD_MAX: f64 = 0.02;
const HONEST_BLOCKED_MAX: f64 = 0.0;

/// Evaluates a file of the repository, or lines as a file of this name.
fn figures_of(file: &Path, mutants: bool) -> Figures {
    let (checks, mut figures) = (Checks::built_in().unwrap(), Figures::kept().unwrap());
    let options = EvalOptions { mutants, disagreements: false };
    let evaluated = evaluate(&checks, file, options, &mut figures).unwrap();
    assert!(matches!(evaluated, Evaluated::Printed), "{}", file.display());
    figures
}

fn of_lines(name: &str, lines: &str, mutants: bool) -> Figures {
    let file = std::env::temp_dir().join(format!("{}-{name}", std::process::id()));
    std::fs::write(&file, lines).unwrap();
    let figures = figures_of(&file, mutants);
    std::fs::remove_file(&file).unwrap();
    let taken = figures.as_toml();
    assert!(taken.contains(name), "{taken}");
    figures
}

fn of_repository(name: &str) -> Figures {
    figures_of(&PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests").join(name), false)
}

#[test]
fn a_case_is_right_where_it_is_held_or_passes_as_it_says() {
    let case = |text: &str, want: &str| {
        format!(
            r#"{{"id": "a", "facts": {{"material": "cotton"}}, "locale": "en-US", "text": "{text}", "want": "{want}"}}"#
        )
    };
    let lines = [
        case("It is made of cotton.", "pass"),
        case("It is made of silk.", "hold"),
        case("It is made of cotton.", "hold"),
        case("It is made of silk.", "pass"),
    ];
    let name = "cases.jsonl";
    let figures = of_lines(name, &lines.join("\n"), false);
    let name = format!("{}-{name}", std::process::id());
    for figure in ["all", "should pass", "should hold"] {
        assert_eq!(figures.taken(&name, figure), Some(0.5), "{figure}");
    }
}

#[test]
fn a_statement_in_the_wrong_place_is_a_mutant() {
    let product = |sku: &str, material: &str, width: &str, bullets: &str| {
        format!(
            r#"{{"sku": "{sku}", "title": "Case {sku}", "description": "A case. • {bullets}", "attributes": {{"material": "{material}", "width": "{width} cm", "depth": "3 cm"}}}}"#
        )
    };
    let lines =
        [product("A", "leather", "12", "Padded strap"), product("B", "cotton", "14", "Zippered pocket")];
    let name = "products.jsonl";
    let figures = of_lines(name, &lines.join("\n"), true);
    let name = format!("{}-{name}", std::process::id());
    for operator in ["foreign bullet", "transplant", "swap of attributes", "negation by affix"] {
        assert!(figures.taken(&name, operator).is_some(), "{operator}: {}", figures.as_toml());
    }
    assert_eq!(figures.taken(&name, "true copy that passes"), Some(1.0));
}

#[test]
fn what_no_fact_bears_is_held_as_copy_and_as_a_question() {
    let figures = of_repository("unbearable.jsonl");
    let share = |figure: &str| figures.taken("unbearable.jsonl", figure).unwrap();
    assert!(share("all, as copy") >= UNBEARABLE_COPY_MIN, "{}", share("all, as copy"));
    assert!(share("all, as a question") >= UNBEARABLE_QUESTION_MIN, "{}", share("all, as a question"));
}

#[test]
fn honest_products_are_published_with_all_their_facts() {
    let figures = of_repository("honest.jsonl");
    let share = |figure: &str| figures.taken("honest.jsonl", figure).unwrap();
    assert!(share("held") <= HONEST_HELD_MAX, "{}", share("held"));
    assert!(share("blocked beyond approval") <= HONEST_BLOCKED_MAX, "{}", share("blocked beyond approval"));
    assert!(share("facts kept from the writer").abs() < f64::EPSILON);
}
