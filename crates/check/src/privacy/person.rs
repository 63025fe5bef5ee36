//! Names of people: by a title, by the words with which people name themselves and others, by a first name that is common.

use std::collections::HashSet;
use std::sync::LazyLock;

use regex::Regex;

use super::{PersonalData, PersonalDataKind};

/// Common first names of the recipes' languages and their neighbours, in lower case. Names that are words of a catalog
/// (Rose, Ruby, Jade, Mark, Grace, Max, May, Pearl, Paris, Florence, Sofia, Victoria, Georgia) are left out.
const FIRST_NAMES: &str = "aaron abby abdul abigail adam adrian adriana agnes agnieszka ahmed aisha alan albert alejandra alejandro alessandro alex alexander alexandra alexandre alfred alice alicia alison allison amanda amber amelia amy ana anders andrea andreas andreea andrew andrzej andré angela angelo anita anja anke anna annabelle anne annette annika antoine anton antonia antonio antónio arnold arthur astrid audrey aurélie axel barbara bartosz beatrice beatriz ben benjamin bernard bernd bernhard beth birgit björn bob bogdan boris brandon brenda brian brigitte bruno bryan camille carl carla carlos carmen carol carolina caroline carsten catherine cathy cecilia celine charles charlotte chen chloe chloé chris christian christiane christina christine christoph christophe christopher claire clara claude claudia clémence clément colin connie craig cristina cynthia céline daniel daniela daniele danielle david debbie deborah denis dennis derek diana diane diego dieter dimitri dirk dominic dominik dominique donald donna dorothea doris douglas duncan dylan edith eduard eduardo edward egon eileen elena eleonora elisa elisabeth elizabeth elke ella ellen elsa emanuel emil emilia emily emma enrique eric erica erich erik erika ernst esther ethan etienne eugene eva evelyn fabian fabienne fatima federico felix fernanda fernando filip filippo fiona florian francesca francesco francis francisco franck francois frank franz françois françoise fred frederic frederick friedrich frédéric gabriel gabriela gareth gary geoffrey george gerald gerard gerd gerhard gertrud gianluca gilbert giovanna giovanni gisela giulia giuseppe gloria gonzalo gordon graham greg gregor gregory greta guido guillaume gunnar gustav guy günter günther hannah hannes hans harald harold harry heather heidi heike heinrich heinz helen helena helene helga helmut hendrik henri henrik henry herbert hermann hiroshi holger horst howard hubert hugo ian ibrahim igor ines inga inge ingrid irena irene iris irina irma isabel isabella isabelle ivan jack jackie jacob jacqueline jacques jaime jakob jakub james jamie jan jana jane janet jason javier jean jeff jeffrey jennifer jens jeremy jerome jerry jesse jessica jesus jill jim joachim joan joana joao joe joel joerg johan johann johanna johannes john johnny jon jonas jonathan jordan jorge joseph josephine joshua josé joyce juan judith julia julian juliana julie julien juliet jürgen jörg kaitlyn karen karin karina karl karolina katarina kate katharina katherine kathleen kathrin kathryn kathy katie katja katrin kazuko keiko keith kelly ken kenji kenneth kerstin kevin kim kirsten klaus konrad konstantin kristin kristina kristine krzysztof kurt kyle lars laszlo laura lauren laurence laurent lea leah leila lena leo leon leonardo leonie leticia lewis liam lidia lilian lina linda lisa lloyd lorenzo louis louise luca lucas lucia lucie ludwig luis luisa lukas luke lutz lydia lynn maarit maciej madeleine madison magdalena maja malcolm manfred manuel manuela marc marcel marcela marcin marco marcos marcus margaret margarita margot margret maria mariana marianne marie marina mario marion marius markus marta martha martin martina mary mateusz mathias mathieu mathilde matt matteo matthew matthias maurice maximilian megan melanie melissa mercedes michael michaela michal michel michele michelle miguel mike mikhail milena mirjam mohamed mohammed monica monika monique moritz muhammad nadia nadine naoko natalia natalie natasha nathalie nathan nelly niamh nicholas nick nico nicola nicolas nicole niklas nils nina noah nora norbert norman odile olaf oleg olga oliver olivia olivier oscar oskar otto owen pablo pamela paola paolo pascal patrice patricia patrick paul paula pauline pavel pedro peggy peter petra phil philip philipp philippe pierre pilar piotr priya rachel rafael ralf ralph ramon raphael raquel raul raymond rebecca regina reinhard renate renaud rené ricardo richard rita robert roberta roberto robin rodrigo roger roland rolf roman ronald rosa rosemary roxana rudolf rui rupert russell ruth ryan sabine sabrina sally salvatore sam samantha samuel sandra sandrine sara sarah sascha scott sean sebastian sergei sergio serge sharon sheila shirley silke silvia simon simone sonia sonja sophia sophie stacy stanislav stefan stefanie stefano steffen stephan stephanie stephen steve steven stuart stéphane stéphanie susan susanna susanne suzanne svetlana sven sybille sylvia sylvie takashi tamara tanja tara tatiana terence teresa terry theresa thomas thorsten tim timothy tina tobias todd tom tomas tomasz toni tony tracy tristan ulrich ulrike ursula uta ute uwe valentina valerie vanessa vera veronica veronika vicente victor viktor vincent viola virginia virginie vladimir volker walter wang wendy werner wilhelm will willem william wim wolfgang xavier yannick yasmin yoko yuki yves yvonne zachary zoe zoltan zuzana";

