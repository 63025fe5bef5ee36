//! Personal data that is found in texts, beside what people marked there.

use serde::Deserialize;

use crate::cli::terminal::Columns;
use skuscribe_check::privacy::{PersonalData, PersonalDataKind, Scope, find};

/// A text with the personal data that people marked in it.
#[derive(Debug, Deserialize)]
pub(super) struct Marked {
    text: String,
    spans: Vec<Mark>,
}

#[derive(Debug, Deserialize)]
struct Mark {
    kind: String,
    /// In characters, end exclusive.
    start: usize,
    end: usize,
}

/// Our kind of a label, in the words of Presidio's sets; `None` for what is no personal data by itself (places, dates).
fn kind_of(label: &str) -> Option<PersonalDataKind> {
    Some(match label {
        "EMAIL_ADDRESS" => PersonalDataKind::Email,
        "PHONE_NUMBER" => PersonalDataKind::Phone,
        "CREDIT_CARD" => PersonalDataKind::Card,
        "IBAN_CODE" => PersonalDataKind::Iban,
        "IP_ADDRESS" => PersonalDataKind::Ip,
        "PERSON" => PersonalDataKind::Person,
        "STREET_ADDRESS" => PersonalDataKind::Address,
        _ if ["SSN", "LICENSE", "PASSPORT", "NATIONAL_ID", "TAX_ID", "_NIF", "_NHS", "_NRIC", "ITIN"]
            .iter()
            .any(|part| label.contains(part)) =>
        {
            PersonalDataKind::NationalId
        }
        _ => return None,
    })
}

#[derive(Clone, Copy, Default)]
struct Counts {
    marked: usize,
    caught: usize,
    found: usize,
    right: usize,
}

impl Counts {
    fn row(self, name: &str) -> [String; 5] {
        let share = |part: usize, whole: usize| part as f64 / whole.max(1) as f64;
        [
            name.to_owned(),
            self.marked.to_string(),
            format!("{:.3}", share(self.caught, self.marked)),
            self.found.to_string(),
            format!("{:.3}", share(self.right, self.found)),
        ]
    }

    fn add(&mut self, other: Self) {
        self.marked += other.marked;
        self.caught += other.caught;
        self.found += other.found;
        self.right += other.right;
    }
}

/// Recall and precision by kind; a mark is caught, and a finding right, where both meet and are of one kind.
pub(super) fn evaluate(name: &str, texts: &[Marked], disagreements: bool) {
    println!("{name}: {} texts with personal data marked by people", texts.len());
    let mut columns = Columns::new(2, &[1, 2, 3, 4]);
    columns.row(["kind", "marked", "recall", "found", "precision"]);
    let (mut structured, mut all) = (Counts::default(), Counts::default());
    for kind in PersonalDataKind::ALL {
        let mut counts = Counts::default();
        for own in texts {
            let bytes: Vec<usize> =
                own.text.char_indices().map(|(at, _)| at).chain([own.text.len()]).collect();
            let byte = |character: usize| bytes.get(character).copied().unwrap_or(own.text.len());
            let marks: Vec<(usize, usize)> = own
                .spans
                .iter()
                .filter(|mark| kind_of(&mark.kind) == Some(kind))
                .map(|mark| (byte(mark.start), byte(mark.end)))
                .collect();
            let found: Vec<PersonalData> =
                find(&own.text, Scope::Prose).into_iter().filter(|own| own.kind == kind).collect();
            let meets =
                |found: &PersonalData, mark: &(usize, usize)| found.start < mark.1 && mark.0 < found.end;
            let caught = |mark: &&(usize, usize)| found.iter().any(|found| meets(found, mark));
            let right = |found: &&PersonalData| marks.iter().any(|mark| meets(found, mark));
            counts.add(Counts {
                marked: marks.len(),
                caught: marks.iter().filter(caught).count(),
                found: found.len(),
                right: found.iter().filter(right).count(),
            });
            if disagreements {
                for mark in marks.iter().filter(|mark| !caught(mark)) {
                    println!(
                        "  missed {}: {:?} in {:?}",
                        kind.as_str(),
                        own.text.get(mark.0..mark.1),
                        own.text
                    );
                }
                for own_found in found.iter().filter(|found| !right(found)) {
                    println!(
                        "  alarm {}: {:?} in {:?}",
                        kind.as_str(),
                        own.text.get(own_found.start..own_found.end),
                        own.text
                    );
                }
            }
        }
        columns.row(counts.row(kind.as_str()));
        all.add(counts);
        if kind.is_structured() {
            structured.add(counts);
        }
    }
    columns.row(structured.row("structured kinds"));
    columns.row(all.row("all"));
    println!("{columns}");
}
