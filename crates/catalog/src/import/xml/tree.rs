//! One element of XML as a tree, and as the value that formats read.

use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Map, Value};

/// How catalogs write XML, whatever the format.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Shapes {
    pub(crate) preferred_namespaces: Vec<String>,
    pub(crate) preferred_prefixes: Vec<String>,
    pub(crate) items: Vec<String>,
    html: Vec<String>,
    ignored: Vec<String>,
}

/// The shapes that are compiled in; a test reads them.
static SHAPES: LazyLock<Shapes> = LazyLock::new(|| {
    toml::from_str(include_str!("../../../../../config/formats/xml/shapes.toml")).unwrap_or_default()
});

/// The shapes that are compiled in.
pub(crate) fn shapes() -> &'static Shapes {
    &SHAPES
}

/// An element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Element {
    /// Its name without a prefix.
    pub(crate) name: String,
    /// Whether its namespace counts before others.
    pub(crate) preferred: bool,
    pub(crate) attributes: Vec<(String, String)>,
    pub(crate) children: Vec<Node>,
}

/// What an element holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Node {
    Element(Element),
    Text(String),
}

impl Element {
    /// The elements that it holds.
    pub(crate) fn elements(&self) -> impl Iterator<Item = &Self> {
        self.children.iter().filter_map(|child| match child {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
    }

    /// The element as formats read it: a text, or an object of what it holds; names that repeat are lists.
    pub(crate) fn value(&self) -> Value {
        let text = |node: &Node| match node {
            Node::Text(text) => text.clone(),
            Node::Element(_) => String::new(),
        };
        let has_text = self.children.iter().any(|node| !text(node).trim().is_empty());
        let is_html = |element: &Self| shapes().html.contains(&element.name.to_lowercase());
        let is_markup = self.elements().next().is_some() && (has_text || self.elements().all(is_html));
        let content = if is_markup {
            let mut markup = String::new();
            self.children.iter().for_each(|node| write_markup(node, &mut markup));
            markup.trim().to_owned()
        } else {
            self.children.iter().map(text).collect::<String>().trim().to_owned()
        };
        let attributes: Vec<&(String, String)> = self
            .attributes
            .iter()
            .filter(|(name, _)| !shapes().ignored.iter().any(|ignored| name == ignored))
            .collect();
        let is_text = is_markup || self.elements().next().is_none();
        if is_text && attributes.is_empty() {
            return if content.is_empty() { Value::Null } else { Value::String(content) };
        }
        let mut fields = Map::new();
        if is_text {
            if !content.is_empty() {
                fields.insert("#text".to_owned(), Value::String(content));
            }
        } else {
            for preferred in [true, false] {
                // Other namespaces are asked where the preferred ones say nothing.
                let known: Vec<String> = fields.keys().cloned().collect();
                let elements = self.elements().filter(|element| element.preferred == preferred);
                for element in elements.filter(|element| !known.contains(&element.name)) {
                    add(&mut fields, &element.name, element.value());
                }
            }
        }
        for (name, value) in attributes {
            if !fields.contains_key(name) && !value.trim().is_empty() {
                fields.insert(name.clone(), Value::String(value.trim().to_owned()));
            }
        }
        Value::Object(fields)
    }
}

fn add(fields: &mut Map<String, Value>, name: &str, value: Value) {
    match fields.get_mut(name) {
        None => {
            fields.insert(name.to_owned(), value);
        }
        Some(Value::Array(items)) => items.push(value),
        Some(known) => *known = Value::Array(vec![known.take(), value]),
    }
}

/// The element as it is written, its text escaped.
fn write_markup(node: &Node, out: &mut String) {
    match node {
        Node::Text(text) => out.push_str(&html_escape::encode_text(text)),
        Node::Element(element) => {
            out.push('<');
            out.push_str(&element.name);
            for (name, value) in &element.attributes {
                out.push_str(&format!(" {name}=\"{}\"", html_escape::encode_double_quoted_attribute(value)));
            }
            if element.children.is_empty() {
                out.push_str("/>");
                return;
            }
            out.push('>');
            element.children.iter().for_each(|child| write_markup(child, out));
            out.push_str(&format!("</{}>", element.name));
        }
    }
}
