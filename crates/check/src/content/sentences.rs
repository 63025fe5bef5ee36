//! The sentences of a text: where they begin and end, and how they are put together.

use unicode_segmentation::UnicodeSegmentation as _;

use crate::product::unit::is_cjk;

/// The sentences of a text with the byte that each begins at, by UAX #29 and line ends; blanks around them left out.
pub fn sentences(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_sentence_bound_indices()
        .flat_map(|(start, sentence)| {
            sentence.split('\n').scan(start, |at, line| {
                let start = *at;
                *at += line.len() + 1;
                Some((start, line))
            })
        })
        .filter_map(|(start, line)| {
            let trimmed = line.trim();
            let lead = line.len() - line.trim_start().len();
            (!trimmed.is_empty()).then_some((start + lead, trimmed))
        })
}

/// Adds a sentence to a text: behind a space, where the script has spaces.
pub(crate) fn push_sentence(text: &mut String, sentence: &str) {
    let spaced = |last: char| !is_cjk(last) && !matches!(last, '。' | '！' | '？');
    if text.chars().next_back().is_some_and(spaced) {
        text.push(' ');
    }
    text.push_str(sentence);
}

#[cfg(test)]
mod tests {
    use super::sentences;

    #[test]
    fn a_sentence_ends_where_its_language_ends_it() {
        let text = "It holds 2.5 l. It is blue!\n• Light\n容量为300毫升。可放入洗碗机。";
        let found: Vec<&str> = sentences(text)
            .map(|(start, sentence)| {
                assert!(text[start..].starts_with(sentence));
                sentence
            })
            .collect();
        assert_eq!(found, ["It holds 2.5 l.", "It is blue!", "• Light", "容量为300毫升。", "可放入洗碗机。"]);
    }
}
