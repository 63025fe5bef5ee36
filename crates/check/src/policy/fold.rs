//! Capitals and small letters as one: the form in which policy rules are looked for.

/// A character in the form that it shares with every character which a pattern without regard to case takes for the same.
pub(super) fn fold(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    match c {
        // Its capital is I, but it is no i; Chinese, Japanese and Korean have no capitals.
        'ı' | '\u{3040}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' => return c,
        // Two of one sign, without a capital of one character.
        '\u{1fd3}' => return '\u{390}',
        '\u{1fe3}' => return '\u{3b0}',
        '\u{fb05}' => return '\u{fb06}',
        _ => {}
    }
    // The capital first: `ς` and `σ` have one capital, and so one form.
    let capital = single(c.to_uppercase()).unwrap_or(c);
    single(capital.to_lowercase()).unwrap_or(capital)
}

fn single(mut characters: impl Iterator<Item = char>) -> Option<char> {
    let first = characters.next();
    if characters.next().is_some() { None } else { first }
}

/// A folded text that knows where each of its bytes stood before.
pub(super) struct Folded {
    pub(super) text: String,
    /// Where a character changed its length: the byte behind it, in the folded text and in the text.
    shifts: Vec<(usize, usize)>,
}

impl Folded {
    pub(super) fn new(text: &str) -> Self {
        if text.is_ascii() {
            return Self { text: text.to_ascii_lowercase(), shifts: Vec::new() };
        }
        let (mut folded, mut shifts) = (String::with_capacity(text.len()), Vec::new());
        for (at, c) in text.char_indices() {
            let form = fold(c);
            folded.push(form);
            if form.len_utf8() != c.len_utf8() {
                shifts.push((folded.len(), at + c.len_utf8()));
            }
        }
        Self { text: folded, shifts }
    }

    /// The byte of the text at which a byte of the folded text stood.
    pub(super) fn origin(&self, at: usize) -> usize {
        let before = self.shifts.partition_point(|(folded, _)| *folded <= at);
        match before.checked_sub(1).and_then(|last| self.shifts.get(last)) {
            Some((folded, origin)) => origin + (at - folded),
            None => at,
        }
    }
}

#[cfg(test)]
mod tests {
    use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};

    use super::*;

    #[test]
    fn two_characters_fold_to_one_form_where_a_pattern_takes_them_for_the_same_and_nowhere_else() {
        let mut beyond = Vec::new();
        for c in '\0'..=char::MAX {
            let mut class = ClassUnicode::new([ClassUnicodeRange::new(c, c)]);
            class.try_case_fold_simple().unwrap();
            for same in class.iter().flat_map(|range| range.start()..=range.end()) {
                assert_eq!(fold(same), fold(c), "{same:?} and {c:?}");
            }
            let form = fold(c);
            if !class.iter().any(|range| (range.start()..=range.end()).contains(&form)) {
                beyond.push((c, form));
            }
        }
        // Letters of a Unicode that is newer in the standard library than in patterns.
        assert!(beyond.len() < 64, "{beyond:?}");
        assert!(beyond.iter().all(|(c, _)| *c >= '\u{a000}'), "{beyond:?}");
    }

    #[test]
    fn a_place_in_a_folded_text_is_known_in_the_text() {
        let text = "a STRAẞE of 300 \u{212a}elvin";
        let folded = Folded::new(text);
        assert_eq!(folded.text, "a straße of 300 kelvin");
        for word in ["straße", "of", "kelvin", "elvin"] {
            let at = folded.origin(folded.text.find(word).unwrap());
            assert_eq!(text[at..].chars().next().map(fold), word.chars().next(), "{word}");
        }
    }
}
