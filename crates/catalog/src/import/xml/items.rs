//! The elements of an XML file that are its items, one after another in constant memory.

use std::io::{self, BufRead};

use super::events::{DEPTH_MAX, Token, Tokens, XmlError};
use super::tree::{Element, Node};
use crate::import::Complaint;
use crate::import::json::ITEM_BYTES_MAX;

/// The elements at a path.
#[derive(Debug)]
pub(crate) struct Items<R> {
    tokens: Tokens<R>,
    path: Vec<String>,
    /// The names of the elements that are open around the items.
    open: Vec<String>,
    ended: bool,
    /// How many items there were, where those are counted and not lines.
    counted: Option<u64>,
}

/// An item: its line, the element, and how many bytes its texts have.
pub(crate) type Item = (u64, Element, usize);

impl<R: BufRead> Items<R> {
    pub(crate) fn new(input: R, path: Vec<String>) -> Self {
        Self { tokens: Tokens::new(input), path, open: Vec::new(), ended: false, counted: None }
    }

    /// Counts items from now on, for several stand in one line; so many there were before.
    pub(crate) fn count_from(&mut self, before: u64) {
        self.counted = Some(before);
    }

    fn read(&mut self) -> Result<Option<Result<Item, Complaint>>, XmlError> {
        loop {
            match self.tokens.next()? {
                Token::Eof => {
                    self.ended = true;
                    return Ok(None);
                }
                Token::Start(element) => {
                    if self.is_item(&element.name) {
                        let line = self.tokens.line();
                        return self.item(line, element).map(Some);
                    }
                    if self.open.len() >= DEPTH_MAX {
                        let rule = format!("nesting has at most {DEPTH_MAX} levels");
                        return Err(XmlError::Syntax(rule));
                    }
                    self.open.push(element.name);
                }
                Token::Empty(element) if self.is_item(&element.name) => {
                    return Ok(Some(Ok((self.tokens.line(), element, 0))));
                }
                Token::End(name) => {
                    if let Some(place) = self.open.iter().rposition(|open| *open == name) {
                        self.open.truncate(place);
                    }
                }
                Token::Empty(_) | Token::Text(_) => {}
            }
        }
    }

    fn is_item(&self, name: &str) -> bool {
        let around = self.path.split_last().filter(|(last, _)| *last == name);
        around.is_some_and(|(_, around)| around == self.open.as_slice())
    }

    /// Reads an item to its end.
    fn item(&mut self, line: u64, root: Element) -> Result<Result<Item, Complaint>, XmlError> {
        let (mut open, mut bytes, mut broken, mut too_deep) = (vec![root], 0, None, false);
        // How many elements are open that are too deep to keep.
        let mut beyond = 0;
        while !open.is_empty() {
            match self.tokens.next()? {
                Token::Eof => {
                    self.ended = true;
                    let rule = "an item is not closed before the file's end";
                    return Ok(Err(Complaint::new(line, rule, "write the file again")));
                }
                Token::Start(_) if beyond > 0 || open.len() >= DEPTH_MAX => {
                    beyond += 1;
                    too_deep = true;
                }
                Token::Start(element) => {
                    bytes += size(&element);
                    open.push(element);
                }
                Token::Empty(element) => {
                    bytes += size(&element);
                    if let Some(last) = open.last_mut().filter(|_| beyond == 0 && bytes <= ITEM_BYTES_MAX) {
                        last.children.push(Node::Element(element));
                    }
                }
                Token::Text(text) => {
                    bytes += text.len();
                    if let Some(last) = open.last_mut().filter(|_| beyond == 0 && bytes <= ITEM_BYTES_MAX) {
                        match last.children.last_mut() {
                            Some(Node::Text(known)) => known.push_str(&text),
                            _ => last.children.push(Node::Text(text)),
                        }
                    }
                }
                Token::End(_) if beyond > 0 => beyond -= 1,
                Token::End(name) => {
                    let Some(place) = open.iter().rposition(|element| element.name == name) else {
                        broken.get_or_insert((self.tokens.line(), name.clone()));
                        // It closes what is around the item: the item ends with it.
                        if let Some(place) = self.open.iter().rposition(|open| *open == name) {
                            self.open.truncate(place);
                            break;
                        }
                        continue;
                    };
                    if place + 1 < open.len() {
                        broken.get_or_insert((self.tokens.line(), name));
                    }
                    while open.len() > place {
                        let Some(closed) = open.pop() else { break };
                        match open.last_mut() {
                            Some(parent) if bytes <= ITEM_BYTES_MAX => {
                                parent.children.push(Node::Element(closed));
                            }
                            Some(_) => {}
                            None => {
                                open.clear();
                                return Ok(whole(line, closed, bytes, broken, too_deep));
                            }
                        }
                    }
                }
            }
        }
        Ok(whole(line, Element::default(), bytes, broken, too_deep))
    }
}

fn whole(
    line: u64,
    element: Element,
    bytes: usize,
    broken: Option<(u64, String)>,
    too_deep: bool,
) -> Result<Item, Complaint> {
    if let Some((at, name)) = broken {
        let rule = format!("</{name}> at line {at} closes no element that is open");
        return Err(Complaint::new(line, rule, "close every element, and escape < and & in texts").at(name));
    }
    if bytes > ITEM_BYTES_MAX {
        let rule = format!("an item has at most {ITEM_BYTES_MAX} bytes");
        return Err(
            Complaint::new(line, rule, "leave out what is no product data").seeing(&format!("{bytes} bytes"))
        );
    }
    if too_deep {
        let rule = format!("nesting has at most {DEPTH_MAX} levels");
        return Err(Complaint::new(line, rule, "write the product flatter"));
    }
    Ok((line, element, bytes))
}

fn size(element: &Element) -> usize {
    // What an element takes in memory beside its texts.
    let attributes = element.attributes.iter().map(|(name, value)| name.len() + value.len());
    element.name.len() + 16 + attributes.sum::<usize>()
}

impl<R: BufRead> Iterator for Items<R> {
    type Item = io::Result<Result<Item, Complaint>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        match self.read() {
            Ok(item) => {
                let mut item = item?;
                if let Some(counted) = &mut self.counted {
                    *counted += 1;
                    match &mut item {
                        Ok((row, ..)) => *row = *counted,
                        Err(complaint) => complaint.row = *counted,
                    }
                }
                Some(Ok(item))
            }
            Err(XmlError::Read(error)) => {
                self.ended = true;
                Some(Err(error))
            }
            Err(error) => {
                self.ended = true;
                let rule = format!("the XML cannot be read on: {error}");
                Some(Ok(Err(Complaint::new(
                    self.tokens.line(),
                    rule,
                    "write the file again as well-formed XML",
                ))))
            }
        }
    }
}