static KNOWN: LazyLock<HashSet<&str>> = LazyLock::new(|| FIRST_NAMES.split(' ').collect());

/// A word of a name: capital first, then letters, hyphens, apostrophes.
const NAME: &str = r"\p{Lu}[\p{L}'’-]+";

#[expect(clippy::unwrap_used, reason = "a constant pattern, compiled by the tests")]
static TITLED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&format!(
        r"\b(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Sir|Herr|Frau|Monsieur|Madame|Mme|Mlle|Señora?|Sra?|Don|Doña|Signora?)\b\.? (?:{NAME}|\p{{Lu}}\.)(?: (?:(?:van|von|de|da|di|del|der|la|le|ten|ter|bin|al) )*(?:{NAME}|\p{{Lu}}\.?))*(?: (?:PhD|MD|DDS|DVM|Jr\.|Sr\.))?"
    ))
    .unwrap()
});

#[expect(clippy::unwrap_used, reason = "a constant pattern, compiled by the tests")]
static INTRODUCED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&format!(
        r"(?:\b(?i:my name is|my name's|name is|i'm called|named|ich heiße|ich heisse|mein name ist|je m'appelle|mon nom est|me llamo|mi nombre es|name ?:|to|regards,|sincerely,|cheers,|grüße,?|cordialement,?|saludos,?|hi|hello|dear|hallo|liebe|lieber|cher|chère|hola|querid[oa])\s+|(?:^|\n)\s*[-–—~] ?)({NAME}(?: (?:(?:van|von|de|da|di|del|der|la|le) )*(?:{NAME}|\p{{Lu}}\.))*|{NAME})"
    ))
    .unwrap()
});

#[expect(clippy::unwrap_used, reason = "a constant pattern, compiled by the tests")]
static CAPITALS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&format!(r"\b{NAME}(?: (?:(?:van|von|de|da|di|del|der|la|le) )*(?:{NAME}|\p{{Lu}}\b\.?))*"))
        .unwrap()
});

#[expect(clippy::unwrap_used, reason = "a constant pattern, compiled by the tests")]
static EAST_ASIAN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:我叫|我的名字是|名叫|我是)(\p{Han}{2,3})(?:[，。,！!的 ]|$)|([\p{Han}]{2,4})(?:さん|様|氏|くん|ちゃん)|([王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗]\p{Han}{0,2})(?:先生|女士|小姐|太太)")
        .unwrap()
});

/// Words that may follow a greeting or a dash, with a capital, and are no name.
const NO_NAMES: &[&str] = &[
    "all",
    "everyone",
    "everybody",
    "team",
    "there",
    "folks",
    "guys",
    "sir",
    "madam",
    "customer",
    "customers",
    "amazon",
    "shop",
    "zusammen",
    "leute",
    "tous",
    "todos",
    "great",
    "good",
    "very",
    "the",
    "this",
    "it",
    "love",
    "perfect",
    "not",
    "my",
    "we",
    "i",
    "easy",
    "nice",
    "quality",
    "price",
    "usa",
    "uk",
    "germany",
    "france",
    "spain",
    "china",
    "japan",
    "europe",
    "america",
];

/// Names of people.
pub(super) fn find(text: &str, found: &mut Vec<PersonalData>) {
    let mut push =
        |start: usize, end: usize| found.push(PersonalData { kind: PersonalDataKind::Person, start, end });
    for name in TITLED.find_iter(text) {
        push(name.start(), name.end());
    }
    for introduction in INTRODUCED.captures_iter(text) {
        let Some(name) = introduction.get(1) else { continue };
        let cue = introduction.get(0).map_or("", |whole| whole.as_str()).to_lowercase();
        let words: Vec<String> = name.as_str().split(' ').map(str::to_lowercase).collect();
        let first = words.first().map_or("", String::as_str);
        if NO_NAMES.contains(&first) {
            continue;
        }
        // After a word that introduces much else as well, or a dash, a known name or two capitals are needed.
        let weak = cue.starts_with("to")
            || cue.starts_with("hi")
            || cue.starts_with("hello")
            || cue.trim_start().starts_with(['-', '–', '—', '~']);
        if !weak || KNOWN.contains(first) {
            push(name.start(), name.end());
        }
    }
    for captures in EAST_ASIAN.captures_iter(text) {
        if let Some(name) = captures.iter().skip(1).flatten().next() {
            push(name.start(), name.end());
        }
    }
    for capitals in CAPITALS.find_iter(text) {
        if let Some(start) = known_from(capitals.as_str()) {
            push(capitals.start() + start, capitals.end());
        }
    }
}

/// Where in a row of capitals a known first name begins.
fn known_from(capitals: &str) -> Option<usize> {
    let mut at = 0;
    for word in capitals.split(' ') {
        let bare = word.split(['-', '\'', '’']).next().unwrap_or(word);
        if KNOWN.contains(bare.to_lowercase().as_str()) {
            return Some(at);
        }
        at += word.len() + 1;
    }
    None
}
