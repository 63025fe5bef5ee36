//! People at work in a real browser: by keyboard, with an edit, in bulk, two at once, on a phone, in the dark.

use skuscribe_check::content::State;

use super::browser::Browser;
use super::{RunningConsole, waiting_world};
use crate::harness::{World, until};

async fn state(world: &World, sku: &str) -> (State, bool) {
    let document = world.document(sku, "en-US").await.unwrap();
    (document.state, document.held.is_some())
}

async fn published(world: &World, skus: impl Iterator<Item = usize>) -> usize {
    let mut count = 0;
    for number in skus {
        count += usize::from(state(world, &format!("A{number:02}")).await == (State::Published, false));
    }
    count
}

#[tokio::test(flavor = "multi_thread")]
async fn thirty_drafts_are_decided_by_keyboard_one_key_each_and_the_last_decision_is_taken_back() {
    let world = waiting_world(30).await;
    let console = RunningConsole::start(&world, |_| {}).await;
    let browser = Browser::open(1280, 900, false).await;
    browser.go(&format!("{}/review", console.base)).await;
    browser.screenshot("review-queue").await;
    assert_eq!(browser.barriers().await, Vec::<String>::new());
    browser.run("document.querySelector('a.button.primary').click()").await;
    browser.until("document.querySelector('#item')").await;
    browser.screenshot("review-item").await;
    assert_eq!(browser.barriers().await, Vec::<String>::new());
    let mut keystrokes = 0;
    for left in (0..30).rev() {
        let before = browser.run("return document.querySelector('#item').dataset.address;").await;
        browser.press("a").await;
        keystrokes += 1;
        if left > 0 {
            let moved = format!(
                "document.querySelector('#item') && document.querySelector('#item').dataset.address !== {before}"
            );
            browser.until(&moved).await;
        }
    }
    assert_eq!(keystrokes, 30);
    until("all are published", || async { published(&world, 1..=30).await == 30 }).await;
    browser.until("location.pathname === '/review' && !document.querySelector('#item')").await;
    browser.until("document.querySelectorAll('#strip li').length === 10").await;
    browser.run("document.querySelector('#strip button').click()").await;
    until("one waits again", || async { published(&world, 1..=30).await == 29 }).await;
    assert_eq!(browser.errors().await, Vec::<String>::new());
    console.stop().await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_is_checked_while_it_is_typed_and_published_as_it_was_typed() {
    let world = waiting_world(2).await;
    let console = RunningConsole::start(&world, |_| {}).await;
    let browser = Browser::open(1280, 900, true).await;
    browser.go(&format!("{}/review/en-US/A01", console.base)).await;
    browser.press("e").await;
    browser.until("document.querySelector('form[data-edit]')").await;
    browser.until("document.querySelector('#checked').children.length > 0").await;
    browser.run("const field = [...document.querySelectorAll('textarea')].find((field) => field.value.includes('clay')); field.focus(); field.value = 'A steel mug of 900 ml that never breaks.'; field.dispatchEvent(new Event('input', { bubbles: true }));").await;
    browser.until("document.querySelector('#checked').textContent.includes('facts.')").await;
    browser.screenshot("edit-dark").await;
    assert_eq!(browser.barriers().await, Vec::<String>::new());
    browser.run("const field = document.activeElement; field.value = 'A mug of clay for the kitchen, made for every day.'; field.dispatchEvent(new Event('input', { bubbles: true }));").await;
    browser.chord('\u{e009}', '\u{e007}').await;
    until("the edit is published", || async {
        let document = world.document("A01", "en-US").await.unwrap();
        document.state == State::Published
            && serde_json::to_string(&document.content).unwrap().contains("made for every day")
    })
    .await;
    browser.until("document.querySelector('#item') && document.querySelector('#item').dataset.address.includes('A02')").await;
    console.stop().await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_filter_is_approved_after_a_look_and_taken_back_as_a_whole() {
    let world = waiting_world(5).await;
    let console = RunningConsole::start(&world, |_| {}).await;
    let browser = Browser::open(1280, 900, false).await;
    browser.go(&format!("{}/review/bulk?q=sku%3AA0*", console.base)).await;
    browser.screenshot("bulk").await;
    assert_eq!(browser.barriers().await, Vec::<String>::new());
    browser.run("document.querySelector('#count').value = '4'; document.querySelector('#why').value = 'looked at'; document.querySelector('button[value=approve]').click();").await;
    browser.until("document.querySelector('[role=alert]')").await;
    assert_eq!(published(&world, 1..=5).await, 0, "another number was typed");
    browser.go(&format!("{}/review/bulk?q=sku%3AA0*", console.base)).await;
    browser.run("document.querySelector('#count').value = '5'; document.querySelector('#why').value = 'looked at'; document.querySelector('button[value=approve]').click();").await;
    until("all are published", || async { published(&world, 1..=5).await == 5 }).await;
    browser.until("document.querySelector('#run form button')").await;
    browser.run("document.querySelector('#run form button').click()").await;
    until("all wait again", || async { published(&world, 1..=5).await == 0 }).await;
    console.stop().await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_free_of_barriers_on_a_phone_and_in_every_language() {
    let world = waiting_world(2).await;
    let console = RunningConsole::start(&world, |_| {}).await;
    let browser = Browser::open(390, 844, false).await;
    for (name, path) in [
        ("overview", "/"),
        ("review", "/review"),
        ("item", "/review/en-US/A01"),
        ("catalog", "/catalog"),
        ("product", "/catalog/A01"),
        ("jobs", "/jobs"),
        ("new-job", "/jobs/new"),
        ("gaps", "/gaps"),
        ("ask", "/ask"),
        ("costs", "/costs"),
        ("dead", "/dead"),
        ("settings", "/settings"),
    ] {
        browser.go(&format!("{}{path}", console.base)).await;
        browser.screenshot(&format!("phone-{name}")).await;
        assert_eq!(browser.barriers().await, Vec::<String>::new(), "{path}");
        let wide = browser.run("return document.documentElement.scrollWidth - innerWidth;").await;
        assert!(wide.as_i64().unwrap() <= 0, "{path} is {wide} pixels too wide");
    }
    for language in ["de", "zh-CN"] {
        browser.go(&format!("{}/review", console.base)).await;
        browser.run(&format!("document.querySelector('#language').value = '{language}'; document.querySelector('form[action=\"/language\"]').submit();")).await;
        browser.until(&format!("document.documentElement.lang === '{language}'")).await;
        browser.screenshot(&format!("language-{language}")).await;
    }
    assert_eq!(browser.text_of("h1").await.split_whitespace().next(), Some("审核"));
    console.stop().await;
    world.finish().await;
}
