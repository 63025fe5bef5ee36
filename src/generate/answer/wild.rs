//! Telling an answer that ran wild from one that was merely cut: a larger cap only lets it run for longer.

/// White space at the end of an answer, in bytes, from which on it is a flood.
const FLOOD_BYTES: usize = 1_000;

/// The end of an answer that is looked at, in bytes.
const TAIL_BYTES: usize = 2_000;

/// A piece that fills the end of an answer so many times is a repetition.
const TIMES_MIN: usize = 8;

/// How an answer ran wild, if it did.
pub(super) fn wild(text: &str) -> Option<String> {
    let trimmed = text.trim_end();
    let flood = text.len() - trimmed.len();
    if flood >= FLOOD_BYTES {
        return Some(format!("it ends in {flood} characters of white space"));
    }
    let bytes = trimmed.as_bytes();
    let tail = bytes.get(bytes.len().checked_sub(TAIL_BYTES)?..)?;
    let period = period(tail);
    (period * TIMES_MIN <= tail.len())
        .then(|| format!("it repeats itself: {period} bytes over and over, until its end"))
}

/// The length of the shortest piece that a row of bytes repeats, by the failure function of Knuth, Morris and Pratt.
fn period(bytes: &[u8]) -> usize {
    let mut borders: Vec<usize> = vec![0];
    let mut border = 0;
    for byte in bytes.iter().skip(1) {
        while border > 0 && bytes.get(border) != Some(byte) {
            border = borders.get(border - 1).copied().unwrap_or(0);
        }
        border += usize::from(bytes.get(border) == Some(byte));
        borders.push(border);
    }
    bytes.len() - border
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floods_and_repetitions_are_told_from_answers_that_are_only_long() {
        let sentences: Vec<String> = (0..400).map(|number| format!("Sentence {number} says so. ")).collect();
        let prose = sentences.concat();
        for (text, expected) in [
            ("{".to_owned() + &" \n".repeat(40_000), "white space"),
            ("{\"a\": \"Mug ".to_owned() + &"own ".repeat(8_000), "4 bytes"),
            ("{\"a\": \"".to_owned() + &"\\n".repeat(8_000), "2 bytes"),
            ("{\"a\": \"".to_owned() + &"陶器".repeat(8_000), "6 bytes"),
            ("{\"a\": \"".to_owned() + &prose, ""),
            ("{\"a\": \"Mug own own own own".to_owned(), ""),
            (String::new(), ""),
        ] {
            let got = wild(&text).unwrap_or_default();
            assert!(got.contains(expected) && got.is_empty() == expected.is_empty(), "{got}");
        }
    }
}
