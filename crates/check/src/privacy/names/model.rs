//! The model: weights by bucket, transitions, and lists of words as a Bloom filter, all read where they lie.

use super::BEGINS;
use super::tokens::{Shape, Token, hash_of};

/// Labels of a token.
pub const LABELS: usize = 3;

/// Buckets that features are hashed into.
pub const BUCKETS: usize = 3 << 16;

/// Lists that a word can be on: given names, surnames, common words, other words with a capital.
pub const LISTS: usize = 4;

/// Flags of the lists of names, and of the list of common words.
const NAMED: u8 = 0b11;
const COMMON: u8 = 0b100;

/// Flags of a token whose line has capitals, and small letters.
const CAPITALS: u8 = 1 << 4;
const SMALL: u8 = 1 << 5;

/// Bytes of the filter.
const FILTER: usize = 3 << 15;

/// Bits that a word sets in the filter.
const PROBES: u64 = 3;

/// Transitions, from each label and from the beginning, to each label.
const TRANSITIONS: usize = (LABELS + 1) * LABELS;

/// Lists of words, with a few false members.
#[derive(Clone, Copy, Debug)]
pub struct Lists<'a>(&'a [u8]);

impl<'a> Lists<'a> {
    /// Lists over a filter's bytes.
    #[must_use]
    pub fn over(filter: &'a [u8]) -> Self {
        Self(filter)
    }

    /// The bytes of a filter that holds words, each with the number of its list.
    pub fn filter<'w>(words: impl Iterator<Item = (usize, &'w str)>) -> Vec<u8> {
        let mut filter = vec![0; FILTER];
        for (list, word) in words {
            for (byte, bit) in probes(list, hash_of(word)) {
                if let Some(byte) = filter.get_mut(byte) {
                    *byte |= bit;
                }
            }
        }
        filter
    }

    /// The flags of a row of tokens: the lists that each is on, and whether its line has capitals and small letters.
    #[must_use]
    pub fn flags(&self, tokens: &[Token]) -> Vec<u8> {
        let mut flags = Vec::with_capacity(tokens.len());
        for line in tokens.split_inclusive(|token| token.shape == Shape::Break) {
            let has = |shapes: &[Shape]| line.iter().any(|token| shapes.contains(&token.shape));
            let capitals = has(&[Shape::Capital, Shape::Loud, Shape::Mixed]);
            let small = has(&[Shape::Small, Shape::Capital]);
            let letters = if capitals { CAPITALS } else { 0 } | if small { SMALL } else { 0 };
            flags.extend(line.iter().map(|token| letters | self.of(token)));
        }
        flags
    }

    /// The lists that a token is on, a bit each.
    fn of(&self, token: &Token) -> u8 {
        if matches!(token.shape, Shape::Sign | Shape::Break | Shape::Number) {
            return 0;
        }
        let holds = |list: usize, word: u64| {
            probes(list, word).all(|(byte, bit)| self.0.get(byte).is_some_and(|byte| byte & bit != 0))
        };
        (0..LISTS)
            .filter(|list| holds(*list, token.word) || (token.head != token.word && holds(*list, token.head)))
            .fold(0, |flags, list| flags | 1 << list)
    }
}

