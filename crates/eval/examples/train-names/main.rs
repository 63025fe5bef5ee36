//! Trains the tagger of names: `scripts/train-names.sh`, from the repository's root. Deterministic: the same lists give the same model.
#![expect(clippy::print_stdout, reason = "figures are printed for people")]

mod corpus;
mod perceptron;

use std::path::Path;

use anyhow::{Context, Result};
use fastrand::Rng;
use skuscribe_check::privacy::names::{Lists, Model, find_by};

use corpus::{Corpus, Sentence, kept_back};
use perceptron::Perceptron;

const SEED: u64 = 18;
const SENTENCES_OF_A_TEMPLATE: usize = 500;
const EPOCHS: usize = 10;

/// How much better than "no name" a name must fit, in steps of the perceptron: masking a word that is no name costs a reader
/// more than a name that slips.
const CAUTION: f64 = 2.0;

/// How much better a doubtful name must fit: one on no list, or that is a common word as well.
const DOUBT: f64 = 6.0;

fn main() -> Result<()> {
    let corpus = Corpus::read(Path::new("crates/eval/names"))?;
    let mut random = Rng::with_seed(SEED);
    let entries = |with_kept_back: bool| {
        corpus.lists.iter().enumerate().flat_map(move |(list, words)| {
            words
                .iter()
                .filter(move |word| with_kept_back || list > 1 || !kept_back(word))
                .map(move |word| (list, word.as_str()))
        })
    };
    let known = Lists::filter(entries(false));
    let part = corpus.part(false);
    let mut perceptron = Perceptron::default();
    for _ in 0..EPOCHS {
        for sentence in part.sentences(SENTENCES_OF_A_TEMPLATE, &mut random) {
            perceptron.learn(&sentence, Lists::over(&known), &mut random);
        }
    }
    let (sixteen_bits, weights) = perceptron.quantised(CAUTION, DOUBT);
    let sentences = part.sentences(20, &mut random);
    measure("trained on", &Model::write(&sixteen_bits, &weights, &known), &sentences)?;
    // Kept back: names on no list of the model in sentences of no template of the training.
    let test = corpus.part(true).sentences(60, &mut Rng::with_seed(SEED + 1));
    measure("kept-back templates and names", &Model::write(&sixteen_bits, &weights, &known), &test)?;
    let bytes = Model::write(&sixteen_bits, &weights, &Lists::filter(entries(true)));
    measure("the same, names on the lists", &bytes, &test)?;
    let path = "config/privacy/names.bin";
    std::fs::write(path, &bytes).with_context(|| format!("cannot write {path}"))?;
    println!("{} bytes", bytes.len());
    Ok(())
}

/// Prints how many names are found, and how many of what is found are names.
fn measure(what: &str, bytes: &[u8], sentences: &[Sentence]) -> Result<()> {
    let model = Model::read(bytes).context("a model of another length")?;
    let (mut marked, mut caught, mut found, mut right) = (0, 0, 0, 0);
    for sentence in sentences {
        let names = find_by(&model, &sentence.text);
        let meets = |a: (usize, usize), b: (usize, usize)| a.0 < b.1 && b.0 < a.1;
        marked += sentence.names.len();
        caught += sentence
            .names
            .iter()
            .filter(|mark| names.iter().any(|name| meets((name.start, name.end), **mark)))
            .count();
        found += names.len();
        right += names
            .iter()
            .filter(|name| sentence.names.iter().any(|mark| meets((name.start, name.end), *mark)))
            .count();
    }
    let share = |part: usize, whole: usize| {
        f64::from(u32::try_from(part).unwrap_or(0)) / f64::from(u32::try_from(whole.max(1)).unwrap_or(1))
    };
    println!(
        "{what}: {marked} names, recall {:.3}, precision {:.3}",
        share(caught, marked),
        share(right, found)
    );
    Ok(())
}
