//! Literals that a text must hold for a pattern to be found in it, so that most patterns need not be run, nor compiled.
//!
//! The same is done in regular expression engines and in code search (Cox 2012, "Regular Expression Matching with a Trigram
//! Index"); here it is done before a pattern is compiled, for many patterns at once.

use regex_syntax::ast::parse::Parser;
use regex_syntax::ast::{
    Alternation, Ast, ClassBracketed, ClassSet, ClassSetItem, Concat, Repetition, RepetitionKind,
    RepetitionRange,
};

use super::fold::fold;

/// Literals of which one is in every match, folded. In bytes: of a wide range of characters the first bytes are enough.
pub(super) type Clause = Vec<Vec<u8>>;

/// Most literals of a clause that is put together of its parts.
const CLAUSE_MAX: usize = 96;
/// Most clauses of a pattern.
pub(super) const CLAUSES_MAX: usize = 4;
/// From this length on a literal says something.
const TELLING_BYTES: usize = 2;

/// The clauses of a pattern: a text in which it is found holds a literal of each. None where nothing is known.
pub(super) fn clauses(pattern: &str) -> Vec<Clause> {
    let Ok(ast) = Parser::new().parse(pattern) else { return Vec::new() };
    let mut clauses = known(&ast).into_clauses();
    clauses.iter_mut().for_each(prune);
    clauses.sort_by_key(|clause| std::cmp::Reverse(worth(clause)));
    let telling = clauses.iter().filter(|clause| worth(clause).0 >= TELLING_BYTES).count();
    clauses.truncate(telling.clamp(1, CLAUSES_MAX));
    clauses
}

/// What is known of the matches of a part of a pattern.
enum Known {
    /// Each is one of these.
    Exactly(Clause),
    /// Each holds a literal of each clause.
    Holds(Vec<Clause>),
}

impl Known {
    fn into_clauses(self) -> Vec<Clause> {
        match self {
            Self::Exactly(texts) => clause(texts).into_iter().collect(),
            Self::Holds(clauses) => clauses,
        }
    }
}

const NOTHING: Known = Known::Holds(Vec::new());

fn known(ast: &Ast) -> Known {
    match ast {
        Ast::Empty(_) | Ast::Flags(_) | Ast::Assertion(_) => Known::Exactly(vec![Vec::new()]),
        Ast::Literal(literal) => Known::Exactly(vec![bytes(literal.c)]),
        Ast::Dot(_) | Ast::ClassUnicode(_) | Ast::ClassPerl(_) => NOTHING,
        Ast::ClassBracketed(class) => of_class(class),
        Ast::Repetition(repetition) => of_repetition(repetition),
        Ast::Group(group) => known(&group.ast),
        Ast::Alternation(alternation) => of_alternation(alternation),
        Ast::Concat(concat) => of_concat(concat),
    }
}

fn bytes(c: char) -> Vec<u8> {
    fold(c).encode_utf8(&mut [0; 4]).as_bytes().to_vec()
}

fn of_concat(concat: &Concat) -> Known {
    let (mut clauses, mut run) = (Vec::new(), vec![Vec::new()]);
    let mut whole = true;
    for part in &concat.asts {
        if let Ast::Literal(literal) = part
            && run.len() <= CLAUSE_MAX
        {
            let literal = bytes(literal.c);
            for text in &mut run {
                text.extend_from_slice(&literal);
            }
            continue;
        }
        match known(part) {
            Known::Exactly(texts) if run.len() * texts.len() <= CLAUSE_MAX => run = crossed(&run, &texts),
            Known::Exactly(texts) => {
                clauses.extend(clause(std::mem::replace(&mut run, texts)));
                whole = false;
            }
            Known::Holds(more) => {
                clauses.extend(clause(std::mem::replace(&mut run, vec![Vec::new()])));
                clauses.extend(more);
                whole = false;
            }
        }
    }
    if whole {
        return Known::Exactly(run);
    }
    clauses.extend(clause(run));
    Known::Holds(clauses)
}

fn of_alternation(alternation: &Alternation) -> Known {
    let (mut all, mut exact) = (Clause::new(), true);
    for branch in &alternation.asts {
        match known(branch) {
            Known::Exactly(texts) => all.extend(texts),
            Known::Holds(clauses) => {
                exact = false;
                let Some(best) = clauses.into_iter().max_by_key(worth) else { return NOTHING };
                all.extend(best);
            }
        }
    }
    if exact { Known::Exactly(all) } else { Known::Holds(clause(all).into_iter().collect()) }
}

fn of_repetition(repetition: &Repetition) -> Known {
    let (least, most) = match &repetition.op.kind {
        RepetitionKind::ZeroOrOne => (0, Some(1)),
        RepetitionKind::ZeroOrMore => (0, None),
        RepetitionKind::OneOrMore => (1, None),
        RepetitionKind::Range(RepetitionRange::Exactly(count)) => (*count, Some(*count)),
        RepetitionKind::Range(RepetitionRange::AtLeast(least)) => (*least, None),
        RepetitionKind::Range(RepetitionRange::Bounded(least, most)) => (*least, Some(*most)),
    };
    match (least, most, known(&repetition.ast)) {
        (0, Some(1), Known::Exactly(mut texts)) => {
            texts.push(Vec::new());
            Known::Exactly(texts)
        }
        (0, ..) => NOTHING,
        (_, _, Known::Holds(clauses)) => Known::Holds(clauses),
        (least, most, Known::Exactly(texts)) => {
            let (mut repeated, mut times) = (texts.clone(), 1);
            while times < least && repeated.len() * texts.len() <= CLAUSE_MAX {
                repeated = crossed(&repeated, &texts);
                times += 1;
            }
            if most == Some(times) {
                return Known::Exactly(repeated);
            }
            Known::Holds(clause(repeated).into_iter().collect())
        }
    }
}