/// The bits of a word on a list: byte and mask.
fn probes(list: usize, word: u64) -> impl Iterator<Item = (usize, u8)> {
    (0..PROBES).map(move |probe| {
        let seed = word ^ (list as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (probe << 56);
        let mixed = seed.wrapping_mul(0xff51_afd7_ed55_8ccd);
        let mixed = (mixed ^ (mixed >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
        let byte = usize::try_from((mixed >> 24) % FILTER as u64).unwrap_or_default();
        (byte, 1 << (mixed >> 61))
    })
}

/// A trained model over its bytes.
#[derive(Clone, Copy, Debug)]
pub struct Model<'a> {
    transitions: [[i32; LABELS]; LABELS + 1],
    doubtful: i32,
    weights: &'a [u8],
    lists: Lists<'a>,
}

impl<'a> Model<'a> {
    /// Reads a model: transitions and the weight of a doubtful name as little-endian 16 bits, two weights of 8 bits a
    /// bucket, the filter. `None` where the length is another.
    #[must_use]
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let (head, rest) = bytes.split_at_checked(TRANSITIONS * 2)?;
        let (doubtful, rest) = rest.split_first_chunk::<2>()?;
        let (weights, filter) = rest.split_at_checked(BUCKETS * (LABELS - 1))?;
        let mut transitions = [[0; LABELS]; LABELS + 1];
        for (place, pair) in transitions.iter_mut().flatten().zip(head.as_chunks::<2>().0) {
            *place = i32::from(i16::from_le_bytes(*pair));
        }
        (filter.len() == FILTER).then_some(Self {
            transitions,
            doubtful: i32::from(i16::from_le_bytes(*doubtful)),
            weights,
            lists: Lists(filter),
        })
    }

    /// The bytes of a model.
    #[must_use]
    pub fn write(sixteen_bits: &[i16], weights: &[i8], filter: &[u8]) -> Vec<u8> {
        let head = sixteen_bits.iter().flat_map(|weight| weight.to_le_bytes());
        head.chain(weights.iter().flat_map(|weight| weight.to_le_bytes()))
            .chain(filter.iter().copied())
            .collect()
    }

    /// The lists of words.
    #[must_use]
    pub fn lists(&self) -> Lists<'a> {
        self.lists
    }

    /// Weights from one label to the next; the last row is from the beginning.
    #[must_use]
    pub fn transitions(&self) -> &[[i32; LABELS]; LABELS + 1] {
        &self.transitions
    }

    /// How well each label fits a token with features in these buckets. A name on no list, or that is a common word too,
    /// or in small letters, takes more than others.
    #[must_use]
    pub fn scores(&self, token: &Token, flags: u8, buckets: &[u32]) -> [i32; LABELS] {
        let mut scores = possible(token);
        let doubts =
            i32::from(flags & NAMED == 0 || flags & COMMON != 0) + 2 * i32::from(token.shape == Shape::Small);
        if let Some(begins) = scores.get_mut(BEGINS) {
            *begins = begins.saturating_add(self.doubtful * doubts);
        }
        for bucket in buckets {
            let at = *bucket as usize * (LABELS - 1);
            for (score, weight) in scores.iter_mut().skip(1).zip(self.weights.get(at..).unwrap_or_default()) {
                *score += i32::from(weight.cast_signed());
            }
        }
        scores
    }
}

/// Scores to begin with: nothing but words begins a name, and besides words only a full stop goes on with one.
#[must_use]
pub fn possible(token: &Token) -> [i32; LABELS] {
    match token.shape {
        Shape::Sign if token.word == hash_of(".") => [0, NEVER, 0],
        Shape::Sign | Shape::Break | Shape::Number => [0, NEVER, NEVER],
        _ => [0; LABELS],
    }
}

/// A score that nothing makes up for.
const NEVER: i32 = i32::MIN / 4;

/// The labels that fit a row of tokens best as a whole (Viterbi). A name goes on only where one has begun.
#[must_use]
pub fn best_labels(scores: &[[i32; LABELS]], transitions: &[[i32; LABELS]; LABELS + 1]) -> Vec<usize> {
    let mut best = [NEVER; LABELS];
    let mut back: Vec<[usize; LABELS]> = Vec::with_capacity(scores.len());
    let weight = |from: usize, to: usize| {
        transitions.get(from).and_then(|row| row.get(to)).copied().unwrap_or_default()
    };
    for (at, own) in scores.iter().enumerate() {
        let mut reached = [NEVER; LABELS];
        let mut came = [0; LABELS];
        for (to, ((reached, came), own)) in reached.iter_mut().zip(&mut came).zip(own).enumerate() {
            let possible =
                |from: usize| !(to == super::GOES_ON && (from == super::OUTSIDE || from == LABELS));
            if at == 0 {
                *reached = if possible(LABELS) { weight(LABELS, to) + own } else { NEVER };
                continue;
            }
            for (from, so_far) in best.iter().enumerate().filter(|(from, _)| possible(*from)) {
                let score = so_far.saturating_add(weight(from, to)).saturating_add(*own).max(NEVER);
                if score > *reached {
                    (*reached, *came) = (score, from);
                }
            }
        }
        best = reached;
        back.push(came);
    }
    let mut label = (0..LABELS).max_by_key(|label| best.get(*label).copied()).unwrap_or_default();
    let mut labels = vec![0; scores.len()];
    for (place, came) in labels.iter_mut().zip(&back).rev() {
        *place = label;
        label = came.get(label).copied().unwrap_or_default();
    }
    labels
}
