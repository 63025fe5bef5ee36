//! What the tagger sees of a token: itself, its neighbours, what they look like, and the lists that they are on.

use super::model::BUCKETS;
use super::tokens::{Shape, Token};

/// Flag of a token whose word the trainer hides, so that the model learns from what stands around it.
pub const HIDDEN: u8 = 1 << 7;

/// Tokens beyond the text's ends.
const NOTHING: u64 = 0x9e37_79b9_7f4a_7c15;

/// One token as features read it.
#[derive(Clone, Copy)]
struct Seen {
    /// Hash of the word; of what it looks like, where the word is hidden.
    word: u64,
    /// Looks and lists in one number.
    looks: u64,
    ends_sentence: bool,
    ends_line: bool,
}

fn seen(tokens: &[Token], flags: &[u8], at: Option<usize>) -> Seen {
    let token = at.and_then(|at| Some((tokens.get(at)?, *flags.get(at)?)));
    let Some((token, flags)) = token else {
        return Seen { word: NOTHING, looks: NOTHING, ends_sentence: true, ends_line: true };
    };
    let lists = u64::from(flags & !HIDDEN);
    let looks = (lists << 8) | token.shape as u64;
    Seen {
        word: if flags & HIDDEN == 0 { token.word } else { looks },
        looks,
        ends_sentence: token.shape == Shape::Break
            || [b'.', b'!', b'?', b':', b'>', b'"'].iter().any(|c| is_sign(token, *c)),
        ends_line: token.shape == Shape::Break,
    }
}

fn is_sign(token: &Token, sign: u8) -> bool {
    token.shape == Shape::Sign
        && token.word == super::tokens::hash_of(char::from(sign).encode_utf8(&mut [0; 4]))
}

/// Mixes a template's number with what it holds into a bucket.
fn bucket(template: u64, parts: [u64; 2]) -> u32 {
    let mut mixed = template.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    for part in parts {
        mixed = (mixed ^ part).wrapping_mul(0xff51_afd7_ed55_8ccd);
        mixed ^= mixed >> 32;
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the remainder is smaller than the number of buckets"
    )]
    let bucket = (mixed % BUCKETS as u64) as u32;
    bucket
}

/// The buckets of a token's features.
pub fn features(tokens: &[Token], flags: &[u8], at: usize, buckets: &mut Vec<u32>) {
    let Some(token) = tokens.get(at) else { return };
    let near = |back: usize| seen(tokens, flags, at.checked_sub(back));
    let (this, one, two) = (near(0), near(1), near(2));
    let (next, after) = (seen(tokens, flags, Some(at + 1)), seen(tokens, flags, Some(at + 2)));
    let hidden = flags.get(at).is_some_and(|flags| flags & HIDDEN != 0);
    let pair = |left: u64, right: u64| left.rotate_left(17) ^ right.wrapping_mul(0x2545_f491_4f6c_dd1d);
    let starts = (u64::from(one.ends_sentence) << 1) | u64::from(one.ends_line);
    let ends = u64::from(next.ends_line) | (u64::from(after.ends_line) << 1);
    let templates = [
        [this.looks, 0],
        [this.looks, one.looks],
        [this.looks, next.looks],
        [pair(this.looks, one.looks), next.looks],
        [pair(this.looks, one.looks), two.looks],
        [pair(this.looks, next.looks), after.looks],
        [one.word, 0],
        [next.word, 0],
        [two.word, 0],
        [after.word, 0],
        [one.word, this.looks],
        [next.word, this.looks],
        [one.word, next.word],
        [two.word, one.word],
        [next.word, after.word],
        [pair(two.word, one.word), this.looks],
        [pair(next.word, after.word), this.looks],
        [pair(one.word, next.word), this.looks],
        [starts, this.looks],
        [pair(starts, ends), this.looks],
        [pair(starts, this.looks), next.word],
        [two.looks, one.word],
        [after.looks, next.word],
    ];
    buckets.extend((1..).zip(templates).map(|(template, parts)| bucket(template, parts)));
    if hidden || matches!(token.shape, Shape::Sign | Shape::Break | Shape::Number) {
        if !hidden {
            buckets.push(bucket(40, [token.word, 0]));
        }
        return;
    }
    let [two_last, three_last, four_last] = token.endings;
    let own = [
        [token.word, 0],
        [token.word, token.shape as u64],
        [two_last, this.looks],
        [three_last, token.shape as u64],
        [four_last, token.shape as u64],
        [token.beginning, token.shape as u64],
    ];
    buckets.extend((40..).zip(own).map(|(template, parts)| bucket(template, parts)));
}
