//! How many attributes a recipe's sentences have room for, by its limits and schema.

use serde_json::Value;

use crate::recipe::{LimitUnit, Recipe};

/// So many characters a sentence takes to say what one attribute does.
const CHARS_PER_ATTRIBUTE: usize = 50;
/// Characters of a word with its space.
const CHARS_PER_WORD: usize = 6;

/// The attributes that a recipe's sentences have room for; `None` where no limit of them says it.
pub(super) fn attributes(recipe: &Recipe) -> Option<usize> {
    let items = |list: &str| {
        let of_list = |limit: &&crate::recipe::Limit| limit.unit == LimitUnit::Items && limit.at == list;
        recipe.limits.iter().find(of_list).map_or(1, |limit| limit.max)
    };
    let chars =
        recipe.limits.iter().filter(|limit| holds_sentences(&recipe.schema, &limit.at)).map(|limit| {
            let lists = limit.at.match_indices("/*").filter_map(|(end, _)| limit.at.get(..end));
            let times = lists.map(items).fold(1, usize::saturating_mul);
            let of_one = match limit.unit {
                LimitUnit::Items => 0,
                LimitUnit::Words => limit.max.saturating_mul(CHARS_PER_WORD),
                LimitUnit::Characters | LimitUnit::Bytes | LimitUnit::XWeighted | LimitUnit::DoubleWidth => {
                    limit.max
                }
            };
            of_one.saturating_mul(times)
        });
    let chars = chars.fold(0, usize::saturating_add);
    (chars > 0).then(|| (chars / CHARS_PER_ATTRIBUTE).max(1))
}

/// Whether what stands at a pointer with `*` is sentences: `evidence` stands beside them.
fn holds_sentences(schema: &Value, pointer: &str) -> bool {
    let bears = |schema: &Value| schema.pointer("/properties/evidence").is_some();
    let (mut current, mut beside) = (schema, false);
    for segment in pointer.split('/').skip(1) {
        let next = if segment == "*" {
            beside = false;
            current.get("items")
        } else {
            beside = bears(current) && segment != "question";
            current.get("properties").and_then(|fields| fields.get(segment))
        };
        match next {
            Some(next) => current = next,
            None => return false,
        }
    }
    let is_string = current.get("type").and_then(Value::as_str) == Some("string");
    bears(current) || current.get("items").is_some_and(bears) || (beside && is_string)
}

/// The name of the field that is a draft's title, and whether it is a list of titles: the first field of its schema, where
/// that is a text without evidence.
pub(super) fn title_field(schema: &Value) -> Option<(&str, bool)> {
    let (name, field) = schema.get("properties")?.as_object()?.iter().next()?;
    let type_of = |schema: &Value| schema.get("type").and_then(Value::as_str).map(str::to_owned);
    match type_of(field)?.as_str() {
        "string" => Some((name, false)),
        "array" if type_of(field.get("items")?)? == "string" => Some((name, true)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::TestConfig;
    use crate::recipe::Recipes;

    #[test]
    fn a_meta_description_has_room_for_fewer_attributes_than_a_page() {
        let recipes = Recipes::load(&TestConfig::defaults().unwrap().recipes).unwrap();
        let room = |name: &str| attributes(recipes.get(name).unwrap());
        assert_eq!(room("seo"), Some(3));
        assert!(room("description") > Some(8) && room("faq") > Some(8), "{:?}", room("faq"));
        for (name, title) in [
            ("description", Some(("title", false))),
            ("seo", Some(("meta_title", false))),
            ("email", Some(("subject", false))),
            ("ad", Some(("headlines", true))),
            ("faq", None),
            ("social", None),
        ] {
            assert_eq!(title_field(&recipes.get(name).unwrap().schema), title, "{name}");
        }
    }
}
