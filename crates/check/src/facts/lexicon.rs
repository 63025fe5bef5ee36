//! The language data: roles of words, and concepts with their spellings in every language, found in one pass over a text.
//!
//! `config/lexicon/*.toml` lists them, one file a language; `relations.toml` says how concepts relate.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::implied::Condition;
use super::lemma::{ByLemma, Lemma, Lemmatiser};
use super::lexicon_file::{LexiconEntry, entries};
use super::tokens::{Clause, Word};
use super::words::spans;
use crate::content::StatementKind;
use crate::product::unit::is_cjk;
use crate::rulebook::{LEXICON_FILES, RELATIONS};

/// Languages, a bit for each file: those that a text may be in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Languages(u8);

impl Languages {
    /// Any: of facts nobody says what language they are in.
    pub(super) const ALL: Self = Self(u8::MAX);

    /// The language of a text (`en`); any, where it has no file.
    pub(super) fn of(language: &str) -> Self {
        let place = LEXICON_FILES.iter().position(|(name, _)| *name == language);
        place.map_or(Self::ALL, |place| Self(1 << place))
    }

    /// With English, whose words every language borrows.
    fn with_english(self) -> Self {
        Self(self.0 | 1)
    }

    /// Whether the language of that place among the files is one of them.
    pub(super) fn has(self, place: usize) -> bool {
        u32::try_from(place)
            .ok()
            .and_then(|place| self.0.checked_shr(place))
            .is_some_and(|bits| bits & 1 != 0)
    }

    fn meet(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

macro_rules! roles {
    ($($role:ident = $key:literal,)*) => {
        /// What a word may do in its sentence.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Role { $($role,)* }

        impl Role {
            pub(super) const ALL: &[(Self, &str)] = &[$((Self::$role, $key),)*];
        }
    };
}

roles! {
    // Holds a sentence together and states nothing.
    Function = "function",
    // General phrasing, which no fact could bear and none need.
    General = "general",
    Deny = "deny",
    DenyBehind = "deny_behind",
    DenyQuality = "deny_prefix",
    Not = "not",
    Without = "without",
    Absent = "absent",
    State = "state",
    TakesBack = "takes_back",
    Turn = "turns",
    End = "ends",
    Preposition = "preposition",
    TakesWith = "takes_with",
    With = "with",
    // "With steel as its material".
    As = "as",
    Owns = "owns",
    And = "and",
    Join = "joins",
    Article = "article",
    Copula = "copula",
    Have = "have",
    // Its object is what a thing has.
    Affirm = "affirm_verbs",
    // Ends the object of a verb.
    Border = "borders",
    // Says no more of a use than that there is one.
    NoUse = "no_use",
    Person = "persons",
    // Makes a material one that it only looks like.
    Looks = "looks_only",
    // Claims the whole: "pure cotton".
    Pure = "pure",
    // Makes a material a part of the whole.
    Mixed = "mixed",
    Yes = "yes",
    No = "no",
    // Says which value follows, and nothing of it: "the tags are".
    Record = "records",
    // Names many numbers, and tells none from another.
    Label = "general_labels",
    // Says of which kind a value is, and is no feature.
    NoFeature = "no_features",
    NoName = "no_names",
    Multiple = "unnamed_multiples",
    // Names nothing in particular: a thing that is only called so is none that could be missing.
    Vague = "vague",
    Free = "free",
    Asks = "asks",
    // "Who would not want …?" asks nothing.
    Rhetorical = "rhetorical",
    // "more", "less": an amount follows.
    Amount = "amount",
    Than = "than",
    // Behind "than": what is no comparison, "than you think".
    Idiom = "idiom",
    NoComparison = "no_comparison",
    UpTo = "up_to",
    AtLeast = "at_least",
    Below = "below",
    Above = "above",
    About = "about",
}

impl Role {
    /// The role of a key of the files; there are several of general phrasing.
    fn named(key: &str) -> Option<Self> {
        let key = if key.starts_with("general_") && key != "general_labels" { "general" } else { key };
        Self::ALL.iter().find(|(_, name)| *name == key).map(|(role, _)| *role)
    }
}

/// A set of roles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Roles(u64);

impl Roles {
    pub(super) fn has(self, role: Role) -> bool {
        self.0 & (1 << role as u32) != 0
    }

    /// Whether a word with these roles asserts nothing of its own.
    pub(super) fn asserts_nothing(self) -> bool {
        const ASSERTING: [Role; 7] =
            [Role::Mixed, Role::Looks, Role::Pure, Role::Multiple, Role::NoName, Role::Yes, Role::No];
        let asserting = ASSERTING.into_iter().fold(0, |bits, role| bits | 1 << role as u32);
        self.0 & !asserting != 0
    }

    pub(super) fn with(self, role: Role) -> Self {
        Self(self.0 | 1 << role as u32)
    }
}

/// What a concept is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Class {
    /// A statement of this kind.
    Kind(StatementKind),
    Feature,
    Part,
    Dimension,
    /// What happened at a place: made, designed.
    Origin,
    /// What happened at a date.
    Event,
    Month,
    Level,
}

/// Which concepts exclude each other in a text: of those of a group that overlap the longest counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Group {
    Term,
    Phrase,
    Feature,
    Part,
    Other,
}

