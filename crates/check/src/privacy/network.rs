//! E-mail addresses and addresses of the internet protocol.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::LazyLock;

use regex::Regex;

use super::context::{before, stands_alone};
use super::{PersonalData, PersonalDataKind, Scope};

#[expect(clippy::unwrap_used, reason = "a constant pattern, compiled by the tests")]
static EMAIL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)[\p{L}\d][\p{L}\d._%+'-]*@(?:[\p{L}\d](?:[\p{L}\d-]*[\p{L}\d])?\.)+\p{L}{2,24}|[a-z\d][a-z\d._+-]* ?(?:\[at\]|\(at\)) ?[a-z\d-]+(?: ?(?:\.|\[dot\]|\(dot\)) ?[a-z\d-]+)*? ?(?:\.|\[dot\]|\(dot\)) ?[a-z]{2,24}\b|[a-z\d][a-z\d._+-]* at [a-z\d-]+ dot [a-z]{2,24}\b",
    )
    .unwrap()
});

#[expect(clippy::unwrap_used, reason = "a constant pattern, compiled by the tests")]
static IPV4: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\d{1,3}(?:\.\d{1,3}){3}").unwrap());

#[expect(clippy::unwrap_used, reason = "a constant pattern, compiled by the tests")]
static IPV6: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i)[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){3,7}").unwrap());

/// E-mail addresses, also such as are written to be read by people alone.
pub(super) fn emails(text: &str, found: &mut Vec<PersonalData>) {
    found.extend(EMAIL.find_iter(text).map(|part| PersonalData {
        kind: PersonalDataKind::Email,
        start: part.start(),
        end: part.end(),
    }));
}

/// Addresses of either version; numbers of four parts that are said to be a version are none.
///
/// In a catalog an address of a private network is a router's setting, not a person's.
pub(super) fn addresses(text: &str, scope: Scope, found: &mut Vec<PersonalData>) {
    for part in IPV4.find_iter(text) {
        let (start, end) = (part.start(), part.end());
        let octets = part.as_str().split('.').all(|part| part.parse::<u8>().is_ok());
        let goes_on = |rest: &str| {
            let mut rest = rest.chars();
            rest.next() == Some('.') && rest.next().is_some_and(|c| c.is_ascii_digit())
        };
        let preceded = text.get(..start).is_some_and(|head| head.ends_with('.'));
        if octets
            && stands_alone(text, start, end)
            && !preceded
            && !text.get(end..).is_some_and(goes_on)
            && !versioned(text, start)
        {
            let private = part.as_str().parse::<Ipv4Addr>().is_ok_and(|address| {
                address.is_private()
                    || address.is_loopback()
                    || address.is_link_local()
                    || address.is_unspecified()
                    || address.is_broadcast()
            });
            if scope == Scope::Prose || !private {
                found.push(PersonalData { kind: PersonalDataKind::Ip, start, end });
            }
        }
    }
    for candidate in IPV6.find_iter(text) {
        let part = candidate.as_str();
        // Times of day and ratios are made of colons as well.
        let hexadecimal = part.contains("::")
            || part.bytes().any(|byte| byte.is_ascii_alphabetic())
            || part.split(':').count() == 8;
        if hexadecimal
            && part.len() > 6
            && part.parse::<Ipv6Addr>().is_ok()
            && stands_alone(text, candidate.start(), candidate.end())
        {
            found.push(PersonalData {
                kind: PersonalDataKind::Ip,
                start: candidate.start(),
                end: candidate.end(),
            });
        }
    }
}

fn versioned(text: &str, start: usize) -> bool {
    let head = before(text, start, 24).trim_end().to_lowercase();
    [
        "version",
        "v",
        "v.",
        "firmware",
        "android",
        "ios",
        "software",
        "bluetooth",
        "release",
        "build",
        "windows",
        "版本",
        "バージョン",
    ]
    .iter()
    .any(|word| head.strip_suffix(word).is_some_and(|rest| !rest.ends_with(char::is_alphanumeric)))
}
