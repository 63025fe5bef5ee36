//! An averaged perceptron over whole sentences.

use fastrand::Rng;
use skuscribe_check::privacy::names::{
    BEGINS, BUCKETS, GOES_ON, HIDDEN, LABELS, Lists, OUTSIDE, Token, best_labels, features, possible, tokens,
};

use crate::corpus::Sentence;

/// Weights, and their sums over time, from which the average is taken at the end.
pub(crate) struct Perceptron {
    weights: Vec<[i32; LABELS]>,
    sums: Vec<[i64; LABELS]>,
    transitions: [[i32; LABELS]; LABELS + 1],
    transition_sums: [[i64; LABELS]; LABELS + 1],
    time: i64,
}

impl Default for Perceptron {
    fn default() -> Self {
        Self {
            weights: vec![[0; LABELS]; BUCKETS],
            sums: vec![[0; LABELS]; BUCKETS],
            transitions: [[0; LABELS]; LABELS + 1],
            transition_sums: [[0; LABELS]; LABELS + 1],
            time: 1,
        }
    }
}

impl Perceptron {
    /// Learns from a sentence, where it would be read wrongly.
    pub(crate) fn learn(&mut self, sentence: &Sentence, lists: Lists<'_>, random: &mut Rng) {
        let tokens = tokens(&sentence.text);
        let right: Vec<usize> = tokens
            .iter()
            .map(|token| {
                let name =
                    sentence.names.iter().find(|(start, end)| *start < token.end && token.start < *end);
                name.map_or(OUTSIDE, |(start, _)| if token.start <= *start { BEGINS } else { GOES_ON })
            })
            .collect();
        // What a list or the word itself tells is kept from the model now and then: other names come than those listed.
        let flags: Vec<u8> = lists.flags(&tokens).into_iter().map(|flags| hide(flags, random)).collect();
        let buckets: Vec<Vec<u32>> = (0..tokens.len())
            .map(|at| {
                let mut buckets = Vec::new();
                features(&tokens, &flags, at, &mut buckets);
                buckets
            })
            .collect();
        let scores: Vec<[i32; LABELS]> =
            tokens.iter().zip(&buckets).map(|(token, buckets)| self.scores(token, buckets)).collect();
        let guess = best_labels(&scores, &self.transitions);
        self.time += 1;
        if guess == right {
            return;
        }
        self.follow(&right, &buckets, 1);
        self.follow(&guess, &buckets, -1);
    }

    fn scores(&self, token: &Token, buckets: &[u32]) -> [i32; LABELS] {
        let mut scores = possible(token);
        for weights in buckets.iter().filter_map(|bucket| self.weights.get(*bucket as usize)) {
            for (score, weight) in scores.iter_mut().zip(weights) {
                *score += weight;
            }
        }
        scores
    }

    /// Moves the weights of a row of labels up or down. Those of "outside" stay zero: the others are relative to them.
    fn follow(&mut self, labels: &[usize], buckets: &[Vec<u32>], step: i32) {
        let late = i64::from(step) * self.time;
        let mut from = LABELS;
        for (label, buckets) in labels.iter().zip(buckets) {
            if let Some(weight) = self.transitions.get_mut(from).and_then(|row| row.get_mut(*label)) {
                *weight += step;
            }
            if let Some(sum) = self.transition_sums.get_mut(from).and_then(|row| row.get_mut(*label)) {
                *sum += late;
            }
            from = *label;
            if *label == OUTSIDE {
                continue;
            }
            for bucket in buckets {
                let at = *bucket as usize;
                if let Some(weight) = self.weights.get_mut(at).and_then(|row| row.get_mut(*label)) {
                    *weight += step;
                }
                if let Some(sum) = self.sums.get_mut(at).and_then(|row| row.get_mut(*label)) {
                    *sum += late;
                }
            }
        }
    }

    /// The transitions and the doubt in sixteen bits each, and the averaged weights in eight, on one scale.
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "clamped to what fits")]
    pub(crate) fn quantised(&self, caution: f64, doubt: f64) -> (Vec<i16>, Vec<i8>) {
        let average = |weight: i32, sum: i64| f64::from(weight) - sum as f64 / self.time as f64;
        let averages: Vec<f64> = self
            .weights
            .iter()
            .zip(&self.sums)
            .flat_map(|(weights, sums)| {
                weights.iter().zip(sums).skip(1).map(|(weight, sum)| average(*weight, *sum))
            })
            .collect();
        let mut sizes: Vec<f64> =
            averages.iter().map(|weight| weight.abs()).filter(|size| *size > 0.0).collect();
        sizes.sort_by(f64::total_cmp);
        // The one in a thousand that is larger is cut, so that the rest keeps its differences.
        let largest = sizes.get(sizes.len() - sizes.len() / 1_000 - 1).copied().unwrap_or(1.0);
        let scale = 127.0 / largest;
        let transitions = self.transitions.iter().flatten().zip(self.transition_sums.iter().flatten());
        let caution = |to: usize| if to == BEGINS { caution } else { 0.0 };
        let scaled = |(at, (weight, sum)): (usize, (&i32, &i64))| {
            ((average(*weight, *sum) - caution(at % LABELS)) * scale).round() as i16
        };
        (
            transitions.enumerate().map(scaled).chain([(-doubt * scale).round() as i16]).collect(),
            averages.iter().map(|weight| (weight * scale).round().clamp(-127.0, 127.0) as i8).collect(),
        )
    }
}

/// Hides lists and words by chance: a third of the names, a tenth of the rest.
fn hide(flags: u8, random: &mut Rng) -> u8 {
    let named = flags & 0b11 != 0;
    let often = if named { 33 } else { 10 };
    let mut seen = flags;
    if random.u8(..100) < often {
        seen &= if named { !0b11 } else { !0b1100 };
    }
    if random.u8(..100) < often {
        seen |= HIDDEN;
    }
    seen
}
