//! What strangers and people without the right try, over HTTP.

use reqwest::{Client, Method, StatusCode, redirect};
use secrecy::ExposeSecret as _;
use serde_json::json;
use skuscribe::config::Config;
use skuscribe::console::{Person, Role, new_token};

use super::{RunningConsole, waiting_world};
use crate::harness::World;

/// Tokens of people in each role, and of one for another locale and one for another category.
struct People {
    folder: tempfile::TempDir,
    tokens: Vec<(&'static str, String)>,
}

impl People {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut file = String::new();
        let mut tokens = Vec::new();
        let none: &[&str] = &[];
        for (name, role, categories, locales) in [
            ("vera", Role::Viewer, none, none),
            ("rita", Role::Reviewer, none, none),
            ("otto", Role::Operator, none, none),
            ("adam", Role::Admin, none, none),
            ("german", Role::Reviewer, none, &["de"][..]),
            ("shoes", Role::Reviewer, &["Shoes"][..], none),
        ] {
            let own = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
            let person =
                Person { name: name.to_owned(), role, categories: own(categories), locales: own(locales) };
            let (token, entry) = new_token(&person).unwrap();
            file.push_str(&entry);
            tokens.push((name, token.expose_secret().to_owned()));
        }
        std::fs::write(folder.path().join("tokens.toml"), file).unwrap();
        Self { folder, tokens }
    }

    fn token(&self, name: &str) -> &str {
        &self.tokens.iter().find(|(known, _)| *known == name).unwrap().1
    }

    async fn console(&self, world: &World) -> RunningConsole {
        let file = self.folder.path().join("tokens.toml").display().to_string();
        RunningConsole::start(world, |config: &mut Config| config.console.tokens = file).await
    }
}