impl Class {
    pub(super) fn of_table(table: &str) -> Option<Self> {
        Some(match table {
            "features" => Self::Feature,
            "parts" => Self::Part,
            "dimensions" => Self::Dimension,
            "roles" => Self::Origin,
            "events" => Self::Event,
            "months" => Self::Month,
            "levels" => Self::Level,
            kind => Self::Kind(StatementKind::named(kind)?),
        })
    }

    pub(super) fn group(self) -> Group {
        match self {
            Self::Kind(
                StatementKind::Superlative
                | StatementKind::Warranty
                | StatementKind::Compatibility
                | StatementKind::Contents
                | StatementKind::Use
                | StatementKind::Benefit
                | StatementKind::Praise
                | StatementKind::Comparison,
            ) => Group::Phrase,
            Self::Kind(_) => Group::Term,
            Self::Feature => Group::Feature,
            Self::Part => Group::Part,
            _ => Group::Other,
        }
    }
}

/// A concept's place in the lexicon.
pub(super) type ConceptId = u16;

/// What the lexicon knows of a concept.
#[derive(Debug)]
struct Concept {
    name: &'static str,
    class: Class,
    /// The narrower concepts that support it, and what implies it.
    supported_by: Vec<ConceptId>,
}

/// A spelling: the words after its first, and what it means.
#[derive(Debug)]
struct Spelling {
    rest: Box<[Lemma]>,
    concept: ConceptId,
    languages: Languages,
}

/// All that the lexicon knows of a word, found once for each word of a text.
#[derive(Debug, Default)]
pub(super) struct LexiconWord {
    /// By language, in the order of the files.
    roles: [Roles; 6],
    /// The phrases that begin with it, as far as they have a role as one.
    phrases: Vec<(Box<[Lemma]>, Role, Languages)>,
    /// The spellings of concepts that begin with it, the longest first.
    spellings: Vec<Spelling>,
    number: Option<f64>,
}

impl LexiconWord {
    /// Its roles in these languages.
    pub(super) fn roles(&self, languages: Languages) -> Roles {
        let counts = self.roles.iter().enumerate().filter(|(place, _)| languages.0 & (1 << place) != 0);
        Roles(counts.fold(0, |all, (_, roles)| all | roles.0))
    }

    /// Whether a phrase that begins with it has a role as one.
    pub(super) fn begins_phrase(&self) -> bool {
        !self.phrases.is_empty()
    }

