//! Personal data in texts: found by its own rules, and masked before anything else reads the text. Pure.
//!
//! Kinds with a structure of their own (a check digit, a country's numbering plan) are found everywhere.
//! Names and addresses have none: they are looked for in prose alone, where people write about themselves.

mod account;
mod address;
mod context;
mod digits;
pub mod names;
mod national_id;
mod network;
mod person;
mod phone;

use std::borrow::Cow;
use std::collections::BTreeMap;

/// A kind of personal data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PersonalDataKind {
    /// An e-mail address.
    Email,
    /// A telephone or fax number.
    Phone,
    /// The number of a payment card.
    Card,
    /// An international bank account number.
    Iban,
    /// The number of an identity card, a driving licence, a passport, a tax or a social security account.
    NationalId,
    /// An address of the internet protocol.
    Ip,
    /// A person's name.
    Person,
    /// A postal address.
    Address,
}

impl PersonalDataKind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::Email,
        Self::Phone,
        Self::Card,
        Self::Iban,
        Self::NationalId,
        Self::Ip,
        Self::Person,
        Self::Address,
    ];

    /// The kind's word, in rules, masks and figures.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Card => "card",
            Self::Iban => "iban",
            Self::NationalId => "national_id",
            Self::Ip => "ip",
            Self::Person => "person",
            Self::Address => "address",
        }
    }

    /// What replaces it in a masked text.
    #[must_use]
    pub fn mask(self) -> &'static str {
        match self {
            Self::Email => "[email]",
            Self::Phone => "[phone]",
            Self::Card => "[card]",
            Self::Iban => "[iban]",
            Self::NationalId => "[national_id]",
            Self::Ip => "[ip]",
            Self::Person => "[person]",
            Self::Address => "[address]",
        }
    }

    /// Whether it has a structure of its own that can be proved.
    #[must_use]
    pub fn is_structured(self) -> bool {
        !matches!(self, Self::Person | Self::Address)
    }
}

/// Personal data at a place of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PersonalData {
    /// What it is.
    pub kind: PersonalDataKind,
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

/// What a text is, which decides how much evidence it takes to call something personal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// A value of an attribute, a title, copy: full of codes and sizes, and of names that are brands.
    Facts,
    /// What a person wrote: a review, a question.
    Prose,
}

/// Everything personal in a text, in order, without overlaps.
#[must_use]
pub fn find(text: &str, scope: Scope) -> Vec<PersonalData> {
    let mut found = Vec::new();
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    // Most values of attributes hold nothing that could be any of it.
    if text.contains('@') || text.contains("at]") || text.contains("at)") || text.contains(" at ") {
        network::emails(text, &mut found);
    }
    if digits >= 4 {
        network::addresses(text, scope, &mut found);
    }
    if digits >= 7 {
        account::ibans(text, &mut found);
        national_id::find(text, &mut found);
        account::cards(text, &mut found);
        phone::find(text, scope, &mut found);
    }
    if scope == Scope::Prose {
        address::find(text, &mut found);
        person::find(text, &mut found);
    }
    without_overlaps(found)
}

/// The text with everything personal replaced by what it is; borrowed where there is nothing.
#[must_use]
pub fn mask(text: &str, scope: Scope) -> Cow<'_, str> {
    let found = find(text, scope);
    if found.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut masked = String::with_capacity(text.len());
    let mut at = 0;
    for data in found {
        masked.push_str(text.get(at..data.start).unwrap_or_default());
        masked.push_str(data.kind.mask());
        at = data.end;
    }
    masked.push_str(text.get(at..).unwrap_or_default());
    Cow::Owned(masked)
}

