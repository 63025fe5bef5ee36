//! Signed records of published texts, and the public documents: who wrote what, proven to readers that know nothing of us.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use serde_json::{Value, json};
use skuscribe::announce::Announcer;
use skuscribe::clock::Clock;
use skuscribe::commit::Committer;
use skuscribe::config::Config;
use skuscribe::intake::inbox::Inbox;
use skuscribe::intake::{Origin, decode};
use skuscribe::pipeline::Pipeline;
use skuscribe::provenance::{AuthorStatus, Signer, TrustedKeys, author_of, new_key};
use skuscribe::review::ReviewDecision;
use skuscribe::store::{Condition, ContentStore, FolderStore, Key, load, save};
use skuscribe_check::content::{DigitalSourceType, Document, ReviewOutcome, State, TextDigest};
use skuscribe_check::product::{Locale, Sku};
use skuscribe_check::provenance::{
    PublicDocument, PublicState, RegistryEntry, normalised, text_digest, whole,
};
use skuscribe_sandbox::{Behaviour, Sandbox};

use crate::harness::{config, mug, run, unique};

/// A shop in a folder, with a key; it goes when it is dropped.
struct Shop {
    sandbox: Sandbox,
    config: Config,
    folder: PathBuf,
    store: Arc<dyn ContentStore>,
}

impl Drop for Shop {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Shop {
    async fn with(behaviour: Behaviour, change: impl FnOnce(&mut Config)) -> Self {
        skuscribe::cli::install_tls();
        let sandbox = Sandbox::start(([127, 0, 0, 1], 0).into(), behaviour).await.unwrap();
        let folder = std::env::temp_dir().join(unique("skuscribe-provenance"));
        std::fs::create_dir_all(&folder).unwrap();
        let mut config = config(&sandbox, None);
        "json_schema".clone_into(&mut config.model.structured);
        config.store.url = folder.join("out").display().to_string();
        config.provenance.key_file = folder.join("key.pem").display().to_string();
        new_key(Path::new(&config.provenance.key_file)).unwrap();
        change(&mut config);
        let store: Arc<dyn ContentStore> = Arc::new(FolderStore::open(Path::new(&config.store.url)).unwrap());
        Self { sandbox, config, folder, store }
    }

    async fn new() -> Self {
        Self::with(Behaviour::default(), |_| {}).await
    }

    fn pipeline(&self) -> Pipeline {
        Pipeline::new(&self.config, Arc::clone(&self.store), Announcer::Nowhere, Clock::System).unwrap()
    }

    async fn work(&self, message: &Value) {
        let update = decode(message.to_string().as_bytes(), &Origin::default()).unwrap();
        let reports = self.pipeline().run(&Inbox::default().enter(Arc::new(update))).await.unwrap();
        assert!(reports.iter().all(|report| report.result.is_ok()), "{reports:?}");
    }

    async fn document(&self) -> Document {
        let (sku, locale) = names();
        load(&*self.store, &Key::Content { locale, sku }).await.unwrap().unwrap().0
    }

    async fn public(&self) -> Option<PublicDocument> {
        public(&*self.store).await
    }

    /// The text of the description's body.
    async fn body(&self) -> String {
        self.document().await.content["description"]["body"].as_str().unwrap().to_owned()
    }

    async fn entry(&self, text: TextDigest) -> Option<RegistryEntry> {
        load(&*self.store, &Key::Provenance { text }).await.unwrap().map(|(entry, _)| entry)
    }

    /// Runs `skuscribe` with the shop's settings.
    fn run(&self, arguments: &[&str]) -> (bool, String) {
        let provenance = &self.config.provenance;
        run(
            arguments,
            &[
                ("SKUSCRIBE_STORE_URL", &self.config.store.url),
                ("SKUSCRIBE_PROVENANCE_KEY_FILE", &provenance.key_file),
                ("SKUSCRIBE_PROVENANCE_TRUSTED", &provenance.trusted),
                ("SKUSCRIBE_PROVENANCE_PRODUCER", "001191110102MAD55U9H0F10002"),
                ("SKUSCRIBE_PROVENANCE_REGISTRY_URL", "https://shop.example/texts/"),
            ],
        )
    }