    /// The longest phrase with a role that begins with it, as its number of words, given those that follow.
    pub(super) fn role_of_phrase(&self, rest: &[Lemma], languages: Languages) -> Option<(usize, Role)> {
        let matching =
            self.phrases.iter().filter(|(phrase, _, of)| of.meet(languages) && rest.starts_with(phrase));
        matching.max_by_key(|(phrase, ..)| phrase.len()).map(|(phrase, role, _)| (phrase.len() + 1, *role))
    }

    /// The number that it says.
    pub(super) fn number(&self) -> Option<f64> {
        self.number
    }

    /// What it means on its own, of each class.
    pub(super) fn single(&self) -> impl Iterator<Item = (ConceptId, Class)> + use<'_> {
        let alone = self.spellings.iter().filter(|spelling| spelling.rest.is_empty());
        alone.filter_map(|spelling| Some((spelling.concept, lexicon().class(spelling.concept)?)))
    }
}

/// A concept in a text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hit {
    pub(super) concept: ConceptId,
    pub(super) class: Class,
    /// Where it begins, in bytes.
    pub(super) start: usize,
    pub(super) end: usize,
    /// Whether the clause denies it.
    pub(super) denied: bool,
    /// Places of its first word and of the one after its last, in the clause.
    pub(super) first: usize,
    pub(super) after: usize,
}

/// The language data, ready to be found in texts.
#[derive(Debug, Default)]
pub(super) struct Lexicon {
    words: ByLemma<LexiconWord>,
    concepts: Vec<Concept>,
    /// Spellings by their first character, of languages that do not.
    unspaced: foldhash::HashMap<char, Vec<(&'static str, ConceptId)>>,
    /// Spellings of dimensions with their names.
    dimensions: Vec<(&'static str, &'static str)>,
    deny_behind: Vec<String>,
    undoes: Vec<String>,
    deny_prefixes: Vec<String>,
    deny_suffixes: Vec<String>,
    /// The spellings of bounds, for texts that are no sentences.
    bounds: Vec<(Role, String)>,
    nothing: foldhash::HashSet<String>,
    yes: foldhash::HashSet<String>,
    no: foldhash::HashSet<String>,
    /// The longest of these three, in bytes.
    longest_value: usize,
    whole: Vec<ConceptId>,
    sides: Vec<ConceptId>,
    same_parts: Vec<[ConceptId; 2]>,
    /// Figures and codes with what follows from them.
    conditions: Vec<(Condition, ConceptId)>,
    soft: Vec<ConceptId>,
    /// "de" and "deu" of Germany.
    country_codes: foldhash::HashMap<String, ConceptId>,
    /// What refutes a freedom from something: the claim, and the ingredients.
    freedom: foldhash::HashMap<ConceptId, Vec<ConceptId>>,
    /// What a freedom is from, in a word: sugar of "sugar-free".
    free_of: foldhash::HashMap<ConceptId, Vec<ConceptId>>,
}

/// How concepts relate, in whatever language.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Relations {
    /// The narrower concepts of a broader one, which support it.
    broader: BTreeMap<String, Vec<String>>,
    implies: Vec<Implication>,
    /// By the claim of freedom, what refutes it.
    freedom: BTreeMap<String, Vec<String>>,
    /// Claims that are of more than the first of these.
    diets: Vec<String>,
    country_codes: BTreeMap<String, String>,
    parts: PartRelations,
    /// Parts that go by several names.
    same_part: BTreeMap<String, Vec<String>>,
    /// Features that praise as much as they state.
    soft: Vec<String>,
}

/// What the words of parts are worth.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PartRelations {
    /// Parts that are the thing itself.
    whole: Vec<String>,
    /// Words that only say where.
    sides: Vec<String>,
}

/// One concept that follows from another.
#[derive(Debug, Deserialize)]
struct Implication {
    #[serde(rename = "if")]
    condition: String,
    then: String,
}