/// In order of place; of two that overlap the kind that is found first stays, for the surer kinds are found first.
fn without_overlaps(found: Vec<PersonalData>) -> Vec<PersonalData> {
    let mut kept: BTreeMap<usize, PersonalData> = BTreeMap::new();
    for data in found {
        // What is kept does not overlap: of all that begins before the end, the last one reaches farthest.
        let clear = kept.range(..data.end).next_back().is_none_or(|(_, other)| other.end <= data.start);
        if clear {
            kept.insert(data.start, data);
        }
    }
    kept.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is found in a text, as `kind:part`.
    fn check(scope: Scope, text: &str, expected: &[&str]) {
        let found: Vec<String> = find(text, scope)
            .iter()
            .map(|data| format!("{}:{}", data.kind.as_str(), &text[data.start..data.end]))
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn data_with_a_structure_of_its_own_is_found_wherever_it_stands() {
        for scope in [Scope::Facts, Scope::Prose] {
            check(
                scope,
                "write to jane.doe+shop@mail.example.co.uk now",
                &["email:jane.doe+shop@mail.example.co.uk"],
            );
            check(scope, "jane [at] example [dot] com", &["email:jane [at] example [dot] com"]);
            check(scope, "paid with 4111 1111 1111 1111.", &["card:4111 1111 1111 1111"]);
            check(scope, "Amex 3782-822463-10005", &["card:3782-822463-10005"]);
            check(scope, "IBAN DE89 3704 0044 0532 0130 00 bitte", &["iban:DE89 3704 0044 0532 0130 00"]);
            check(scope, "gb82west12345698765432", &["iban:gb82west12345698765432"]);
            check(scope, "SSN 536-90-4399", &["national_id:536-90-4399"]);
            check(
                scope,
                "from 81.2.69.142 and fe80::1ff:fe23:4567:890a",
                &["ip:81.2.69.142", "ip:fe80::1ff:fe23:4567:890a"],
            );
            check(scope, "call +44 20 7946 0958 today", &["phone:+44 20 7946 0958"]);
            check(scope, "Tel.: (030) 901820-11", &["phone:(030) 901820-11"]);
            check(scope, "phone 212-736-5000 ext. 12", &["phone:212-736-5000 ext. 12"]);
            check(scope, "身份证号 11010519491231002X", &["national_id:11010519491231002X"]);
            check(scope, "DNI 12345678Z", &["national_id:12345678Z"]);
        }
    }

    #[test]
    fn numbers_of_products_are_nobody_s() {
        for text in [
            "EAN 4006381333931",
            "GTIN: 04012345678901",
            "4111 1111 1111 1112",
            "ISBN 978-3-16-148410-0",
            "1920 x 1080 pixels, 5000 mAh",
            "Android 12.0.1.4",
            "Model 618-226-1460",
            "0.25 / 0.50 / 0.75 l",
            "2024-05-17 12:30:00",
            "IP68 and IEC 60529",
            "Serial no. 4532 0151 1283 0366",
            "100 000 000 cycles",
            "GSM 850 / 900 / 1800 / 1900",
            "item 12345678A",
            "DE89 3704 0044 0532 0130 01",
            "size 10-20-3040",
            "Mon-Fri 08.00-17.00",
            "+5 to +40 °C",
            "gateway 192.168.1.1",
            "12 345 678 sold",
        ] {
            check(Scope::Facts, text, &[]);
        }
    }

    #[test]
    fn names_and_addresses_are_found_in_what_people_write() {
        check(Scope::Prose, "My name is Jana Novotná and I love it", &["person:Jana Novotná"]);
        check(Scope::Prose, "Thanks, Dr. Emily Carter!", &["person:Dr. Emily Carter"]);
        check(Scope::Prose, "Great mug.\n- Anna K.", &["person:Anna K."]);
        check(Scope::Prose, "Send it to 221B Baker Street, London", &["address:221B Baker Street"]);
        check(Scope::Prose, "Ich wohne in der Hauptstraße 12a.", &["address:Hauptstraße 12a"]);
        check(Scope::Prose, "10, rue de la Paix", &["address:10, rue de la Paix"]);
        check(Scope::Prose, "我叫王小明，电话13812345678", &["person:王小明", "phone:13812345678"]);
        check(Scope::Prose, "田中さんに勧められました", &["person:田中"]);
        check(Scope::Prose, "Spoke with Mrs. Oyelaran, who was lovely.", &["person:Mrs. Oyelaran"]);
        check(Scope::Prose, "My husband Dmitri wears it every day.", &["person:Dmitri"]);
        check(Scope::Prose, "Gracias a Guadalupe por la ayuda.", &["person:Guadalupe"]);
        check(Scope::Facts, "Calvin Klein, by Anna Sui", &[]);
        check(Scope::Prose, "The handle broke after two weeks. Great Britain made it.", &[]);
    }

    #[test]
    fn an_address_needs_no_word_for_a_street_and_may_stand_in_lines() {
        check(Scope::Prose, "ship to Kirchfeld 4, 80331 München.", &["address:Kirchfeld 4, 80331 München"]);
        check(Scope::Prose, "ul. Długa 5/7, 31-147 Kraków", &["address:ul. Długa 5/7, 31-147 Kraków"]);
        check(
            Scope::Prose,
            "My address is 5 Ivy Cottages, Leeds LS6 2AB.",
            &["address:5 Ivy Cottages, Leeds LS6 2AB"],
        );
        check(
            Scope::Prose,
            "Sven Lindqvist\nStorgatan 14\n123 45 Uppsala",
            &["person:Sven Lindqvist", "address:Storgatan 14\n123 45 Uppsala"],
        );
        check(
            Scope::Prose,
            "> 18 Long Acre\n> Oakham\n> LE15 6AS",
            &["address:18 Long Acre\n> Oakham\n> LE15 6AS"],
        );
        check(
            Scope::Prose,
            "at the corner of Mill Lane and 5th Avenue",
            &["address:corner of Mill Lane and 5th Avenue"],
        );
    }

    #[test]
    fn a_number_to_call_may_have_an_extension_and_a_zero_in_brackets() {
        for scope in [Scope::Facts, Scope::Prose] {
            check(scope, "call +44 (0)20 7946 0958 ext. 12", &["phone:+44 (0)20 7946 0958 ext. 12"]);
            check(scope, "tel 0041 44 668 18 00 DW 15", &["phone:0041 44 668 18 00 DW 15"]);
            check(scope, "phone: 001-541-754-3010x1234", &["phone:001-541-754-3010x1234"]);
            check(scope, "fax (541)754-3010 x 12", &["phone:(541)754-3010 x 12"]);
        }
    }

    #[test]
    fn what_a_shopper_writes_of_brands_measures_and_days_names_nobody() {
        for text in [
            "I compared it with Bosch and Makita and the DeWalt 20V drill wins.",
            "The Jack Wolfskin jacket kept me dry in Scotland last April.",
            "Hello everyone, does the Samsung Galaxy S21 fit in this case?",
            "Ralph Lauren polo, size M, navy. Runs small.",
            "Does it come in Rose Gold? The Olive Green one is sold out.",
            "Sehr gute Qualität, die Lieferung kam am Dienstag.",
            "Très bonne qualité, livraison rapide.",
            "Muy buena calidad. La funda llegó rota.",
            "Box 2 of 3 arrived damaged. Order 5 days late.",
            "Measuring 30 cm it fits. During 1984 they made more.",
            "Deliver to Paris 2 days later please.",
            "Battery lasts 12 Hours, charge in 2 Hours Max.",
        ] {
            check(Scope::Prose, text, &[]);
        }
    }

    #[test]
    fn long_texts_take_time_in_proportion() {
        for part in ["Anna Kowalska lives at 12 Main Street. ", "A-", "1 ", "Main 1 ", "Ä", "a@"] {
            let text = part.repeat(100_000 / part.len());
            assert!(find(&text, Scope::Prose).iter().all(|data| data.end <= text.len()), "{part}");
        }
    }

    #[test]
    fn a_masked_text_says_what_was_there_and_an_empty_mask_costs_nothing() {
        assert_eq!(mask("ask bob@example.com or +1 212 736 5000", Scope::Prose), "ask [email] or [phone]");
        assert!(matches!(mask("a clay mug of 300 ml", Scope::Prose), Cow::Borrowed(_)));
    }

    #[test]
    fn no_text_makes_it_panic() {
        let mut random = fastrand::Rng::with_seed(7);
        let alphabet: Vec<char> = "0123456789 +-().@[]abXZäß路号市〒さん\n:/'".chars().collect();
        for _ in 0..5_000 {
            let text: String = (0..random.usize(0..40)).map(|_| *random.choice(&alphabet).unwrap()).collect();
            let found = find(&text, Scope::Prose);
            assert!(found.iter().all(|data| text.get(data.start..data.end).is_some()), "{text:?}");
        }
    }
}
