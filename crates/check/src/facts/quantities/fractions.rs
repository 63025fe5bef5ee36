//! Fractions and mixed numbers, and lengths in feet and inches, as people write them: `3/4`, `6 1/2`, `½`, `5'10"`.

/// What a fraction of an inch, a litre or a cup is divided into.
const DENOMINATORS: [u32; 10] = [2, 3, 4, 5, 6, 8, 12, 16, 32, 64];

/// Between a whole number and its fraction.
const BLANKS: [char; 5] = [' ', '-', '\u{a0}', '\u{202f}', '\u{2009}'];

/// The value of a fraction that is one character.
pub(super) fn sign(character: char) -> Option<f64> {
    let (above, below) = match character {
        '¼' => (1, 4),
        '½' => (1, 2),
        '¾' => (3, 4),
        '⅐' => (1, 7),
        '⅑' => (1, 9),
        '⅒' => (1, 10),
        '⅓' => (1, 3),
        '⅔' => (2, 3),
        '⅕' => (1, 5),
        '⅖' => (2, 5),
        '⅗' => (3, 5),
        '⅘' => (4, 5),
        '⅙' => (1, 6),
        '⅚' => (5, 6),
        '⅛' => (1, 8),
        '⅜' => (3, 8),
        '⅝' => (5, 8),
        '⅞' => (7, 8),
        _ => return None,
    };
    Some(f64::from(above) / f64::from(below))
}

/// The fraction that a text begins with, and its length in bytes.
pub(super) fn fraction(rest: &str) -> Option<(f64, usize)> {
    let first = rest.chars().next()?;
    if let Some(value) = sign(first) {
        return Some((value, first.len_utf8()));
    }
    let above = short_number(rest)?;
    let behind = rest.get(above.1..)?.strip_prefix('/')?;
    let below = short_number(behind)?;
    let end = behind.get(below.1..)?;
    // "1/2/2024" is a date, "1/2.5" something else.
    let goes_on = end.starts_with('/')
        || end.strip_prefix(['.', ',']).is_some_and(|end| end.starts_with(|c: char| c.is_ascii_digit()));
    let fraction = DENOMINATORS.contains(&below.0) && (1..below.0).contains(&above.0) && !goes_on;
    fraction.then(|| (f64::from(above.0) / f64::from(below.0), above.1 + 1 + below.1))
}

/// The fraction that follows a whole number, with the blank between them; gives its length in bytes.
pub(super) fn fraction_behind(rest: &str) -> Option<(f64, usize)> {
    let gap = rest.chars().next().filter(|c| BLANKS.contains(c)).map_or(0, char::len_utf8);
    let (value, length) = fraction(rest.get(gap..)?)?;
    // "61/2" is no mixed number.
    let whole = gap > 0 || rest.chars().next().is_some_and(|c| sign(c).is_some());
    whole.then_some((value, gap + length))
}

/// The inches of a length in feet and inches that a text begins with, and its length in bytes.
pub(super) fn feet_and_inches(rest: &str) -> Option<(f64, usize)> {
    let feet = short_number(rest)?;
    let behind = rest.get(feet.1..)?;
    let prime = behind.chars().next().filter(|c| matches!(c, '\'' | '′' | '’'))?;
    let inner = behind.get(prime.len_utf8()..)?;
    let blank = usize::from(inner.starts_with(' '));
    let digits = inner.get(blank..)?;
    let inches = short_number(digits)?;
    let (more, more_length) = fraction_behind(digits.get(inches.1..)?).unwrap_or((0.0, 0));
    let end = digits.get(inches.1 + more_length..)?;
    let closed =
        ["\"", "″", "”", "''", "′′"].iter().find(|sign| end.starts_with(**sign)).map(|sign| sign.len());
    let open = blank == 0 && !end.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | ',' | '\''));
    if inches.0 > 11 || (closed.is_none() && !open) {
        return None;
    }
    let length = feet.1 + prime.len_utf8() + blank + inches.1 + more_length + closed.unwrap_or(0);
    Some((f64::from(feet.0) * 12.0 + f64::from(inches.0) + more, length))
}

/// A number of one or two digits, and its length.
fn short_number(rest: &str) -> Option<(u32, usize)> {
    let length = rest.bytes().take(3).take_while(u8::is_ascii_digit).count();
    (1..=2).contains(&length).then(|| rest.get(..length)?.parse().ok().map(|value| (value, length)))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_are_read_and_dates_are_none() {
        assert_eq!(fraction("3/4\""), Some((0.75, 3)));
        assert_eq!(fraction("½ inch"), Some((0.5, 2)));
        assert_eq!(fraction("1/2/2024"), None);
        assert_eq!(fraction("24/7"), None);
        assert_eq!(fraction("50/60 Hz"), None);
        assert_eq!(fraction_behind(" 1/2 in"), Some((0.5, 4)));
        assert_eq!(fraction_behind("½"), Some((0.5, 2)));
    }

    #[test]
    fn feet_and_inches_are_one_length() {
        assert_eq!(feet_and_inches("5'10\" tall"), Some((70.0, 5)));
        assert_eq!(feet_and_inches("10′6″"), Some((126.0, 9)));
        assert_eq!(feet_and_inches("5' 2 1/2\""), Some((62.5, 9)));
        assert_eq!(feet_and_inches("10'000"), None);
        assert_eq!(feet_and_inches("6' cable"), None);
    }
}
