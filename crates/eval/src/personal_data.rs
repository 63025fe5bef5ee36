//! Personal data that is found in texts, against what people marked there.

use serde::Deserialize;
use skuscribe_check::privacy::{PersonalData, PersonalDataKind, Scope, find};

use crate::before::Figures;
use crate::table::table;

/// A text with the personal data that people marked in it.
#[derive(Debug, Deserialize)]
pub struct MarkedText {
    text: String,
    spans: Vec<MarkedSpan>,
}

#[derive(Debug, Deserialize)]
struct MarkedSpan {
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

/// The marks and findings of a kind.
#[derive(Clone, Copy, Default)]
struct SpanCounts {
    marked: usize,
    caught: usize,
    found: usize,
    right: usize,
}

impl SpanCounts {
    fn row(self, name: &str, figures: &mut Figures) -> [String; 7] {
        let share = |part: usize, whole: usize| part as f64 / whole.max(1) as f64;
        let (recall, precision) = (share(self.caught, self.marked), share(self.right, self.found));
        [
            name.to_owned(),
            self.marked.to_string(),
            format!("{recall:.3}"),
            figures.take(&format!("{name}: recall"), recall),
            self.found.to_string(),
            format!("{precision:.3}"),
            figures.take(&format!("{name}: precision"), precision),
        ]
    }

    fn add(&mut self, other: Self) {
        self.marked += other.marked;
        self.caught += other.caught;
        self.found += other.found;
        self.right += other.right;
    }
}

/// Prints recall and precision by kind; a mark is caught, and a finding right, where both meet and are of one kind.
pub fn evaluate(name: &str, texts: &[MarkedText], disagreements: bool, figures: &mut Figures) {
    figures.of_file(name);
    println!("{name}: {} texts with personal data marked by people", texts.len());
    let mut rows = vec![["kind", "marked", "recall", "", "found", "precision", ""].map(str::to_owned)];
    let (mut structured, mut all) = (SpanCounts::default(), SpanCounts::default());
    for kind in PersonalDataKind::ALL {
        let mut counts = SpanCounts::default();
        for text in texts {
            counts.add(text.count(kind, disagreements));
        }
        rows.push(counts.row(kind.as_str(), figures));
        all.add(counts);
        if kind.is_structured() {
            structured.add(counts);
        }
    }
    rows.extend([structured.row("structured kinds", figures), all.row("all", figures)]);
    println!("{}", table(2, &[0], rows));
}

impl MarkedText {
    fn count(&self, kind: PersonalDataKind, disagreements: bool) -> SpanCounts {
        let marks = self.marks(kind);
        let found: Vec<PersonalData> =
            find(&self.text, Scope::Prose).into_iter().filter(|data| data.kind == kind).collect();
        let meets = |data: &PersonalData, mark: &(usize, usize)| data.start < mark.1 && mark.0 < data.end;
        let caught = |mark: &&(usize, usize)| found.iter().any(|data| meets(data, mark));
        let right = |data: &&PersonalData| marks.iter().any(|mark| meets(data, mark));
        if disagreements {
            for (start, end) in marks.iter().filter(|mark| !caught(mark)) {
                println!("  missed {}: {:?} in {:?}", kind.as_str(), self.text.get(*start..*end), self.text);
            }
            for data in found.iter().filter(|data| !right(data)) {
                let part = self.text.get(data.start..data.end);
                println!("  alarm {}: {part:?} in {:?}", kind.as_str(), self.text);
            }
        }
        SpanCounts {
            marked: marks.len(),
            caught: marks.iter().filter(caught).count(),
            found: found.len(),
            right: found.iter().filter(right).count(),
        }
    }

    /// Where people marked a kind, in bytes.
    fn marks(&self, kind: PersonalDataKind) -> Vec<(usize, usize)> {
        let bytes: Vec<usize> = self.text.char_indices().map(|(at, _)| at).chain([self.text.len()]).collect();
        let byte = |character: usize| bytes.get(character).copied().unwrap_or(self.text.len());
        let marks = self.spans.iter().filter(|mark| kind_of(&mark.kind) == Some(kind));
        marks.map(|mark| (byte(mark.start), byte(mark.end))).collect()
    }
}