fn client() -> Client {
    Client::builder().redirect(redirect::Policy::none()).build().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_token_nothing_is_shown_and_each_role_may_do_its_own_alone() {
    let (world, people) = (waiting_world(2).await, People::new());
    let console = people.console(&world).await;
    let client = client();
    let get = |path: &str| client.get(format!("{}{path}", console.base));
    for path in ["/", "/review", "/catalog", "/review/en-US/A01", "/jobs", "/dead", "/settings", "/costs"] {
        let answer = get(path).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{path}");
        assert!(answer.headers()["location"].to_str().unwrap().starts_with("/login?then="), "{path}");
    }
    for path in ["/v1/review", "/v1/documents", "/v1/openapi.json"] {
        let answer = get(path).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{path}");
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
    }
    let draft = world.document("A01", "en-US").await.unwrap().held.unwrap().operation.to_string();
    let approve = |name: &str, sku: &str, draft: &str| {
        let request = client.post(format!("{}/v1/review/en-US/{sku}/approve", console.base));
        request.bearer_auth(people.token(name)).json(&json!({ "draft": draft })).send()
    };
    // A viewer, and people of other locales and categories, decide nothing.
    for name in ["vera", "german", "shoes"] {
        assert_eq!(approve(name, "A01", &draft).await.unwrap().status(), StatusCode::FORBIDDEN, "{name}");
        let shown = get("/v1/review/en-US/A01").bearer_auth(people.token(name)).send().await.unwrap();
        assert_eq!(shown.status() == StatusCode::OK, name == "vera", "{name}");
        let listed: serde_json::Value =
            get("/v1/review").bearer_auth(people.token(name)).send().await.unwrap().json().await.unwrap();
        assert_eq!(listed["items"].as_array().unwrap().len(), if name == "vera" { 2 } else { 0 }, "{name}");
    }
    for (path, allowed) in [
        ("/dead", "otto adam"),
        ("/settings", "adam"),
        ("/jobs/new", "otto adam"),
        ("/review", "vera rita otto adam"),
    ] {
        for name in ["vera", "rita", "otto", "adam"] {
            let status = get(path).bearer_auth(people.token(name)).send().await.unwrap().status();
            let expected = if allowed.contains(name) { StatusCode::OK } else { StatusCode::FORBIDDEN };
            assert_eq!(status, expected, "{name} {path}");
        }
    }
    assert_eq!(approve("rita", "A01", &draft).await.unwrap().status(), StatusCode::OK);
    assert!(world.document("A01", "en-US").await.unwrap().held.is_none());
    // Another draft than the one that was looked at is refused.
    assert_eq!(approve("rita", "A02", &draft).await.unwrap().status(), StatusCode::CONFLICT);
    console.stop().await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_tokens_is_slowed_down_and_a_session_ends_when_its_person_logs_out() {
    let (world, people) = (waiting_world(0).await, People::new());
    let console = people.console(&world).await;
    let client = client();
    let log_in = |token: &str| {
        let form = form_urlencoded(&[("token", token), ("then", "//evil.example")]);
        client
            .post(format!("{}/login", console.base))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form)
            .send()
    };
    let answer = log_in(people.token("rita")).await.unwrap();
    assert_eq!(
        (answer.status(), &answer.headers()["location"]),
        (StatusCode::SEE_OTHER, &"/".parse().unwrap())
    );
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let page = client.get(format!("{}/review", console.base)).header("cookie", &cookie).send().await.unwrap();
    assert_eq!(page.status(), StatusCode::OK);
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    let html = page.text().await.unwrap();
    assert!(!html.contains("<script>") && !html.contains("style=\""), "nothing inline");
    let csrf = html.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let log_out = |csrf: &str| {
        let form = form_urlencoded(&[("csrf", csrf)]);
        let request = client.post(format!("{}/logout", console.base)).header("cookie", &cookie);
        request.header("content-type", "application/x-www-form-urlencoded").body(form).send()
    };
    assert_eq!(log_out("wrong").await.unwrap().status(), StatusCode::FORBIDDEN);
    assert_eq!(log_out(&csrf).await.unwrap().status(), StatusCode::SEE_OTHER);
    let page = client.get(format!("{}/review", console.base)).header("cookie", &cookie).send().await.unwrap();
    assert_eq!(page.status(), StatusCode::SEE_OTHER, "the session is over");
    let mut last = StatusCode::OK;
    for attempt in 0..20 {
        last = log_in(&format!("guess-{attempt}")).await.unwrap().status();
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(
        log_in(people.token("rita")).await.unwrap().status(),
        StatusCode::SEE_OTHER,
        "who knows it is let in"
    );
    console.stop().await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_loopback_address_no_other_site_reaches_it_by_a_browser() {
    let world = waiting_world(1).await;
    let console = RunningConsole::start(&world, |_| {}).await;
    let client = client();
    let foreign = client.get(&console.base).header("host", "evil.example").send().await.unwrap();
    assert_eq!(foreign.status(), StatusCode::MISDIRECTED_REQUEST);
    // Without a session's secret nothing is done, whatever cookie the browser sends along.
    let page = client.get(format!("{}/review", console.base)).send().await.unwrap();
    let cookie = page.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let draft = world.document("A01", "en-US").await.unwrap().held.unwrap().operation.to_string();
    for cookie in ["", &cookie] {
        let form = form_urlencoded(&[("draft", &draft)]);
        let request =
            client.post(format!("{}/review/en-US/A01/approve", console.base)).header("cookie", cookie);
        let answer = request
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), StatusCode::FORBIDDEN);
        let request =
            client.post(format!("{}/v1/review/en-US/A01/approve", console.base)).header("cookie", cookie);
        let answer = request.json(&json!({ "draft": draft })).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    }
    assert!(world.document("A01", "en-US").await.unwrap().held.is_some());
    console.stop().await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_products_filters_and_paths_say_runs_nowhere_and_leads_nowhere() {
    let mut world = waiting_world(0).await;
    let mut product = crate::harness::mug("m1", "X<b>\"'", 1, "clay");
    product["product"]["title"] = json!("<script>alert(1)</script> \" onmouseover=alert(1)");
    product["product"]["attributes"]["note\"><img src=x onerror=alert(1)>"] =
        json!("</dd><script>alert(2)</script>");
    world.work(&product).await;
    let console = RunningConsole::start(&world, |_| {}).await;
    let client = client();
    let sku = "X%3Cb%3E%22%27";
    for path in [
        "/review".to_owned(),
        format!("/review/en-US/{sku}"),
        format!("/review/en-US/{sku}?edit=1"),
        format!("/catalog/{sku}"),
        "/catalog?q=%3Cscript%3Ealert(3)%3C/script%3E".to_owned(),
        "/review?q=rule:%22%3E%3Cscript%3E".to_owned(),
    ] {
        let answer = client.get(format!("{}{path}", console.base)).send().await.unwrap();
        let (status, html) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{path}: {status} {html}");
        for foreign in ["<script>alert", "<img src=x", "\" onmouseover"] {
            assert!(!html.contains(foreign), "{path} holds {foreign}");
        }
    }
    for path in [
        "/assets/..%2f..%2fCargo.toml",
        "/assets/%2e%2e/Cargo.toml",
        "/review/..%2f..%2fcontent/A",
        "/catalog/..%2f..%2fjobs%2fx",
        "/jobs/..%2f..%2fproducts%2fA",
        "/review/xx/A",
        "/review/en-US/",
        "/catalog?q=%27%20OR%201%3D1%20--&after=%27",
        "/review?after=AAAA&q=%22%20UNION%20SELECT",
        "/costs?from=9999-99-99",
        "/v1/review?size=99999999999",
        "/v1/costs?from=0000-01-01&to=x",
    ] {
        let status = client.get(format!("{}{path}", console.base)).send().await.unwrap().status();
        assert!(!status.is_server_error(), "{path}: {status}");
    }
    let large = "x".repeat(600 * 1024);
    let token =
        client.post(format!("{}/v1/review/en-US/A/approve", console.base)).body(large).send().await.unwrap();
    assert!(token.status() == StatusCode::PAYLOAD_TOO_LARGE || token.status() == StatusCode::FORBIDDEN);
    for method in [Method::PUT, Method::DELETE, Method::PATCH] {
        let status =
            client.request(method, format!("{}/review", console.base)).send().await.unwrap().status();
        assert!(status.is_client_error(), "{status}");
    }
    console.stop().await;
    world.finish().await;
}

/// The body of a form.
fn form_urlencoded(pairs: &[(&str, &str)]) -> String {
    let encoded = |text: &str| {
        percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
    };
    pairs.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect::<Vec<_>>().join("&")
}
