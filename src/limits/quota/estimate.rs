//! What a call will take before it is made: prompt tokens counted, answer tokens as the last answers took on average.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tiktoken_rs::tokenizer::{Tokenizer, get_tokenizer};
use tiktoken_rs::{CoreBPE, cl100k_base_singleton, o200k_base_singleton};

use skuscribe_check::recipe::{Brief, Recipe};

/// Answers of a recipe that are remembered.
const REMEMBERED: usize = 200;
/// Answers before experience counts more than the guess from a recipe's limits.
const ENOUGH: usize = 8;
/// Weight of the newest prompt in the running correction.
const NEWEST: f64 = 0.1;
/// Tokens of a chat request beside its texts (the OpenAI cookbook's "how to count tokens" has 3 per message and 3
/// more for the answer's head).
const ENVELOPE: u64 = 12;

/// What a call will probably take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Estimate {
    /// Tokens of the prompt as we count them.
    pub counted: u64,
    /// Tokens of the prompt as the server will count them.
    pub input: u64,
    /// Tokens of the answer.
    pub output: u64,
}

impl Estimate {
    /// Both together.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.input.saturating_add(self.output)
    }
}

/// The encodings of the models behind `OpenAI`'s chat completions; those of older models would be 1.7 MB of the binary.
#[derive(Clone, Copy, Debug)]
enum Encoding {
    Cl100k,
    O200k,
}

/// Estimates for one model; learns from every answer.
#[derive(Debug)]
pub struct Estimator {
    encoding: Encoding,
    learned: Mutex<Learned>,
}

#[derive(Debug)]
struct Learned {
    /// What the server counts, per token that we count: servers count the schema, too, and other vocabularies.
    input_factor: f64,
    recipes: HashMap<String, RecentAnswers>,
}

/// The last answers of a recipe, in tokens.
///
/// Their average is the estimate, and no quantile above it: what is reserved too much comes back only with the
/// answer. Until then it is lost to others, for a call of ten seconds and a tenth too much a second of the quota.
#[derive(Debug, Default)]
struct RecentAnswers {
    tokens: VecDeque<u64>,
    sum: u64,
}

impl RecentAnswers {
    fn add(&mut self, tokens: u64) {
        // No answer has more, whatever a server claims; so the sum cannot overflow.
        let tokens = tokens.min(u64::from(u32::MAX));
        self.tokens.push_back(tokens);
        self.sum += tokens;
        if self.tokens.len() > REMEMBERED {
            self.sum -= self.tokens.pop_front().unwrap_or(0);
        }
    }

    fn average(&self) -> Option<u64> {
        self.sum.checked_div(self.tokens.len() as u64)
    }
}

impl Estimator {
    /// Estimates by the named encoding, or by that of the model where it is `auto`; models that are unknown are
    /// counted as `o200k_base`, and the running correction does the rest.
    #[must_use]
    pub fn new(encoding: &str, model: &str) -> Self {
        let encoding = match encoding {
            "cl100k_base" => Encoding::Cl100k,
            "auto" if get_tokenizer(model) == Some(Tokenizer::Cl100kBase) => Encoding::Cl100k,
            _ => Encoding::O200k,
        };
        Self { encoding, learned: Mutex::new(Learned { input_factor: 1.0, recipes: HashMap::new() }) }
    }