/// Concepts by table and key.
type ByName = foldhash::HashMap<(&'static str, &'static str), ConceptId>;

static LEXICON: LazyLock<Lexicon> = LazyLock::new(Lexicon::load);

/// The language data, read once.
pub(super) fn lexicon() -> &'static Lexicon {
    &LEXICON
}

impl Lexicon {
    fn load() -> Self {
        let mut lexicon = Self::default();
        let mut by_name = ByName::default();
        for (language, (_, file)) in LEXICON_FILES.into_iter().enumerate() {
            for entry in entries(file) {
                lexicon.enter(language, entry, &mut by_name);
            }
        }
        lexicon.relate(&by_name);
        for word in lexicon.words.values_mut() {
            word.spellings.sort_by_key(|spelling| std::cmp::Reverse(spelling.rest.len()));
        }
        for of_first in lexicon.unspaced.values_mut() {
            of_first.sort_by_key(|spelling| std::cmp::Reverse(spelling.0.len()));
        }
        lexicon
    }

    fn enter(&mut self, language: usize, entry: LexiconEntry<'static>, by_name: &mut ByName) {
        let LexiconEntry { table, key, .. } = entry;
        let spellings = entry.spellings();
        if table == "words" {
            return self.enter_role(language, key, spellings);
        }
        if table == "numbers" {
            if let Ok(value) = key.parse() {
                let mut lemmatiser = Lemmatiser::default();
                for spelling in spellings.filter(|spelling| !spelling.starts_with(is_cjk)) {
                    self.words.entry(lemmatiser.of(spelling)).or_default().number = Some(value);
                }
            }
            return;
        }
        let Some(class) = Class::of_table(table) else { return };
        if class == Class::Dimension {
            self.dimensions.extend(spellings.clone().map(|spelling| (spelling, key)));
        }
        let next = ConceptId::try_from(self.concepts.len()).unwrap_or(ConceptId::MAX);
        let concept = *by_name.entry((table, key)).or_insert(next);
        if concept == next {
            self.concepts.push(Concept { name: key, class, supported_by: Vec::new() });
        }
        for spelling in spellings {
            self.enter_spelling(spelling, concept, Languages(1 << language));
        }
    }

