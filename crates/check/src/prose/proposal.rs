//! What is proposed, what became of it, and why.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::product::ProseSource;

/// Most proposals about one product that are looked at.
pub const PROPOSALS_MAX: usize = 40;
/// Most characters of a quote.
pub const QUOTE_CHARS_MAX: usize = 400;
/// Most characters of a name, and of a value with its unit.
pub(super) const NAME_CHARS_MAX: usize = 60;
pub(super) const VALUE_CHARS_MAX: usize = 200;

/// An attribute that somebody reads out of prose; untrusted.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Proposal {
    /// The attribute's name.
    pub name: String,
    /// What the quote says of it; of a quantity the number.
    pub value: String,
    /// A quantity's unit; empty where there is none.
    #[serde(default)]
    pub unit: String,
    /// The words that it rests on.
    pub quote: String,
    /// The text that they stand in.
    pub from: ProseSource,
}

/// Why a proposal is no fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The quote stands in no such text.
    NotInText,
    /// The value's words, or its number and unit, do not stand in the quote.
    NotInQuote,
    /// The text denies it.
    Denied,
    /// The name is that of no attribute: title, price, stock.
    NoAttribute,
    /// Attributes of that name are for the shop alone.
    Internal,
    /// Name, value or quote hold personal data.
    PersonalData,
    /// Name, value or quote is longer than any is.
    TooLong,
    /// There is no value, or one that says nothing.
    NoValue,
    /// The text says the number of something else: width, not height.
    OtherMeasure,
    /// An attribute says the same.
    Stated(String),
    /// An attribute says something else.
    Contradicts(String),
    /// Only a review says so.
    Opinion,
    /// It is asked, not said.
    Asked,
    /// A word makes it a possibility.
    Hedged(String),
    /// A word makes it a comparison.
    Compared(String),
    /// A word makes it something else than the product.
    OfOther(String),
    /// It is said of a part.
    OfPart(String),
    /// The text says more than the value: one of several materials, a blend.
    Partial,
    /// The number is a bound, a range or about so.
    Bounded,
    /// A thing only looks like it.
    Looks,
    /// The words do not say what it is said of.
    OfWhat,
    /// The words stand there, and not that they are what the name says.
    NotNamed,
    /// Only the title says so: "Leather Polish" is of no leather.
    TitleOnly,
    /// Instructions to a model stand in the same text.
    Instructed,
    /// A word makes it what was, will be or is wished, or turns it round.
    Unreal(String),
    /// They are the words of others: a customer, a quotation.
    Reported,
    /// It stands under a heading, or behind a label, of something else.
    UnderHeading(String),
    /// A word behind it limits the number to one state or place.
    Limited(String),
    /// Other words of the product's prose say otherwise.
    Disagrees(String),
}

impl Reason {
    /// Whether no person needs to look at it.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::NotInText
                | Self::NotInQuote
                | Self::Denied
                | Self::NoAttribute
                | Self::Internal
                | Self::PersonalData
                | Self::TooLong
                | Self::NoValue
                | Self::OtherMeasure
                | Self::Stated(_)
        )
    }

    /// Its name in reports.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotInText => "not_in_text",
            Self::NotInQuote => "not_in_quote",
            Self::Denied => "denied",
            Self::NoAttribute => "no_attribute",
            Self::Internal => "internal",
            Self::PersonalData => "personal_data",
            Self::TooLong => "too_long",
            Self::NoValue => "no_value",
            Self::OtherMeasure => "other_measure",
            Self::Stated(_) => "stated",
            Self::Contradicts(_) => "contradicts",
            Self::Opinion => "opinion",
            Self::Asked => "asked",
            Self::Hedged(_) => "hedged",
            Self::Compared(_) => "compared",
            Self::OfOther(_) => "of_other",
            Self::OfPart(_) => "of_part",
            Self::Partial => "partial",
            Self::Bounded => "bounded",
            Self::Looks => "looks",
            Self::OfWhat => "of_what",
            Self::NotNamed => "not_named",
            Self::TitleOnly => "title_only",
            Self::Instructed => "instructed",
            Self::Unreal(_) => "unreal",
            Self::Reported => "reported",
            Self::UnderHeading(_) => "under_heading",
            Self::Limited(_) => "limited",
            Self::Disagrees(_) => "disagrees",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotInText => f.write_str("the quote does not stand in the text"),
            Self::NotInQuote => f.write_str("the quote does not say the value"),
            Self::Denied => f.write_str("the text denies it"),
            Self::NoAttribute => f.write_str("this is no name of an attribute"),
            Self::Internal => f.write_str("attributes of this name are for the shop alone"),
            Self::PersonalData => f.write_str("it holds personal data"),
            Self::TooLong => f.write_str("it is too long"),
            Self::NoValue => f.write_str("the value says nothing"),
            Self::OtherMeasure => f.write_str("the text says the number of something else"),
            Self::Stated(name) => write!(f, "the attribute {name} says so already"),
            Self::Contradicts(name) => write!(f, "the attribute {name} says otherwise"),
            Self::Opinion => f.write_str("only a review says so"),
            Self::Asked => f.write_str("the text asks it"),
            Self::Hedged(word) => write!(f, "\"{word}\" makes it a possibility"),
            Self::Compared(word) => write!(f, "\"{word}\" makes it a comparison"),
            Self::OfOther(word) => write!(f, "\"{word}\" makes it something else than the product"),
            Self::OfPart(part) => write!(f, "it is said of a part: {part}"),
            Self::Partial => f.write_str("the text says more than the value"),
            Self::Bounded => f.write_str("the number is a bound, a range or one of several"),
            Self::Looks => f.write_str("the text says what it looks like"),
            Self::OfWhat => f.write_str("the words do not say that it is said of the product"),
            Self::NotNamed => f.write_str("the words stand there, and not that they are what the name says"),
            Self::TitleOnly => f.write_str("only the title says so"),
            Self::Instructed => f.write_str("the text it stands in instructs its reader"),
            Self::Unreal(word) => write!(f, "\"{word}\" makes it what is not so, or not now"),
            Self::Reported => f.write_str("the text says it in the words of others"),
            Self::UnderHeading(heading) => write!(f, "it stands under \"{heading}\""),
            Self::Limited(word) => write!(f, "\"{word}\" makes it the number of one state or part"),
            Self::Disagrees(other) => write!(f, "other words of the prose say {other}"),
        }
    }
}
