//! Denials: the words that deny, what they reach, and what takes them back, in the recipes' languages.

use std::sync::LazyLock;

use foldhash::HashMap;

/// Words that deny what follows in their clause.
const DENIALS: &str = "\
    no|not|without|lack|lacks|lacking|neither|nor|never|cannot|doesn't|don't|isn't|aren't|hasn't|haven't|\
    won't|can't|non|\
    kein|keine|keinen|keinem|keiner|keines|nicht|ohne|weder|noch|\
    pas|sans|aucun|aucune|ni|jamais|\
    sin|ningún|ninguna|ninguno|tampoco|\
    不|没有|没|無|无|非|未|不含|不带|不支持|不具备|无法";

/// Words that deny what precedes them, back to the last turn: Japanese puts its denials last.
pub(super) const DENIALS_BEHIND: &[&str] =
    &["ません", "ない", "なし", "無し", "不可", "非対応", "未対応", "ありません", "いません", "ず"];

/// Words that, in brackets or after a denied verb, say that what precedes them is missing.
const ABSENT: &str = "\
    absent|unavailable|missing|excluded|unsupported|omitted|\
    fehlt|absente|ausente";

/// What is said to be not the case of things named before: "NFC is not supported".
const STATES: &str = "\
    present|available|supported|included|provided|offered|possible|there|\
    vorhanden|verfügbar|unterstützt|enthalten|möglich|\
    présent|présente|disponible|disponibles|pris|prise|inclus|fourni|\
    presente|compatible|incluido|incluida";

/// Words after a denial that take it back: "not only", "no matter", "without compromising".
const TAKES_BACK: &str = "only|just|matter|doubt|wonder|longer|need|nur|seulement|solo";

/// Beginnings of words that turn a denial into praise: "won't disappoint with its steel frame", "not to mention the steel
/// frame". What follows is claimed.
const UNDOES: &str = "\
    disappoint|fail|wrong|mention|miss|regret|forget|worry|hesitat|resist|compromis|sacrific|settl|\
    overlook|beat|stop|better|other|match|equal|question|surpris|secret|\
    enttäusch|falsch|verpass|vergess|bereu|\
    décev|déçu|manqu|regrett|oubli|\
    decepcion|defraud|perd|arrepent|olvid|\
    失望|后悔|错过";

/// So many words behind a denial such a word undoes it.
const UNDONE_WITHIN: usize = 4;

/// A denial reaches so many words at most.
const REACH: usize = 14;

/// Words that begin another clause, which a denial does not reach.
const TURNS: &str = "\
    but|however|although|though|while|whereas|yet|instead|despite|\
    aber|jedoch|sondern|obwohl|während|\
    mais|cependant|tandis|toutefois|\
    pero|sino|aunque|mientras|\
    但|但是|不过|而是|が、|しかし";

/// Verbs that end what a denial reaches inside of its clause: "not large and has a radio".
const ENDS: &str = "\
    has|is|offers|serving|due|because|it|they|you|serves|gets|comes|includes|supports|provides|boasts|\
    runs|weighs|measures|\
    hat|ist|weil|bietet|unterstützt|\
    est|car|\
    está|tiene|porque";

/// Prepositions, which end what "no" denies ("no jack in black"), but not what "not" does ("not made in black").
const PREPOSITIONS: &str = "\
    with|in|at|near|by|on|from|located|\
    mit|bei|im|am|\
    avec|dans|chez|\
    con|en";

/// How many words a denial reaches that is said of one quality: "a non family-friendly coffee shop".
const QUALITY_WORDS: usize = 2;

/// Words that `with` belongs to, so that it ends nothing: "not equipped with NFC".
const TAKES_WITH: &str = "\
    equipped|come|comes|compatible|fitted|provided|work|works|supplied|ausgestattet";

/// What a word does to its clause.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Denies,
    DeniesBehind,
    Absent,
    State,
    TakesBack,
    Turns,
    Ends,
    Preposition,
    TakesWith,
}

