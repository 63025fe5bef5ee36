//! What a run of digits may mean: thousands and decimals, in the notations of the recipes' languages.

/// One meaning of a run of digits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct NumberReading {
    /// The value.
    pub(super) value: f64,
    /// Digits after the decimal separator.
    pub(super) decimals: u32,
}

/// Length in bytes of a run of digits with separators between them.
pub(super) fn digits_length(rest: &str) -> usize {
    let mut length = 0;
    let mut characters = rest.char_indices().peekable();
    while let Some((index, character)) = characters.next() {
        let separates = matches!(character, '.' | ',' | '\'' | '’' | '\u{a0}' | '\u{202f}');
        if character.is_ascii_digit() {
            length = index + 1;
        } else if separates && characters.peek().is_some_and(|(_, next)| next.is_ascii_digit()) {
            let group = rest.get(index + character.len_utf8()..).unwrap_or_default();
            let group = group.chars().take_while(char::is_ascii_digit).count();
            // A space or apostrophe separates thousands only.
            if !matches!(character, '.' | ',') && group != 3 {
                break;
            }
        } else {
            break;
        }
    }
    length
}

/// What digits with separators may mean; `None` where they are no number (`1.2.3`).
pub(super) fn readings(digits: &str) -> Option<Vec<NumberReading>> {
    let groups: Vec<&str> = digits.split(|c: char| !c.is_ascii_digit()).collect();
    let separators: Vec<char> = digits.chars().filter(|c| !c.is_ascii_digit()).collect();
    let whole = || groups.concat();
    let thousands = groups.len() > 1
        && groups.first().is_some_and(|first| (1..=3).contains(&first.len()))
        && groups.iter().skip(1).all(|group| group.len() == 3);
    let reading = |text: String, decimals: usize| {
        let decimals = u32::try_from(decimals).unwrap_or(u32::MAX);
        text.parse().ok().map(|value| NumberReading { value, decimals })
    };
    let mut found = Vec::new();
    match (separators.last(), separators.len()) {
        (None, _) => found.extend(reading(whole(), 0)),
        (Some(last), count) => {
            let same = separators.iter().all(|separator| separator == last);
            let (head, tail) = digits.rsplit_once(*last).unwrap_or((digits, ""));
            let decimal = || {
                let head: String = head.chars().filter(char::is_ascii_digit).collect();
                reading(format!("{head}.{tail}"), tail.len())
            };
            if thousands && same {
                found.extend(reading(whole(), 0));
            }
            if matches!(last, '.' | ',') && (count == 1 || !same) {
                found.extend(decimal());
            }
        }
    }
    (!found.is_empty()).then_some(found)
}