    /// The encoding's name.
    #[must_use]
    pub fn encoding(&self) -> &'static str {
        match self.encoding {
            Encoding::Cl100k => "cl100k_base",
            Encoding::O200k => "o200k_base",
        }
    }

    /// Reads the vocabulary, which takes a few hundred milliseconds the first time; off the runtime's threads.
    pub async fn warm(&self) {
        let encoding = self.encoding;
        if let Err(error) = tokio::task::spawn_blocking(move || vocabulary(encoding)).await {
            tracing::warn!(%error, "the vocabulary that tokens are counted with was not read ahead");
        }
    }

    /// What a call will take. The constant part of the prompt is counted once per brief.
    pub fn estimate<'a>(
        &self,
        brief: &Brief,
        texts: impl Iterator<Item = &'a str>,
        recipes: impl Iterator<Item = &'a Recipe>,
    ) -> Estimate {
        let prefix = brief.prefix_tokens(|text| self.count(text));
        let counted = prefix + texts.map(|text| self.count(text)).sum::<u64>() + ENVELOPE;
        let learned = self.lock();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of tokens")]
        let input = (counted as f64 * learned.input_factor).round() as u64;
        let output = recipes.map(|recipe| learned.output(recipe)).sum();
        Estimate { counted, input, output }
    }

    /// Learns from an answer: the prompt as it was counted here and there, the answer's tokens, and the length of
    /// each recipe's part of it.
    pub fn learn<'a>(
        &self,
        estimate: Estimate,
        input: u64,
        output: u64,
        parts: impl Iterator<Item = (&'a str, usize)> + Clone,
    ) {
        let mut learned = self.lock();
        if estimate.counted > 0 && input > 0 {
            let seen = (input as f64 / estimate.counted as f64).clamp(0.1, 10.0);
            learned.input_factor += (seen - learned.input_factor) * NEWEST;
        }
        let all: usize = parts.clone().map(|(_, length)| length).sum();
        if all == 0 || output == 0 {
            return;
        }
        for (recipe, length) in parts {
            let tokens = u128::from(output) * length as u128 / all as u128;
            let tokens = u64::try_from(tokens).unwrap_or(u64::MAX);
            match learned.recipes.get_mut(recipe) {
                Some(answers) => answers.add(tokens),
                None => learned.recipes.entry(recipe.to_owned()).or_default().add(tokens),
            }
        }
    }

    /// Tokens of a text.
    #[must_use]
    pub fn count(&self, text: &str) -> u64 {
        vocabulary(self.encoding).count_ordinary(text) as u64
    }

    fn lock(&self) -> MutexGuard<'_, Learned> {
        self.learned.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Learned {
    fn output(&self, recipe: &Recipe) -> u64 {
        let answers = self.recipes.get(&recipe.name);
        match answers.and_then(|answers| Some((answers.tokens.len(), answers.average()?))) {
            Some((many, average)) if many >= ENOUGH => average,
            Some((_, average)) => u64::midpoint(average, recipe.output_tokens_guess()),
            None => recipe.output_tokens_guess(),
        }
    }
}

fn vocabulary(encoding: Encoding) -> &'static CoreBPE {
    match encoding {
        Encoding::Cl100k => cl100k_base_singleton(),
        Encoding::O200k => o200k_base_singleton(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use skuscribe_check::recipe::Recipes;

    #[test]
    fn a_model_s_own_encoding_counts_and_an_unknown_model_is_counted_too() {
        let text = "Stainless steel, 500 ml, keeps drinks hot for 12 hours.";
        for (encoding, model) in [("auto", "gpt-5-mini"), ("auto", "qwen2.5-7b"), ("cl100k_base", "any")] {
            let tokens = Estimator::new(encoding, model).count(text);
            assert!((12..=18).contains(&tokens), "{encoding} {model}: {tokens}");
        }
    }

    #[test]
    fn what_the_server_counts_is_found_though_answers_come_late() {
        let recipes = Recipes::load(&Config::defaults().unwrap().recipes).unwrap();
        let locale = "en-US".parse().unwrap();
        let brief = recipes.brief(&recipes.requested(&[], &locale).unwrap(), &locale, None).unwrap();
        let estimator = Estimator::new("auto", "gpt-5-mini");
        let estimate = || estimator.estimate(&brief, ["facts"].into_iter(), std::iter::empty());
        // Fifty calls in flight: what one learns from is fifty estimates old.
        let mut in_flight: VecDeque<Estimate> = (0..50).map(|_| estimate()).collect();
        for _ in 0..500 {
            in_flight.push_back(estimate());
            let oldest = in_flight.pop_front().unwrap();
            estimator.learn(oldest, oldest.counted * 14 / 10, 0, std::iter::empty());
            let input = estimate().input as f64 / oldest.counted as f64;
            assert!((0.99..=1.41).contains(&input), "{input}");
        }
    }

    #[test]
    fn estimates_come_near_what_answers_take() {
        let recipes = Recipes::load(&Config::defaults().unwrap().recipes).unwrap();
        let locale = "en-US".parse().unwrap();
        let asked = recipes.requested(&[], &locale).unwrap();
        let brief = recipes.brief(&asked, &locale, None).unwrap();
        let estimator = Estimator::new("auto", "gpt-5-mini");
        let estimate =
            || estimator.estimate(&brief, ["facts"].into_iter(), asked.iter().map(|recipe| &**recipe));
        let first = estimate();
        assert!(first.input > 300 && first.output > 300, "{first:?}");
        let mut random = fastrand::Rng::with_seed(5);
        for _ in 0..300 {
            let parts = [("description", 600), ("faq", 300), ("seo", 100)];
            estimator.learn(estimate(), 2_000, random.u64(500..1_500), parts.into_iter());
        }
        let learned = estimate();
        assert!((1_990..=2_010).contains(&learned.input), "{learned:?}");
        assert!((950..=1_050).contains(&learned.output), "{learned:?}");
    }
}
