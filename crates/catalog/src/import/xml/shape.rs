//! Which element of an XML file is the item, found by content.

use serde_json::Value;

use super::events::{DEPTH_MAX, Token, Tokens};
use super::tree::{Element, Node, shapes};
use crate::import::json::{Format, recognise};

/// How many items of a kind are looked at.
const SAMPLE: usize = 20;
/// How deep items stand.
const PATH_MAX: usize = 6;
/// Most elements that are looked at.
const ELEMENTS_MAX: usize = 50_000;

/// The names that lead to the items, the root's first; none where there are none.
pub(crate) fn find(head: &[u8], formats: &[Format]) -> Vec<String> {
    let Some(root) = beginning(head) else { return Vec::new() };
    let mut kinds = Vec::new();
    collect(&root, &mut Vec::new(), &mut kinds);
    kinds.sort_by_key(|(path, _): &(Vec<String>, Vec<Value>)| path.len());
    let known = |items: &[Value], specific: bool| {
        let items: Vec<&Value> = items.iter().collect();
        recognise(formats, &items).is_some_and(|format| !specific || !format.fold)
    };
    let usual =
        |path: &[String]| path.last().is_some_and(|name| shapes().items.contains(&name.to_lowercase()));
    let first = |fits: &dyn Fn(&[String], &[Value]) -> bool| {
        kinds.iter().find(|(path, items)| fits(path, items)).map(|(path, _)| path.clone())
    };
    first(&|_, items| known(items, true))
        .or_else(|| first(&|path, items| usual(path) && known(items, false)))
        .or_else(|| first(&|_, items| items.len() > 1 && known(items, false)))
        .or_else(|| first(&|path, items| usual(path) && items.iter().any(Value::is_object)))
        .unwrap_or_default()
}

/// The beginning of a file as one tree, what is open at its end closed.
fn beginning(head: &[u8]) -> Option<Element> {
    let mut tokens = Tokens::new(head);
    let (mut open, mut root, mut count): (Vec<Element>, Option<Element>, usize) = (Vec::new(), None, 0);
    let close = |open: &mut Vec<Element>, root: &mut Option<Element>| {
        if let Some(closed) = open.pop() {
            match open.last_mut() {
                Some(parent) => parent.children.push(Node::Element(closed)),
                None => *root = root.take().or(Some(closed)),
            }
        }
    };
    while let Ok(token) = tokens.next() {
        count += 1;
        if count > ELEMENTS_MAX {
            break;
        }
        match token {
            Token::Eof => break,
            Token::Start(_) if open.len() >= DEPTH_MAX => return None,
            Token::Start(element) => open.push(element),
            Token::Empty(element) => {
                open.push(element);
                close(&mut open, &mut root);
            }
            Token::Text(text) => {
                if let Some(last) = open.last_mut() {
                    last.children.push(Node::Text(text));
                }
            }
            Token::End(name) => {
                if open.iter().any(|element| element.name == name) {
                    while open.last().is_some_and(|element| element.name != name) {
                        close(&mut open, &mut root);
                    }
                    close(&mut open, &mut root);
                }
            }
        }
    }
    while !open.is_empty() {
        close(&mut open, &mut root);
    }
    root
}

/// Every kind of element, with some of them as values.
fn collect(element: &Element, path: &mut Vec<String>, kinds: &mut Vec<(Vec<String>, Vec<Value>)>) {
    path.push(element.name.clone());
    match kinds.iter_mut().find(|(known, _)| known == path) {
        Some((_, items)) if items.len() < SAMPLE => items.push(element.value()),
        Some(_) => {}
        None => kinds.push((path.clone(), vec![element.value()])),
    }
    if path.len() < PATH_MAX {
        for child in element.elements() {
            collect(child, path, kinds);
        }
    }
    path.pop();
}
