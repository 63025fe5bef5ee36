//! A real browser, driven over the `WebDriver` protocol (W3C): Debian's chromium through chromedriver.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::until_within;

/// Where Debian puts the driver; another may be named.
fn driver() -> String {
    std::env::var("SKUSCRIBE_TEST_CHROMEDRIVER").unwrap_or_else(|_| "/usr/bin/chromedriver".to_owned())
}

/// A browser with one window; it ends with the test.
pub(crate) struct Browser {
    driver: Child,
    client: reqwest::Client,
    session: String,
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The driver takes its browser with it when it is asked to; killed, it leaves it behind.
        let _ = Command::new("kill").args(["-TERM", &self.driver.id().to_string()]).status();
        let _ = self.driver.wait();
    }
}

impl Browser {
    /// Opens a window of a size, dark or light.
    pub(crate) async fn open(width: u32, height: u32, dark: bool) -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let driver = Command::new(driver())
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver starts; `scripts/services.sh` installs it");
        let base = format!("http://127.0.0.1:{port}");
        let client = reqwest::Client::new();
        until_within(Duration::from_secs(30), "chromedriver answers", || async {
            client.get(format!("{base}/status")).send().await.is_ok()
        })
        .await;
        let size = format!("--window-size={width},{height}");
        let mut arguments = vec![
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--hide-scrollbars",
            &size,
        ];
        if dark {
            arguments.push("--force-dark-mode");
            arguments.push("--blink-settings=preferredColorScheme=0");
        }
        // A window has a least width; a phone is emulated.
        let phone = (width < 500)
            .then(|| json!({ "deviceMetrics": { "width": width, "height": height, "pixelRatio": 1.0, "touch": true } }));
        let mut options = json!({ "args": arguments, "binary": "/usr/bin/chromium" });
        if let Some(phone) = phone {
            options["mobileEmulation"] = phone;
        }
        let wanted = json!({ "capabilities": { "alwaysMatch": { "goog:chromeOptions": options, "goog:loggingPrefs": { "browser": "ALL" } } } });
        let answer: Value =
            client.post(format!("{base}/session")).json(&wanted).send().await.unwrap().json().await.unwrap();
        let id = answer["value"]["sessionId"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned();
        Self { driver, client, session: format!("{base}/session/{id}") }
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let sent = self.client.post(format!("{}/{path}", self.session)).json(&body).send().await.unwrap();
        let answer: Value = sent.json().await.unwrap();
        assert!(answer["value"]["error"].is_null(), "{path}: {answer}");
        answer["value"].clone()
    }

    pub(crate) async fn go(&self, address: &str) {
        self.post("url", json!({ "url": address })).await;
    }

    /// Runs a script in the page; gives what it returns.
    pub(crate) async fn run(&self, script: &str) -> Value {
        self.post("execute/sync", json!({ "script": script, "args": [] })).await
    }

    /// The same for one that gives a promise.
    pub(crate) async fn wait_for(&self, script: &str) -> Value {
        let script = format!(
            "const done = arguments[arguments.length - 1]; Promise.resolve().then(() => {{ {script} }}).then(done, (error) => done(String(error)));"
        );
        self.post("execute/async", json!({ "script": script, "args": [] })).await
    }

    /// Presses keys, one after the other, as a person does.
    pub(crate) async fn press(&self, keys: &str) {
        let mut actions = Vec::new();
        for key in keys.chars() {
            actions.push(json!({ "type": "keyDown", "value": key.to_string() }));
            actions.push(json!({ "type": "keyUp", "value": key.to_string() }));
        }
        self.post("actions", json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": actions }] }))
            .await;
    }

    /// Holds a key while another is pressed.
    pub(crate) async fn chord(&self, held: char, key: char) {
        let action = |kind: &str, key: char| json!({ "type": kind, "value": key.to_string() });
        let actions =
            [action("keyDown", held), action("keyDown", key), action("keyUp", key), action("keyUp", held)];
        self.post("actions", json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": actions }] }))
            .await;
    }

    /// Waits until an expression of the page is true.
    pub(crate) async fn until(&self, expression: &str) {
        until_within(Duration::from_secs(30), expression, || async {
            self.run(&format!("return Boolean({expression});")).await == true
        })
        .await;
    }

    pub(crate) async fn text_of(&self, selector: &str) -> String {
        let script = format!("return document.querySelector({selector:?})?.textContent ?? '';");
        self.run(&script).await.as_str().unwrap().trim().to_owned()
    }

    /// Errors that the page's scripts wrote to the console.
    pub(crate) async fn errors(&self) -> Vec<String> {
        let log = self.post("se/log", json!({ "type": "browser" })).await;
        let severe = log.as_array().unwrap().iter().filter(|entry| entry["level"] == "SEVERE");
        severe.map(|entry| entry["message"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Writes what is seen to the folder that `SKUSCRIBE_TEST_SCREENSHOTS` names, for people to look at.
    pub(crate) async fn screenshot(&self, name: &str) {
        use base64::Engine as _;
        let Ok(folder) = std::env::var("SKUSCRIBE_TEST_SCREENSHOTS") else { return };
        let answer: Value = self
            .client
            .get(format!("{}/screenshot", self.session))
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        let image =
            base64::engine::general_purpose::STANDARD.decode(answer["value"].as_str().unwrap()).unwrap();
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(format!("{folder}/{name}.png"), image).unwrap();
    }

    /// What axe-core finds wrong with the page, by rule; nothing where it is not installed.
    pub(crate) async fn barriers(&self) -> Vec<String> {
        let axe = std::env::var("SKUSCRIBE_TEST_AXE").unwrap_or_default();
        if axe.is_empty() {
            return Vec::new();
        }
        self.run(&std::fs::read_to_string(axe).unwrap()).await;
        let found = self.wait_for("return axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }).then((found) => found.violations.map((rule) => rule.id + ': ' + rule.nodes.map((node) => node.target.join(' ') + ' ' + node.failureSummary).join('; ')))").await;
        let found = found.as_array().unwrap_or_else(|| panic!("{found}"));
        found.iter().map(|rule| rule.as_str().unwrap().to_owned()).collect()
    }
}