    fn enter_role<'a>(&mut self, language: usize, key: &str, spellings: impl Iterator<Item = &'a str>) {
        let spellings: Vec<&str> = spellings.collect();
        let lowered = || spellings.iter().map(|spelling| spelling.to_lowercase());
        if matches!(key, "nothing" | "yes" | "no") {
            self.longest_value = lowered().map(|value| value.len()).fold(self.longest_value, usize::max);
        }
        match key {
            "deny_behind" => self.deny_behind.extend(lowered()),
            "undoes" => self.undoes.extend(lowered()),
            "deny_suffix" => self.deny_suffixes.extend(lowered()),
            "nothing" => self.nothing.extend(lowered()),
            "yes" => self.yes.extend(lowered()),
            "no" => self.no.extend(lowered()),
            "deny_prefix" => self.deny_prefixes.extend(lowered()),
            _ => {}
        }
        let Some(role) = Role::named(key) else { return };
        if matches!(role, Role::UpTo | Role::AtLeast | Role::Below | Role::Above) {
            self.bounds.extend(lowered().map(|spelling| (role, spelling)));
        }
        for spelling in spellings.into_iter().filter(|spelling| !spelling.starts_with(is_cjk)) {
            enter_role_of(&mut self.words, spelling, role, language);
        }
    }

    fn enter_spelling(&mut self, spelling: &'static str, concept: ConceptId, languages: Languages) {
        if let Some(first) = spelling.chars().next().filter(|first| is_cjk(*first)) {
            let of_first = self.unspaced.entry(first).or_default();
            if !of_first.iter().any(|entry| entry.0 == spelling && entry.1 == concept) {
                of_first.push((spelling, concept));
            }
            return;
        }
        // "Dishwasher-safe" is "dishwasher safe" as well.
        if spelling.contains('-') {
            self.enter_words(spelling.split([' ', '-']), concept, languages);
        }
        self.enter_words(spelling.split(' '), concept, languages);
    }

    fn enter_words<'a>(
        &mut self,
        words: impl Iterator<Item = &'a str>,
        concept: ConceptId,
        languages: Languages,
    ) {
        let mut lemmatiser = Lemmatiser::default();
        let mut words = words.filter(|word| !word.is_empty()).map(|word| lemmatiser.of(word));
        let Some(first) = words.next() else { return };
        let rest: Box<[Lemma]> = words.collect();
        let of_first = &mut self.words.entry(first).or_default().spellings;
        match of_first.iter_mut().find(|entry| entry.rest == rest && entry.concept == concept) {
            Some(entry) => entry.languages.0 |= languages.0,
            None => of_first.push(Spelling { rest, concept, languages }),
        }
    }

    fn relate(&mut self, by_name: &ByName) {
        let relations: Relations = toml::from_str(RELATIONS).unwrap_or_default();
        let mut by_key: foldhash::HashMap<&str, Vec<ConceptId>> = foldhash::HashMap::default();
        for ((_, key), concept) in by_name {
            by_key.entry(key).or_default().push(*concept);
        }
        for concepts in by_key.values_mut() {
            concepts.sort_unstable();
        }
        let named = |name: &str| by_key.get(name).map_or(&[][..], Vec::as_slice);
        let pairs = relations.broader.iter().flat_map(|(name, narrower)| {
            narrower.iter().map(move |narrower| (name.as_str(), narrower.as_str()))
        });
        let implied = relations.implies.iter().map(|rule| (rule.then.as_str(), rule.condition.as_str()));
        for rule in &relations.implies {
            let unknown = named(&rule.condition).is_empty();
            if let Some(condition) = Condition::parse(&rule.condition).filter(|_| unknown) {
                self.conditions.extend(named(&rule.then).iter().map(|concept| (condition.clone(), *concept)));
            }
        }
        for (supported, by) in pairs.chain(implied) {
            for concept in named(supported) {
                if let Some(concept) = self.concepts.get_mut(usize::from(*concept)) {
                    concept.supported_by.extend(named(by));
                }
            }
        }
        let parts = |names: &[String]| -> Vec<ConceptId> {
            names.iter().filter_map(|name| by_name.get(&("parts", name.as_str())).copied()).collect()
        };
        for (part, others) in &relations.same_part {
            let pairs = parts(std::slice::from_ref(part)).into_iter().zip(std::iter::repeat(parts(others)));
            self.same_parts
                .extend(pairs.flat_map(|(part, others)| others.into_iter().map(move |other| [part, other])));
        }
        (self.whole, self.sides) = (parts(&relations.parts.whole), parts(&relations.parts.sides));
        self.soft = relations.soft.iter().flat_map(|name| named(name)).copied().collect();
        for (claim, refuting) in &relations.freedom {
            let is_diet = relations.diets.contains(claim);
            for claim in named(claim) {
                if let Some(first) = refuting.first().filter(|_| !is_diet) {
                    self.free_of.entry(*claim).or_default().extend(named(first).iter().copied());
                }
                let refuting = refuting.iter().flat_map(|name| named(name)).copied();
                self.freedom.entry(*claim).or_default().extend(refuting);
            }
        }
        for (country, codes) in &relations.country_codes {
            let country = by_name.get(&("country", country.as_str()));
            for code in codes.split('|').filter(|_| country.is_some()) {
                self.country_codes.insert(code.trim().to_lowercase(), country.copied().unwrap_or_default());
            }
        }
    }

    /// What is known of a word, given as it is written as well.
    pub(super) fn word(&self, written: &str, lemma: Lemma) -> Option<&LexiconWord> {
        let words = if written.starts_with(is_cjk) { &*UNSPACED_WORDS } else { &self.words };
        words.get(&lemma)
    }

    /// The roles of a word in any language.
    pub(super) fn roles(&self, word: &str) -> Roles {
        let known = self.word(word, super::lemma::lemma(word));
        known.map_or_else(Roles::default, |known| known.roles(Languages::ALL))
    }

    /// Whether a word has a role in any language.
    pub(super) fn has_role(&self, word: &str, role: Role) -> bool {
        self.roles(word).has(role)
    }

    /// Whether a text ends with what denies the words before it, as Japanese verbs do.
    pub(super) fn denies_behind(&self, so_far: &str) -> bool {
        self.deny_behind.iter().any(|denial| so_far.ends_with(denial.as_str()))
    }

    /// Whether a word turns a denial into praise: "won't disappoint".
    pub(super) fn undoes(&self, written: &str) -> bool {
        let lower = written.to_lowercase();
        self.undoes.iter().any(|start| lower.starts_with(start.as_str()))
    }

    /// Every spelling of a dimension in any language, with the dimension's name.
    pub(super) fn dimensions(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.dimensions.iter().copied()
    }

    /// Whether a value is a placeholder: "n/a".
    pub(super) fn is_placeholder(&self, value: &str) -> bool {
        self.lowered(value.trim()).is_some_and(|value| self.nothing.contains(value.as_str()))
    }

    /// A value in lower case, where it may be one that the lexicon knows as a whole.
    fn lowered(&self, value: &str) -> Option<String> {
        // A letter may be shorter in lower case.
        (value.len() <= self.longest_value * 2).then(|| value.to_lowercase())
    }

    /// Whether a value says nothing: a placeholder, or signs that are no yes or no.
    pub(super) fn says_nothing(&self, value: &str) -> bool {
        self.is_placeholder(value) || !value.chars().any(|c| c.is_alphanumeric() || is_sign(c))
    }

    /// Whether a whole value says yes (`true`) or no (`false`).
    pub(super) fn yes_or_no(&self, value: &str) -> Option<bool> {
        let lower = self.lowered(value.trim())?;
        // "No." is a no, "inkl." is written so.
        let forms = [lower.as_str(), lower.trim_end_matches(['.', '!', '。'])];
        let says = |spellings: &foldhash::HashSet<String>| forms.iter().any(|form| spellings.contains(*form));
        if says(&self.no) { Some(false) } else { says(&self.yes).then_some(true) }
    }

    /// Whether a text in lower case has words of a bound: "less than".
    pub(super) fn bounds(&self, lower: &str, role: Role) -> bool {
        self.bounds.iter().any(|(of, words)| *of == role && lower.contains(words.as_str()))
    }

    /// What a country code stands for.
    pub(super) fn country(&self, code: &str) -> Option<ConceptId> {
        self.country_codes.get(code.trim().to_lowercase().as_str()).copied()
    }

    /// The parts of a word that deny the rest, each with that rest: "un" of "unlined", "less" of "sleeveless".
    pub(super) fn without_affix<'w>(&self, lower: &'w str) -> impl Iterator<Item = &'w str> {
        let prefixed = self.deny_prefixes.iter().filter_map(|prefix| lower.strip_prefix(prefix.as_str()));
        let suffixed = self.deny_suffixes.iter().filter_map(|suffix| lower.strip_suffix(suffix.as_str()));
        let rest: Vec<&str> = prefixed
            .chain(suffixed)
            .map(|rest| rest.trim_matches('-'))
            .filter(|rest| rest.chars().nth(2).is_some())
            .collect();
        rest.into_iter()
    }

    /// A concept's name, as the files write it.
    pub(super) fn name(&self, concept: ConceptId) -> &'static str {
        self.concepts.get(usize::from(concept)).map_or("", |concept| concept.name)
    }

    /// What a concept is of.
    pub(super) fn class(&self, concept: ConceptId) -> Option<Class> {
        self.concepts.get(usize::from(concept)).map(|concept| concept.class)
    }

    /// The concepts that support this one: narrower ones, and those that imply it.
    pub(super) fn supported_by(&self, concept: ConceptId) -> &[ConceptId] {
        self.concepts.get(usize::from(concept)).map_or(&[], |concept| concept.supported_by.as_slice())
    }

    /// Figures and codes with what follows from them.
    pub(super) fn conditions(&self) -> &[(Condition, ConceptId)] {
        &self.conditions
    }

    /// Whether a part is the thing itself: "body", "outer fabric".
    pub(super) fn is_whole(&self, part: ConceptId) -> bool {
        self.whole.contains(&part)
    }

    /// Whether a feature praises as much as it states: "lightweight".
    pub(super) fn is_soft(&self, feature: ConceptId) -> bool {
        self.soft.contains(&feature)
    }

    /// Whether two parts are the same, or one is said for the other.
    pub(super) fn is_same_part(&self, one: ConceptId, other: ConceptId) -> bool {
        one == other || self.same_parts.contains(&[one, other]) || self.same_parts.contains(&[other, one])
    }

    /// Whether a part's word only says where: "left".
    pub(super) fn is_side(&self, part: ConceptId) -> bool {
        self.sides.contains(&part)
    }

    /// The ingredients that refute a claim of freedom.
    pub(super) fn refuting(&self, claim: ConceptId) -> &[ConceptId] {
        self.freedom.get(&claim).map_or(&[], Vec::as_slice)
    }

    /// What a claim of freedom is from, where no more is needed.
    pub(super) fn free_of(&self, claim: ConceptId) -> &[ConceptId] {
        self.free_of.get(&claim).map_or(&[], Vec::as_slice)
    }

    /// The concepts of a clause, in order; of those of a group that overlap the longest.
    pub(super) fn hits(
        &self,
        text: &str,
        clause: Clause<'_, '_>,
        languages: Languages,
        found: &mut Vec<Hit>,
    ) {
        let languages = languages.with_english();
        let mut next = [0_usize; 5];
        for (first, word) in clause.words.iter().enumerate() {
            if let Some(spellings) =
                word.known.map(|known| &known.spellings).filter(|spellings| !spellings.is_empty())
            {
                let rest = clause.words.get(first + 1..).unwrap_or_default();
                let mut longest = [None; 5];
                for spelling in spellings {
                    let matches = spelling.languages.meet(languages)
                        && spelling.rest.len() <= rest.len()
                        && spelling.rest.iter().zip(rest).all(|(expected, word)| *expected == word.lemma);
                    if matches {
                        self.push(
                            word,
                            clause,
                            first,
                            first + 1 + spelling.rest.len(),
                            spelling.concept,
                            &mut next,
                            &mut longest,
                            found,
                        );
                    }
                }
            }
            let Some(initial) = word.text.chars().next().filter(|initial| is_cjk(*initial)) else { continue };
            let Some(spellings) = self.unspaced.get(&initial) else { continue };
            let rest = text.get(word.start..).unwrap_or_default();
            let mut longest = [None; 5];
            for (spelling, concept) in spellings.iter().filter(|spelling| rest.starts_with(spelling.0)) {
                // The term ends where a word ends: 木 is no part of 木曜日.
                let end = word.start + spelling.len();
                let last =
                    clause.words.iter().skip(first).take(spelling.len()).position(|word| word.end >= end);
                let Some(last) =
                    last.filter(|last| clause.words.get(first + last).is_some_and(|word| word.end == end))
                else {
                    continue;
                };
                self.push(word, clause, first, first + last + 1, *concept, &mut next, &mut longest, found);
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the state of one pass")]
    fn push(
        &self,
        word: &Word<'_>,
        clause: Clause<'_, '_>,
        first: usize,
        after: usize,
        concept: ConceptId,
        next: &mut [usize; 5],
        longest: &mut [Option<usize>; 5],
        found: &mut Vec<Hit>,
    ) {
        let Some(class) = self.class(concept) else { return };
        let group = class.group() as usize;
        let (Some(next), Some(longest)) = (next.get_mut(group), longest.get_mut(group)) else { return };
        // Longest first: what is shorter than the first of its group is a part of it.
        if longest.is_some_and(|longest| longest != after) || (longest.is_none() && first < *next) {
            return;
        }
        (*next, *longest) = (after, Some(after));
        let end = clause.words.get(after.saturating_sub(1)).unwrap_or(word).end;
        found.push(Hit { concept, class, start: word.start, end, denied: word.denied, first, after });
    }
}

/// Takes note of what a word or a phrase does in sentences of a language.
fn enter_role_of(words: &mut ByLemma<LexiconWord>, spelling: &str, role: Role, language: usize) {
    // What begins with a hyphen is the end of a word, and no word.
    if spelling.starts_with('-') {
        return;
    }
    let mut lemmatiser = Lemmatiser::default();
    let alone = spelling.chars().all(|c| c.is_alphanumeric() && !is_cjk(c));
    let spans = if alone { vec![(0, spelling.len())] } else { spans(spelling) };
    let mut lemmas =
        spans.into_iter().filter_map(|(start, end)| spelling.get(start..end)).map(|word| lemmatiser.of(word));
    let Some(first) = lemmas.next() else { return };
    let rest: Box<[Lemma]> = lemmas.collect();
    let word = words.entry(first).or_default();
    if !rest.is_empty() {
        word.phrases.push((rest, role, Languages(1 << language)));
    } else if let Some(roles) = word.roles.get_mut(language) {
        *roles = roles.with(role);
    }
}

/// Words that begin with a Chinese or Japanese character: a dictionary cuts them, and most texts have none.
static UNSPACED_WORDS: LazyLock<ByLemma<LexiconWord>> = LazyLock::new(|| {
    let mut words = ByLemma::default();
    let mut lemmatiser = Lemmatiser::default();
    for (language, (_, file)) in LEXICON_FILES.into_iter().enumerate() {
        for entry in entries(file) {
            let spellings = entry.spellings().filter(|spelling| spelling.starts_with(is_cjk));
            match (entry.table, Role::named(entry.key), entry.key.parse()) {
                ("words", Some(role), _) => {
                    spellings.for_each(|spelling| enter_role_of(&mut words, spelling, role, language));
                }
                ("numbers", _, Ok(value)) => {
                    for spelling in spellings {
                        words.entry(lemmatiser.of(spelling)).or_default().number = Some(value);
                    }
                }
                _ => {}
            }
        }
    }
    words
});

/// Whether a sign may be a value: a tick, a cross, a circle.
fn is_sign(sign: char) -> bool {
    matches!(sign, '✓' | '✔' | '✗' | '✘' | '×' | '❌' | '✅' | '○' | '◯' | '●' | '☑' | '☒' | '✖')
}

/// The languages that have a word, on its own.
pub(super) fn languages_of(word: &Word<'_>) -> Languages {
    if word.text.starts_with(is_cjk) {
        let of = |(place, (name, _)): (usize, &(&str, &str))| {
            if matches!(*name, "zh" | "ja") { 1 << place } else { 0 }
        };
        return Languages(LEXICON_FILES.iter().enumerate().map(of).sum());
    }
    let Some(known) = word.known else { return Languages::default() };
    let by_roles = known.roles.iter().enumerate();
    let roles = by_roles.filter(|(_, roles)| roles.0 != 0).fold(0, |bits, (place, _)| bits | 1 << place);
    let alone = known.spellings.iter().filter(|spelling| spelling.rest.is_empty());
    Languages(alone.fold(roles, |bits, spelling| bits | spelling.languages.0))
}
