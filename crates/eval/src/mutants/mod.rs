//! Mutants: true copy with one statement made false; what share of them the checks catch.

mod affix;
mod between;
mod lists;
mod mutant;
mod operators;
mod sheet;
mod true_copy;

use std::collections::BTreeMap;

use skuscribe_check::check::CheckPolicy;
use skuscribe_check::content::{Finding, Severity};
use skuscribe_check::product::Product;

use crate::before::Figures;
use crate::figures::percent;
use crate::not_checkable::NotCheckable;
use crate::table::table;
use crate::texts::{is_held, report};
use between::Others;
use lists::Lists;
use mutant::Mutants;
use sheet::Sheet;
pub(crate) use true_copy::TrueCopy;

/// How many there are and how many of them are right.
#[derive(Clone, Copy, Default)]
struct Share {
    right: usize,
    all: usize,
}

impl Share {
    fn add(&mut self, is_right: bool) {
        self.all += 1;
        self.right += usize::from(is_right);
    }

    fn value(self) -> f64 {
        percent(self.right, self.all) / 100.0
    }
}

/// What was counted of the copy of one file.
#[derive(Default)]
struct Counts {
    /// Texts of true copy that pass, and their sentences, each alone.
    texts: Share,
    sentences: Share,
    /// Sentences that are false of another product, alone beside its facts.
    others: Share,
    /// The mutants that are held, by operator.
    mutants: BTreeMap<&'static str, Share>,
    left_out: BTreeMap<&'static str, usize>,
    not_checkable: NotCheckable,
}

/// Prints the figures of products: their attributes in sentences are true copy.
///
/// # Errors
/// When the facts of a product cannot be written as JSON.
pub fn of_products(
    policy: &CheckPolicy,
    name: &str,
    products: Vec<Product>,
    disagreements: bool,
    figures: &mut Figures,
) -> anyhow::Result<()> {
    let lists = Lists::load()?;
    let copies: Vec<TrueCopy> = products.into_iter().map(|product| TrueCopy::of(product, &lists)).collect();
    evaluate(policy, name, &copies, disagreements, figures)
}

/// Prints what share of the mutants of true copy is held, by operator, and how much of the copy itself.
///
/// # Errors
/// When the facts of a product cannot be written as JSON.
pub(crate) fn evaluate(
    policy: &CheckPolicy,
    name: &str,
    copies: &[TrueCopy],
    disagreements: bool,
    figures: &mut Figures,
) -> anyhow::Result<()> {
    let lists = Lists::load()?;
    let sheets = copies.iter().map(|copy| Sheet::of(&copy.product)).collect::<anyhow::Result<Vec<_>>>()?;
    let common = sheet::common(copies.iter().map(|copy| copy.bullets.as_slice()));
    let others = Others { copies, sheets: &sheets, common: &common, lists: &lists };
    let mut counts = Counts::default();
    for (at, (copy, sheet)) in copies.iter().zip(&sheets).enumerate() {
        // A seed of its own: what one copy draws does not depend on whether another one passes.
        let mut random = fastrand::Rng::with_seed(at as u64);
        let check = |text: &str| report(policy, &copy.product, text, copy.locale.as_deref()).findings;
        for sentence in &copy.sentences {
            counts.sentences.add(!is_held(&check(&sentence.text)));
        }
        if let Some((bullet, true)) = others.bullet_for(at, &mut random) {
            counts.others.add(is_held(&check(bullet)));
        }
        let findings = check(&copy.text());
        counts.not_checkable.add(copy.locale.as_deref(), &findings);
        let passes = !is_held(&findings);
        counts.texts.add(passes);
        if !passes {
            // A text that is held unmutated shows nothing by being held.
            if disagreements {
                print_held(&copy.text(), &findings);
            }
            continue;
        }
        let mut mutants = Mutants::default();
        operators::change(&copy.text(), &sheet.text, &lists, &mut mutants);
        affix::negate(copy, &lists, &mut mutants);
        others.foreign_bullets(at, &mut random, &mut mutants);
        others.transplants(at, &mut random, &mut mutants);
        others.swaps(at, &mut random, &mut mutants);
        for mutant in mutants.made {
            let caught = is_held(&check(&mutant.text));
            counts.mutants.entry(mutant.operator).or_default().add(caught);
            if disagreements && !caught {
                println!("  not caught, {}: {}", mutant.operator, mutant.text);
            }
        }
        for (operator, count) in mutants.left_out {
            *counts.left_out.entry(operator).or_default() += count;
        }
    }
    figures.of_file(name);
    counts.print(name, figures);
    Ok(())
}

fn print_held(text: &str, findings: &[Finding]) {
    let holding = findings.iter().filter(|finding| finding.severity >= Severity::Hold);
    let messages: Vec<&str> = holding.map(|finding| finding.message.as_str()).collect();
    println!("  held unmutated: {}\n    {text}", messages.join("; "));
}

impl Counts {
    fn print(&self, name: &str, figures: &mut Figures) {
        let held = |share: Share| (share.all - share.right, percent(share.all - share.right, share.all));
        let (texts_held, of_texts) = held(self.texts);
        let (sentences_held, of_sentences) = held(self.sentences);
        println!(
            "{name}: {} texts of true copy, {texts_held} held unmutated ({of_texts:.1} %); of {} sentences alone {sentences_held} ({of_sentences:.1} %)",
            self.texts.all, self.sentences.all
        );
        let mut rows = vec![
            row("true copy that passes", "texts", "pass", self.texts, figures),
            row("true sentences that pass", "sentences", "pass", self.sentences, figures),
        ];
        let mut all = Share::default();
        for (operator, share) in &self.mutants {
            all.all += share.all;
            all.right += share.right;
            let mut columns = row(operator, "mutants", "caught", *share, figures);
            let left_out = self.left_out.get(operator).copied().unwrap_or(0);
            columns.push(format!("{left_out} left out, for the facts may support them"));
            rows.push(columns);
        }
        rows.push(row("all", "mutants", "caught", all, figures));
        if self.others.all > 0 {
            let mut columns = row("beside another's facts", "sentences", "caught", self.others, figures);
            let balanced = f64::midpoint(self.others.value(), self.sentences.value());
            let before = figures.take("beside another's facts, balanced", balanced);
            columns.push(format!("balanced accuracy with the true ones {balanced:.3} {before}"));
            rows.push(columns);
        }
        print!("{}", table(2, &[0, 4, 5], rows));
        self.not_checkable.print();
        println!();
    }
}

fn row(name: &str, of: &str, done: &str, share: Share, figures: &mut Figures) -> Vec<String> {
    let before = figures.take(name, share.value());
    let percent = format!("{:.1} % {done}", share.value() * 100.0);
    vec![name.to_owned(), format!("{} {of}", share.all), percent, before]
}
