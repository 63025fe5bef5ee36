//! Grades: a name with signs behind it. "A+" is neither "A" nor "A+++". Pure.

/// Signs that make another grade of a name.
const SIGNS: &[char] = &['+', '#', '*', '-', '\u{2212}'];

/// A word with the signs behind it.
struct Grade {
    name: String,
    signs: String,
    /// Whether it is meant as a grade: "a" is an article, "A" and "a+" are grades.
    is_marked: bool,
}

/// Whether a question is about a grade that a text has with other signs alone.
pub(super) fn is_other_grade(asked: &str, stated: &str) -> bool {
    let stated = grades(stated);
    let same_name = |grade: &Grade| stated.iter().any(|other| other.name == grade.name);
    let same =
        |grade: &Grade| stated.iter().any(|other| other.name == grade.name && other.signs == grade.signs);
    grades(asked).iter().filter(|grade| grade.is_marked).any(|grade| same_name(grade) && !same(grade))
}

fn grades(text: &str) -> Vec<Grade> {
    let words = text.split(|c: char| !(c.is_alphanumeric() || SIGNS.contains(&c)));
    let grade = |word: &str| {
        let name = word.trim_end_matches(SIGNS);
        let signs = word.get(name.len()..).unwrap_or_default();
        Grade {
            name: name.to_lowercase(),
            signs: signs.replace('\u{2212}', "-"),
            is_marked: !signs.is_empty() || name.chars().any(char::is_uppercase),
        }
    };
    words.map(grade).filter(|grade| !grade.name.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grade_is_another_one_with_other_signs_and_an_article_is_none() {
        for (asked, stated) in [
            ("Is it class A+?", "A+++"),
            ("Is it class A?", "A+"),
            ("Is it class a+++?", "A+"),
            ("Is it for C?", "C#, C++"),
            ("Is it rated B-?", "B"),
        ] {
            assert!(is_other_grade(asked, stated), "{asked} {stated}");
        }
        for (asked, stated) in [
            ("Is it class A+?", "A+"),
            ("Is it a class A+?", "a+"),
            ("Is it a good class?", "A+"),
            ("Is it for C?", "C, C++"),
            ("Is it class B?", "A+"),
            ("Is it made of Nylon?", "Nylon, Polyester"),
        ] {
            assert!(!is_other_grade(asked, stated), "{asked} {stated}");
        }
    }
}
