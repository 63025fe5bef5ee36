//! Cuts a text into the tokens that the tagger labels.

/// What a token looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A line break.
    Break,
    /// A sign.
    Sign,
    /// Begins with a digit.
    Number,
    /// All small.
    Small,
    /// A capital, then small letters.
    Capital,
    /// One capital alone.
    Initial,
    /// All capitals.
    Loud,
    /// Capitals and small letters mixed, as in `MacDonald` and `iPhone`.
    Mixed,
}

/// A piece of a text with what the features are made of, so that nothing is read twice.
#[derive(Clone, Copy, Debug)]
pub struct Token {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// What it looks like.
    pub shape: Shape,
    /// Hash of the word in small letters.
    pub word: u64,
    /// Hash of the word's part before the first hyphen, in small letters.
    pub head: u64,
    /// Hashes of its last two, three and four characters.
    pub endings: [u64; 3],
    /// Hash of its first three characters.
    pub beginning: u64,
}

const SEED: u64 = 0xcbf2_9ce4_8422_2325;

/// FNV-1a over characters: fixed for good, for models are made with it.
fn hash(seed: u64, c: char) -> u64 {
    (seed ^ u64::from(u32::from(c))).wrapping_mul(0x0100_0000_01b3)
}

/// The hash that a word's token has.
pub(in crate::privacy) fn hash_of(word: &str) -> u64 {
    word.chars().flat_map(char::to_lowercase).fold(SEED, hash)
}

/// The tokens of a text: words with inner hyphens and apostrophes, numbers, signs, line breaks. Blanks are none.
#[must_use]
pub fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::with_capacity(text.len() / 5);
    let mut rest = text.char_indices().peekable();
    while let Some((start, first)) = rest.next() {
        let mut end = start + first.len_utf8();
        if first == '\n' {
            tokens.push(sign(start, end, Shape::Break, first));
        } else if first.is_alphanumeric() {
            while let Some((at, c)) = rest.peek().copied() {
                if !(c.is_alphanumeric() || is_inner(c) && joins(text, end, at + c.len_utf8())) {
                    break;
                }
                end = at + c.len_utf8();
                rest.next();
            }
            tokens.push(word(text, start, end));
        } else if !first.is_whitespace() {
            tokens.push(sign(start, end, Shape::Sign, first));
        }
    }
    tokens
}

fn is_inner(c: char) -> bool {
    matches!(c, '-' | '\'' | '’' | '\u{300}'..='\u{36f}')
}

/// Whether a sign stands inside a word: a letter before, and two after an apostrophe ("O'Neill", not "Anna's").
fn joins(text: &str, before: usize, after: usize) -> bool {
    let letters_before =
        text.get(..before).and_then(|head| head.chars().next_back()).is_some_and(char::is_alphabetic);
    let mut following = text.get(after..).unwrap_or_default().chars();
    let (next, second) = (following.next(), following.next());
    let sign = text.get(before..after).unwrap_or_default();
    match sign {
        "'" | "’" => letters_before && [next, second].iter().all(|c| c.is_some_and(char::is_alphabetic)),
        "-" => letters_before && next.is_some_and(char::is_alphabetic),
        _ => true,
    }
}

fn sign(start: usize, end: usize, shape: Shape, c: char) -> Token {
    let word = hash(SEED, c);
    Token { start, end, shape, word, head: word, endings: [0; 3], beginning: 0 }
}

fn word(text: &str, start: usize, end: usize) -> Token {
    let word = text.get(start..end).unwrap_or_default();
    let head = word.split('-').next().unwrap_or(word);
    let mut last = ['\0'; 4];
    for (place, c) in last.iter_mut().zip(word.chars().rev()) {
        *place = c.to_lowercase().next().unwrap_or(c);
    }
    let ending = |length: usize| last.iter().take(length).fold(SEED, |seed, c| hash(seed, *c));
    Token {
        start,
        end,
        shape: shape(word),
        word: hash_of(word),
        head: hash_of(head),
        endings: [ending(2), ending(3), ending(4)],
        beginning: word.chars().flat_map(char::to_lowercase).take(3).fold(SEED, hash),
    }
}

fn shape(word: &str) -> Shape {
    let mut letters = word.chars();
    let Some(first) = letters.next() else { return Shape::Sign };
    if !first.is_alphabetic() {
        return Shape::Number;
    }
    let (mut capitals, mut small, mut after_inner) = (usize::from(first.is_uppercase()), 0, 0);
    let mut inner = false;
    for c in letters {
        if c.is_uppercase() {
            capitals += 1;
            after_inner += usize::from(inner);
        } else if c.is_alphabetic() {
            small += 1;
        }
        inner = is_inner(c);
    }
    match (first.is_uppercase(), capitals - after_inner.min(capitals), small) {
        (false, 0, _) => Shape::Small,
        (true, 1, 0) if capitals == 1 => Shape::Initial,
        (true, _, 0) => Shape::Loud,
        (true, 1, _) => Shape::Capital,
        _ => Shape::Mixed,
    }
}