/// A class as its characters, or where these are many, as the bytes that they begin with.
fn of_class(class: &ClassBracketed) -> Known {
    let mut ranges = Vec::new();
    let ClassSet::Item(item) = &class.kind else { return NOTHING };
    if class.negated || !ranges_of(item, &mut ranges) {
        return NOTHING;
    }
    let count: usize = ranges.iter().map(|(start, end)| (*start..=*end).count()).sum();
    if count <= CLAUSE_MAX {
        let characters = ranges.into_iter().flat_map(|(start, end)| start..=end);
        return Known::Exactly(characters.map(bytes).collect());
    }
    // Characters that differ in their last six bits alone share all bytes but the last.
    let mut beginnings = Clause::new();
    for c in ranges.into_iter().flat_map(|(start, end)| start..=end) {
        let mut buffer = [0; 4];
        let bytes = fold(c).encode_utf8(&mut buffer).as_bytes();
        let beginning = bytes.get(..bytes.len().saturating_sub(1).max(1)).unwrap_or_default();
        if beginnings.last().map(Vec::as_slice) != Some(beginning) {
            beginnings.push(beginning.to_vec());
        }
        if beginnings.len() > CLAUSE_MAX {
            return NOTHING;
        }
    }
    Known::Holds(clause(beginnings).into_iter().collect())
}

/// Collects the ranges of characters of a class; `false` where it has others.
fn ranges_of(item: &ClassSetItem, ranges: &mut Vec<(char, char)>) -> bool {
    match item {
        ClassSetItem::Empty(_) => true,
        ClassSetItem::Literal(literal) => {
            ranges.push((literal.c, literal.c));
            true
        }
        ClassSetItem::Range(range) => {
            ranges.push((range.start.c, range.end.c));
            true
        }
        ClassSetItem::Union(union) => union.items.iter().all(|item| ranges_of(item, ranges)),
        ClassSetItem::Ascii(_)
        | ClassSetItem::Unicode(_)
        | ClassSetItem::Perl(_)
        | ClassSetItem::Bracketed(_) => false,
    }
}

fn crossed(left: &Clause, right: &Clause) -> Clause {
    let joined = |first: &Vec<u8>| {
        let first = first.clone();
        right.iter().map(move |second| [first.as_slice(), second.as_slice()].concat())
    };
    left.iter().flat_map(joined).collect()
}

/// Texts as a clause, where each of them says something.
fn clause(texts: Clause) -> Option<Clause> {
    (!texts.is_empty() && texts.iter().all(|text| !text.is_empty())).then_some(texts)
}

/// How well a clause tells texts apart: by its shortest literal, then by how few there are.
fn worth(clause: &Clause) -> (usize, std::cmp::Reverse<usize>) {
    (clause.iter().map(Vec::len).min().unwrap_or(0), std::cmp::Reverse(clause.len()))
}

/// Leaves out literals that hold another one: where they are, that one is.
fn prune(clause: &mut Clause) {
    clause.sort_by(|left, right| left.len().cmp(&right.len()).then_with(|| left.cmp(right)));
    clause.dedup();
    let mut kept = Clause::new();
    for literal in clause.drain(..) {
        let held = |shorter: &Vec<u8>| literal.windows(shorter.len()).any(|part| part == shorter.as_slice());
        if !kept.iter().any(held) {
            kept.push(literal);
        }
    }
    *clause = kept;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, expected: &[&[&str]]) {
        let mut found: Vec<Vec<String>> = clauses(pattern)
            .into_iter()
            .map(|clause| clause.into_iter().map(|text| String::from_utf8(text).unwrap()).collect())
            .collect();
        let mut expected: Vec<Vec<String>> =
            expected.iter().map(|clause| clause.iter().map(ToString::to_string).collect()).collect();
        for list in [&mut found, &mut expected] {
            for clause in list.iter_mut() {
                clause.sort();
            }
            list.sort();
        }
        assert_eq!(found, expected, "{pattern}");
    }

    #[test]
    fn every_match_of_a_pattern_holds_a_literal_of_each_clause() {
        check(r"\bOpenAI\b|\bChatGPT\b", &[&["openai", "chatgpt"]]);
        check(r"\b(?:cures?|healing)\b[^.!?]{0,40}\bcolds?\b", &[&["cure", "healing"], &["cold"]]);
        check(r"gr[ae]y", &[&["gray", "grey"]]);
        check(r"\bX{3,}\b", &[&["xxx"]]);
        check(r"(?:ab){2}c", &[&["ababc"]]);
        check(r"\w+(?:Error|Exception): ", &[&["error: ", "exception: "]]);
        check(r"https?://\S+", &[&["http://", "https://"]]);
        check(r"^\s*(?:n/?a|-+)\s*$", &[&["n/a", "na", "-"]]);
    }

    #[test]
    fn where_a_part_may_be_anything_nothing_is_known_of_it() {
        check(r"\d+", &[]);
        check(r"(?:red)?", &[]);
        check(r"red|\w+", &[]);
        check(r"(?:red)*\d", &[]);
        check(r"[^a]", &[]);
        check("(", &[]);
    }

    #[test]
    fn of_a_wide_range_of_characters_the_first_bytes_are_known() {
        let found = clauses("[😀-🙏]{2,}|[🌀-🗿]");
        let holds = |text: &str| {
            found[0].iter().any(|literal| text.as_bytes().windows(literal.len()).any(|part| part == literal))
        };
        assert!(holds("a 🙂 b") && holds("🌍"));
        assert!(!holds("a — b") && !holds("容量"));
    }
}