/// The words that have a role. One that has two (`no`, `en`) has the first.
pub(super) static ROLES: LazyLock<HashMap<&'static str, Role>> = LazyLock::new(|| {
    let mut roles = HashMap::default();
    for (words, role) in [
        (DENIALS, Role::Denies),
        (ABSENT, Role::Absent),
        (STATES, Role::State),
        (TURNS, Role::Turns),
        (TAKES_BACK, Role::TakesBack),
        (ENDS, Role::Ends),
        (PREPOSITIONS, Role::Preposition),
        (TAKES_WITH, Role::TakesWith),
    ] {
        for word in words.split('|') {
            roles.entry(word).or_insert(role);
        }
    }
    for word in DENIALS_BEHIND {
        roles.entry(*word).or_insert(Role::DeniesBehind);
    }
    roles
});

/// How far a denial that was read reaches.
#[derive(Default)]
pub(super) struct Denial {
    pub(super) reaches: bool,
    pub(super) just_said: bool,
    /// Words since it was said.
    since: usize,
    /// "not", which "and" ends, and not "no", which it does not.
    said_not: bool,
    said_without: bool,
    /// Words that it still reaches, where it is said of a quality alone.
    words: Option<usize>,
}

impl Denial {
    /// Begins with a word that denies, behind the word `before`, as folded.
    pub(super) fn begin(&mut self, lower: &str, before: Option<&str>) {
        self.since = 0;
        self.said_not = lower.ends_with("n't") || matches!(lower, "not" | "nicht" | "pas" | "cannot");
        self.said_without = matches!(lower, "without" | "sans" | "ohne" | "sin");
        let article = before.is_some_and(|before| matches!(before, "a" | "an" | "the" | "this"));
        let quality = lower == "non" || (article && lower == "not");
        self.words = quality.then_some(QUALITY_WORDS);
    }

    /// Whether the denial still reaches the next word.
    pub(super) fn goes_on(
        &mut self,
        role: Option<Role>,
        last_role: Option<Role>,
        lower: &str,
        between: &str,
    ) {
        // "not only", "without compromising battery life"; "is not in stock" is a denial still.
        self.reaches &= if self.just_said {
            role != Some(Role::TakesBack) && !(self.said_without && lower.ends_with("ing"))
        } else {
            match role {
                Some(Role::Ends) => false,
                // "not equipped with NFC", "not located in the centre"; but "not large, with a radio".
                Some(Role::Preposition) => {
                    (lower == "with" && last_role == Some(Role::TakesWith))
                        || (self.said_not && !between.contains(','))
                }
                _ => true,
            }
        };
        // "It is not large and has a radio"; but "no radio and no jack", "without radio and jack".
        self.reaches &= !(self.said_not && matches!(lower, "and" | "und" | "et" | "y"));
        self.since += 1;
        let undone = self.since <= UNDONE_WITHIN && UNDOES.split('|').any(|word| lower.starts_with(word));
        self.reaches &= !undone && self.since <= REACH;
        if let Some(words) = &mut self.words {
            self.reaches &= *words > 0;
            *words = if lower.ends_with("friendly") { 0 } else { words.saturating_sub(1) };
        }
    }
}

/// So much of a sentence is read for what joins a list, in bytes.
const LIST_BYTES_MAX: usize = 300;

/// Whether the rest of a sentence joins what it lists: "…, Bluetooth or GPS".
pub(super) fn joined_later(rest: &str) -> bool {
    let rest = rest.get(..rest.floor_char_boundary(LIST_BYTES_MAX)).unwrap_or_default();
    let sentence = rest.split(['!', '?', ';', '\n', '•']).next().unwrap_or_default();
    let sentence = sentence.split(". ").next().unwrap_or_default();
    sentence.split([' ', ',']).any(|word| {
        matches!(word, "or" | "nor" | "and" | "oder" | "noch" | "und" | "ou" | "ni" | "et" | "o" | "y")
    })
}