    async fn status(&self, text: &str) -> AuthorStatus {
        let trusted = TrustedKeys::from_config(&self.config.provenance).unwrap();
        author_of(&*self.store, &trusted, text).await.unwrap().status
    }
}

async fn public(store: &dyn ContentStore) -> Option<PublicDocument> {
    let (sku, locale) = names();
    let object = store.get(&Key::Public { locale, sku }).await.unwrap()?;
    Some(serde_json::from_slice(&object.body).unwrap())
}

fn names() -> (Sku, Locale) {
    ("A1".parse().unwrap(), "en-US".parse().unwrap())
}

fn deleted(id: &str, version: u64) -> Value {
    let mut message = mug(id, "A1", version, "clay");
    message["type"] = json!("product.deleted");
    message
}

#[tokio::test(flavor = "multi_thread")]
async fn anyone_s_copy_of_a_published_text_is_answered_with_who_wrote_it() {
    let shop = Shop::new().await;
    shop.work(&mug("m1", "A1", 1, "clay")).await;
    let body = shop.body().await;
    let (ok, text) = shop.run(&["provenance", "verify", &body]);
    assert!(ok, "{text}");
    for part in ["description of A1 in en-US, /body: a model wrote it", "intact", "revision 1", "gpt-5-mini"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    // As it comes out of a page: other white space, HTML, and the whole text line by line.
    let document = shop.document().await;
    let html = format!("<p>{}</p>", body.replace(". ", ".<br>\n  ").replace('&', "&amp;"));
    let all = whole(&document.content["description"]);
    let without_its_title = all.lines().skip(1).collect::<Vec<_>>().join("\n\n");
    for copied in [format!("\n {} \n", body.replace(' ', "\u{a0}")), html, all, without_its_title] {
        assert_eq!(shop.status(&copied).await, AuthorStatus::Proven, "{copied}");
    }
    let (ok, text) = shop.run(&["provenance", "verify", &body.replacen("clay", "gold", 1), "--json"]);
    let answer: Value = serde_json::from_str(&text).unwrap();
    assert!(!ok && answer["status"] == "unknown" && answer["records"] == json!([]), "{text}");
    for other in ["Somebody else wrote this.", "- a bullet", "--", "-10 % off"] {
        let (ok, text) = shop.run(&["provenance", "verify", "--", other]);
        assert!(!ok && text.contains("unknown: no record of this text"), "{other}: {text}");
    }
    for bullet in ["- a bullet", "-10 % off", "--a dash"] {
        let (ok, text) = shop.run(&["provenance", "verify", bullet]);
        assert!(!ok && text.contains("unknown: no record of this text"), "{bullet}: {text}");
    }
    let mixed = format!("{body}\nIt heals.");
    assert_eq!(shop.status(&mixed).await, AuthorStatus::PartlyProven);
    let (ok, text) = shop.run(&["provenance", "show", "A1", "--locale", "en-US"]);
    assert!(ok && text.matches("the whole text").count() == document.content.len(), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_record_or_one_of_another_text_proves_nothing() {
    let shop = Shop::new().await;
    shop.work(&mug("m1", "A1", 1, "clay")).await;
    let body = shop.body().await;
    let key = Key::Provenance { text: text_digest(&body) };
    let (honest, etag) = load::<RegistryEntry>(&*shop.store, &key).await.unwrap().unwrap();
    let mut changed = honest.clone();
    changed.records[0].record["model"] = json!("a person");
    changed.records[0].record["digital_source_type"] = json!("digital_creation");
    save(&*shop.store, &key, &changed, Condition::Matches(etag)).await.unwrap();
    assert_eq!(shop.status(&body).await, AuthorStatus::NotProven);
    let (ok, text) = shop.run(&["provenance", "verify", &body]);
    assert!(
        !ok && text.starts_with("NOT PROVEN: the record is not what was signed\n  it claims: "),
        "{text}"
    );
    // A record that is intact, under the digest of a text that it is not of.
    let forged = "A text that nobody had written when the record was signed, long enough to stand by itself.";
    let mut other = RegistryEntry::new(text_digest(forged));
    other.records = honest.records;
    let key = Key::Provenance { text: text_digest(forged) };
    save(&*shop.store, &key, &other, Condition::Absent).await.unwrap();
    let (ok, text) = shop.run(&["provenance", "verify", forged]);
    assert!(!ok && text.contains("it is the record of another text"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_rotation_both_keys_prove_and_a_key_that_nobody_trusts_proves_nothing() {
    let mut shop = Shop::new().await;
    shop.work(&mug("m1", "A1", 1, "clay")).await;
    let old = shop.body().await;
    let (new, trusted) = (shop.folder.join("new.pem"), shop.folder.join("trusted"));
    let (ok, jwk) = shop.run(&["provenance", "key", "new", &new.display().to_string()]);
    assert!(ok && jwk.contains("Ed25519") && !jwk.contains("PRIVATE"), "{jwk}");
    std::fs::create_dir(&trusted).unwrap();
    shop.config.provenance.trusted = trusted.display().to_string();
    // As a shell leaves it that is to write a key into the folder: an empty file.
    std::fs::write(trusted.join("shell.json"), "").unwrap();
    let place = trusted.join("old.json").display().to_string();
    let (ok, text) = shop.run(&["provenance", "key", "show", "--to", &place]);
    let (shown, jwks) = shop.run(&["provenance", "key", "show"]);
    assert!(ok && shown && std::fs::read_to_string(&place).unwrap() == jwks, "{text}");
    let (ok, text) = shop.run(&["provenance", "verify", &old]);
    assert!(ok && text.contains("intact"), "{text}");
    std::fs::rename(&place, shop.folder.join("kept.json")).unwrap();
    shop.config.provenance.key_file = new.display().to_string();
    assert_eq!(shop.status(&old).await, AuthorStatus::NotProven, "its key is not trusted any more");
    let (ok, text) = shop.run(&["provenance", "sign"]);
    assert!(!ok && text.contains("shell.json: it is empty"), "{text}");
    std::fs::rename(shop.folder.join("kept.json"), &place).unwrap();
    std::fs::remove_file(trusted.join("shell.json")).unwrap();
    let (ok, text) = shop.run(&["provenance", "sign"]);
    assert!(
        ok && text.contains("0 texts of 1 documents are signed; 3 have"),
        "what the old key proves stays: {text}"
    );
    let (ok, text) = shop.run(&["provenance", "key", "show", "--to", &place]);
    assert!(!ok && text.contains("another file is there"), "the old key is not lost: {text}");
    shop.work(&mug("m2", "A1", 2, "glass")).await;
    let new = shop.body().await;
    assert_ne!(new, old);
    for text in [old, new] {
        assert_eq!(shop.status(&text).await, AuthorStatus::Proven);
        let (ok, shown) = shop.run(&["provenance", "verify", &text]);
        assert!(ok, "{shown}");
    }
}

/// Verifies a signature with another library; `None` where it is not installed.
fn verified_by_python(jwk: &Value, signed: &Value) -> Option<bool> {
    const SCRIPT: &str = r"
import base64, json, sys
try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
except ImportError:
    sys.exit(3)
def b64(text): return base64.urlsafe_b64decode(text + '=' * (-len(text) % 4))
jwk, signed = json.load(sys.stdin)
payload = json.dumps(signed['record'], sort_keys=True, separators=(',', ':'), ensure_ascii=False).encode()
header, empty, signature = signed['signature'].split('.')
head = json.loads(b64(header))
assert empty == '' and head['alg'] == 'EdDSA' and head['kid'] == jwk['kid'], head
data = header + '.' + base64.urlsafe_b64encode(payload).decode().rstrip('=')
try:
    Ed25519PublicKey.from_public_bytes(b64(jwk['x'])).verify(b64(signature), data.encode())
    print('true')
except InvalidSignature:
    print('false')
";
    let python = std::env::var("SKUSCRIBE_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let mut child = Command::new(&python)
        .args(["-c", SCRIPT])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let input = json!([jwk, signed]).to_string();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    if output.status.code() == Some(3) {
        return None;
    }
    assert!(output.status.success());
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_independent_reader_verifies_a_record_and_its_digests() {
    let shop = Shop::new().await;
    shop.work(&mug("m1", "A1", 1, "th\u{e9} \"clay\" \u{2028}\\ \u{676f}")).await;
    let document = shop.document().await;
    let content = &document.content["description"];
    let digest = document.recipes["description"].provenance.text_sha256.unwrap();
    assert_eq!(digest, TextDigest::of_bytes(normalised(&whole(content)).as_bytes()));
    let entry = shop.entry(digest).await.unwrap();
    let mut signed = serde_json::to_value(&entry.records[0]).unwrap();
    let config = &shop.config.provenance;
    let jwk = serde_json::to_value(Signer::from_config(config).unwrap().unwrap().jwk()).unwrap();
    let Some(verified) = verified_by_python(&jwk, &signed) else {
        eprintln!("skipped: the Python package cryptography is not installed");
        return;
    };
    assert!(verified);
    signed["record"]["created"] = json!("2020-01-01T00:00:00Z");
    assert_eq!(verified_by_python(&jwk, &signed), Some(false));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_names_who_decided_in_which_role_and_an_edited_text_is_a_composite() {
    let shop = Shop::with(Behaviour::default(), |config| {
        "always".clone_into(&mut config.review.when);
        "proof-reader".clone_into(&mut config.review.role);
        config.review.roles.insert("ann".to_owned(), "editor-in-chief".to_owned());
        "Example Ltd".clone_into(&mut config.provenance.responsible);
    })
    .await;
    shop.work(&mug("m1", "A1", 1, "clay")).await;
    let held = shop.document().await;
    assert_eq!(held.state, State::Held);
    let listed = shop.store.list("provenance/", 10).await.unwrap();
    assert!(
        listed.is_empty() && shop.public().await.is_none(),
        "what is held is neither shown nor registered"
    );
    let ((sku, locale), pipeline) = (names(), shop.pipeline());
    let draft = held.held.as_ref().unwrap().operation.to_string();
    let decision = ReviewDecision { sku: &sku, locale: &locale, draft: &draft, by: "ann", why: None };
    pipeline.approve(decision).await.unwrap();
    let record = |document: &Document| document.recipes["description"].provenance.text_sha256.unwrap();
    let approved = shop.entry(record(&shop.document().await)).await.unwrap().records[0].read().unwrap();
    let reviewer = approved.reviewer.clone().unwrap();
    assert_eq!((reviewer.id.as_str(), reviewer.decision), ("ann", ReviewOutcome::Approved));
    assert_eq!(reviewer.role.as_deref(), Some("editor-in-chief"));
    assert_eq!(approved.responsible.as_deref(), Some("Example Ltd"));
    assert_eq!(approved.digital_source_type, DigitalSourceType::TrainedAlgorithmicMedia);
    // Approved again, as after a lost answer: nothing changes, and the public document is there.
    let (before, key) = (shop.public().await, Key::Public { locale: locale.clone(), sku: sku.clone() });
    shop.store.delete(&key).await.unwrap();
    pipeline.approve(decision).await.unwrap();
    assert_eq!(shop.public().await, before);

    let editable = pipeline.editable(&sku, &locale, None).await.unwrap();
    let mut contents: std::collections::BTreeMap<String, Value> =
        editable.drafts.iter().map(|draft| (draft.recipe.clone(), draft.content.clone())).collect();
    let body = contents["description"]["body"][0]["text"].as_str().unwrap().to_owned();
    contents.get_mut("description").unwrap()["body"][0]["text"] =
        json!(format!("{body} The material is clay."));
    let operation = editable.operation.to_string();
    let decision = ReviewDecision { draft: &operation, by: "bob", ..decision };
    pipeline.edit(decision, contents.clone(), true).await.unwrap();
    let document = shop.document().await;
    let edited = shop.entry(record(&document)).await.unwrap().records[0].read().unwrap();
    assert_eq!(edited.digital_source_type, DigitalSourceType::CompositeWithTrainedAlgorithmicMedia);
    let reviewer = edited.reviewer.unwrap();
    assert_eq!(
        (reviewer.id.as_str(), reviewer.role.as_deref(), reviewer.decision),
        ("bob", Some("proof-reader"), ReviewOutcome::Edited)
    );
    // What he let stand is the model's text as before, and approved.
    let written = document.recipes["description"].provenance.generated_at;
    for recipe in ["faq", "seo"] {
        let made = &document.recipes[recipe].provenance;
        let decided = made.reviewed.as_ref().unwrap();
        assert_eq!((decided.id.as_str(), decided.decision), ("bob", ReviewOutcome::Approved), "{recipe}");
        assert!(made.editor.is_none() && made.generated_at < written, "{recipe}");
        let record = shop.entry(made.text_sha256.unwrap()).await.unwrap().records[0].read().unwrap();
        assert_eq!(record.digital_source_type, DigitalSourceType::TrainedAlgorithmicMedia, "{recipe}");
        assert_eq!(record.reviewer.as_ref(), Some(decided), "{recipe}");
    }
    let public = shop.public().await.unwrap();
    assert_eq!((public.revision, &public.content), (document.revision, &document.content));
    assert_eq!(public.marks["description"].digital_source_type, edited.digital_source_type);
    // The same edit again changes nothing, and mends what a crash left out.
    shop.store.delete(&key).await.unwrap();
    let latest = document.recipes["description"].provenance.operation.to_string();
    let decision = ReviewDecision { draft: &latest, ..decision };
    assert!(
        pipeline
            .edit(decision, contents, true)
            .await
            .unwrap_err()
            .to_string()
            .contains("nothing was changed")
    );
    assert_eq!(shop.public().await, Some(public));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_public_document_shows_what_is_published_and_who_wrote_it_and_nothing_of_how() {
    let shop = Shop::with(Behaviour::default(), |config| {
        config.provenance.label_locales = vec!["en".to_owned()];
    })
    .await;
    shop.work(&mug("m1", "A1", 1, "clay")).await;
    let (document, public) = (shop.document().await, shop.public().await.unwrap());
    assert_eq!((public.state, public.revision), (PublicState::Published, 1));
    assert_eq!(public.content, document.content);
    let mark = &public.marks["description"];
    assert_eq!(mark.digital_source_type, DigitalSourceType::TrainedAlgorithmicMedia);
    assert_eq!((mark.text_sha256.is_some(), mark.label.as_deref()), (true, Some("AI生成")));
    let value = serde_json::to_value(&public).unwrap();
    let fields: Vec<&String> = value.as_object().unwrap().keys().collect();
    assert_eq!(fields, ["schema", "sku", "locale", "state", "revision", "updated_at", "content", "marks"]);
    let text = value.to_string();
    for kept_back in [
        shop.sandbox.url(),
        "gpt-5-mini".to_owned(),
        "cost".to_owned(),
        "tokens".to_owned(),
        "findings".to_owned(),
        "fingerprint".to_owned(),
        "operation".to_owned(),
        "locks".to_owned(),
        "m1".to_owned(),
    ] {
        assert!(!text.contains(&kept_back), "{kept_back}: {text}");
    }
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/public_content.v1.schema.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(schema).unwrap()).unwrap();
    let required = schema["required"].as_array().unwrap();
    assert!(required.iter().all(|name| value.get(name.as_str().unwrap()).is_some()), "{required:?}");
    shop.work(&deleted("m2", 2)).await;
    let public = shop.public().await.unwrap();
    assert_eq!((public.state, public.revision), (PublicState::Deleted, 2));
    assert!(public.content.is_empty() && public.marks.is_empty());
    shop.work(&mug("m3", "A1", 3, "glass")).await;
    assert_eq!(shop.public().await.unwrap().content, shop.document().await.content);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_a_person_leaves_the_public_document_as_it_was() {
    let shop = Shop::new().await;
    shop.work(&mug("m1", "A1", 1, "clay")).await;
    let before = shop.public().await.unwrap();
    let lies = Behaviour { invent_rate: 1.0, stubborn: true, ..Behaviour::default() };
    let lying = Sandbox::start(([127, 0, 0, 1], 0).into(), lies).await.unwrap();
    let mut config = shop.config.clone();
    (config.model.url, config.check.drop) = (lying.url(), false);
    let pipeline =
        Pipeline::new(&config, Arc::clone(&shop.store), Announcer::Nowhere, Clock::System).unwrap();
    let update = mug("m2", "A1", 2, "glass").to_string();
    let update = decode(update.as_bytes(), &Origin::default()).unwrap();
    pipeline.run(&Inbox::default().enter(Arc::new(update.clone()))).await.unwrap();
    assert!(shop.document().await.held.is_some());
    assert_eq!(shop.public().await.unwrap(), before);
    pipeline.run(&Inbox::default().enter(Arc::new(update.seen_again()))).await.unwrap();
    assert!(shop.public().await.unwrap().shows_the_same_as(&before));
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_from_before_there_was_a_key_are_signed_and_shown_on_request() {
    let mut shop = Shop::with(Behaviour::default(), |config| {
        config.provenance.key_file.clear();
        config.store.public_documents = false;
    })
    .await;
    shop.work(&mug("m1", "A1", 1, "clay")).await;
    let before = shop.document().await;
    assert!(shop.public().await.is_none() && before.recipes["seo"].provenance.text_sha256.is_none());
    let (ok, text) = shop.run(&["provenance", "sign"]);
    assert!(!ok && text.contains("provenance key new"), "{text}");
    shop.config.provenance.key_file = shop.folder.join("key.pem").display().to_string();
    let (ok, text) = shop.run(&["provenance", "sign"]);
    assert!(ok && text.contains("3 texts of 1 documents are signed"), "{text}");
    let document = shop.document().await;
    assert_eq!((document.revision, &document.content), (before.revision, &before.content));
    let (ok, text) = shop.run(&["provenance", "show", "A1", "--locale", "en-US", "--json"]);
    assert!(ok && text.lines().count() == 3, "{text}");
    let objects = shop.store.list("provenance/", 100).await.unwrap();
    let (_, text) = shop.run(&["provenance", "sign"]);
    assert!(text.contains("0 texts of 1 documents are signed; 3 have a record already"), "{text}");
    // A record that somebody forged, whatever it claims: it alone is signed anew.
    let text = document.recipes["seo"].provenance.text_sha256.unwrap();
    let key = Key::Provenance { text };
    let (honest, etag) = load::<RegistryEntry>(&*shop.store, &key).await.unwrap().unwrap();
    let mut forged = honest.clone();
    forged.records[0].record["revision"] = json!(999);
    forged.records[0].record["model"] = json!("nobody");
    save(&*shop.store, &key, &forged, Condition::Matches(etag)).await.unwrap();
    let (_, text) = shop.run(&["provenance", "sign"]);
    assert!(text.contains("1 texts of 1 documents are signed; 2 have"), "{text}");
    assert_eq!(load::<RegistryEntry>(&*shop.store, &key).await.unwrap().unwrap().0, honest);
    assert_eq!(shop.store.list("provenance/", 100).await.unwrap(), objects);
    // A public document that is gone, and one of an earlier life of the document: both follow the document.
    let (sku, locale) = names();
    let key = Key::Public { locale, sku };
    let mut late = shop.public().await.unwrap();
    shop.store.delete(&key).await.unwrap();
    let (ok, text) = shop.run(&["public"]);
    assert!(ok && shop.public().await.as_ref() == Some(&late), "{text}");
    late.revision = 99;
    shop.store.delete(&key).await.unwrap();
    save(&*shop.store, &key, &late, Condition::Absent).await.unwrap();
    shop.run(&["public"]);
    assert_eq!(shop.public().await.unwrap().revision, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mark_is_read_back_as_json_ld_html_and_front_matter() {
    let shop = Shop::new().await;
    shop.work(&mug("m1", "A1", 1, "clay")).await;
    let mark = |form: &str| {
        let (ok, text) = shop.run(&["provenance", "mark", "A1", "--locale", "en-US", "--as", form]);
        assert!(ok, "{text}");
        text
    };
    let json: Value = serde_json::from_str(&mark("json")).unwrap();
    let member = "https://schema.org/TrainedAlgorithmicMediaDigitalSource";
    assert_eq!((&json["@type"], &json["digitalSourceType"]), (&json!("WebPage"), &json!(member)));
    let url = json["hasPart"][0]["subjectOf"]["url"].as_str().unwrap();
    let path = url.strip_prefix("https://shop.example/texts/").unwrap();
    assert!(Path::new(&shop.config.store.url).join(path).exists(), "{path}");
    let html = mark("html");
    assert!(html.starts_with("<script type=\"application/ld+json\">") && html.contains("has_provenance"));
    let yaml = mark("aigc");
    assert!(yaml.starts_with("---\nAIGC:\n  Label: \"1\"\n  ContentProducer: \"0011"), "{yaml}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_keys_is_told_at_the_start_and_by_doctor() {
    use std::os::unix::fs::PermissionsExt as _;
    let shop = Shop::new().await;
    let mode = |mode| std::fs::Permissions::from_mode(mode);
    std::fs::set_permissions(&shop.config.provenance.key_file, mode(0o644)).unwrap();
    let (products, trusted) = (shop.folder.join("products.jsonl"), shop.folder.join("trusted"));
    std::fs::write(&products, "").unwrap();
    let (products, model, folder) =
        (products.display().to_string(), shop.sandbox.url(), trusted.display().to_string());
    let (store, missing) = (&shop.config.store.url, shop.folder.join("missing.pem").display().to_string());
    let told = |arguments: &[&str], key: &str| {
        run(
            arguments,
            &[
                ("SKUSCRIBE_STORE_URL", store),
                ("SKUSCRIBE_MODEL_URL", &model),
                ("SKUSCRIBE_BROKER_URL", "amqp://127.0.0.1:9"),
                ("SKUSCRIBE_PROVENANCE_KEY_FILE", key),
                ("SKUSCRIBE_PROVENANCE_TRUSTED", &folder),
                ("SKUSCRIBE_LOG_FILTER", "warn"),
            ],
        )
        .1
    };
    let key = shop.config.provenance.key_file.as_str();
    let text = told(&["enrich", &products], key);
    assert!(text.contains("mode 0644") && text.contains("chmod 600"), "{text}");
    assert!(text.contains(&format!("provenance.trusted: {folder}")), "{text}");
    let text = told(&["doctor"], key);
    assert!(text.contains("FAIL  signing provenance.trusted"), "{text}");
    std::fs::create_dir(&trusted).unwrap();
    let kid = Signer::from_config(&shop.config.provenance).unwrap().unwrap().kid().to_owned();
    let text = told(&["doctor"], key);
    assert!(text.contains(&format!("ok    signing records are signed with the key {kid}")), "{text}");
    assert!(text.contains("1 key is trusted") && text.contains("mode 0644"), "{text}");
    std::fs::set_permissions(key, mode(0o600)).unwrap();
    assert!(!told(&["doctor"], key).contains("mode 0"));
    let text = told(&["doctor"], &missing);
    assert!(text.contains("FAIL  signing provenance.key_file") && text.contains("key new FILE"), "{text}");
    let (ok, text) = run(&["provenance", "key", "show"], &[("SKUSCRIBE_STORE_URL", store)]);
    assert!(!ok && text.contains("key new FILE"), "{text}");
}

#[test]
fn what_a_wrong_key_file_holds_is_never_shown() {
    let folder = std::env::temp_dir().join(unique("skuscribe-wrong-key"));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("key.pem");
    std::fs::write(&file, "-----BEGIN PRIVATE KEY-----\nc2VjcmV0IHdvcmRz\n-----END PRIVATE KEY-----\n")
        .unwrap();
    let (file, folder) = (file.display().to_string(), folder.display().to_string());
    let environment = [
        ("SKUSCRIBE_STORE_URL", folder.as_str()),
        ("SKUSCRIBE_PROVENANCE_KEY_FILE", &file),
        ("SKUSCRIBE_LOG_FILTER", "trace"),
    ];
    for command in
        [&["provenance", "verify", "a text"][..], &["provenance", "sign"], &["worker"], &["config", "show"]]
    {
        let (ok, text) = run(command, &environment);
        assert!(ok == (command == ["config", "show"]), "{command:?}: {text}");
        assert!(!text.contains("c2VjcmV0") && !text.contains("secret words"), "{text}");
        assert!(text.contains("key.pem"), "{command:?}: {text}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}

/// Late and early writers of one document, in any order: what is shown never goes back, and ends as the document.
#[tokio::test(flavor = "multi_thread")]
async fn the_public_document_never_goes_back_whoever_is_late() {
    let shop = Shop::new().await;
    let mut states = Vec::new();
    for version in 1..=4 {
        let message = if version == 3 {
            deleted("d", 3)
        } else {
            mug(&format!("m{version}"), "A1", version, &format!("clay {version}"))
        };
        shop.work(&message).await;
        states.push(shop.document().await);
    }
    let last = states.last().unwrap().clone();
    for seed in 0..200 {
        let store: Arc<dyn ContentStore> = Arc::new(crate::memory::MemoryStore::new(300));
        let committer = Committer::from_config(&shop.config, Arc::clone(&store), Clock::System).unwrap();
        let committer = Arc::new(committer);
        let mut random = fastrand::Rng::with_seed(seed);
        let (sku, locale) = names();
        let key = Key::Content { locale, sku };
        let (mut etag, mut tasks) = (None, Vec::new());
        for state in &states {
            let condition = etag.map_or(Condition::Absent, Condition::Matches);
            let skuscribe::store::Put::Stored(now) = save(&*store, &key, state, condition).await.unwrap()
            else {
                panic!("a lone writer")
            };
            etag = Some(now);
            // Each writer shows its own revision, some more than once, as redeliveries do, and some late.
            for _ in 0..random.u8(1..3) {
                let (committer, state, delay) = (Arc::clone(&committer), state.clone(), random.u64(0..2_000));
                tasks.push(tokio::spawn(async move {
                    tokio::time::sleep(std::time::Duration::from_micros(delay)).await;
                    committer.show(&state).await.unwrap();
                }));
            }
            if random.bool() {
                tokio::time::sleep(std::time::Duration::from_micros(random.u64(0..500))).await;
            }
        }
        let watched = Arc::clone(&store);
        let watch = tokio::spawn(async move {
            let mut seen = 0;
            for _ in 0..50 {
                if let Some(public) = public(&*watched).await {
                    assert!(public.revision >= seen, "it went back from {seen} to {}", public.revision);
                    seen = public.revision;
                }
            }
        });
        for task in tasks {
            task.await.unwrap();
        }
        watch.await.unwrap();
        let shown = public(&*store).await.unwrap();
        assert_eq!((shown.revision, &shown.content), (last.revision, &last.content), "seed {seed}");
    }
}
