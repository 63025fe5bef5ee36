//! `skuscribe doctor`: is everything there that a worker needs, and what to do if not.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use super::kept_back::KeptBack;
use crate::broker::{Link, Topology};
use crate::clock::Clock;
use crate::config::Config;
use crate::config::broker::shown;
use crate::generate::{GenerateError, Model, Models, Verifier};
use crate::provenance::{Signer, TrustedKeys, key_file_problem};
use crate::store::{Key, SetAside, keys, load};
use skuscribe_check::product::Snapshot;

/// Longest time for one check.
const PATIENCE: Duration = Duration::from_mins(1);

/// Stored products whose attributes are looked at.
const PRODUCTS_MAX: usize = 200;

/// Begins a further line of one check.
const BELOW: &str = "\n              ";

/// One line of the table.
struct DoctorCheck {
    name: &'static str,
    result: anyhow::Result<String>,
    remedy: &'static str,
}

#[derive(Debug, Args)]
pub(super) struct DoctorArgs {
    /// Also write, and remove, one object in the store: whether conditional writes are honoured shows only so.
    #[arg(long)]
    try_writes: bool,
}

pub(super) async fn run(config: Config, args: DoctorArgs) -> anyhow::Result<ExitCode> {
    let mut checks = vec![DoctorCheck {
        name: "config",
        result: recipes(&config),
        remedy: "mend the file or variable that the message names",
    }];
    let (broker, store, models) =
        tokio::join!(within(broker(&config)), within(store(&config, args.try_writes)), models(&config));
    checks.push(DoctorCheck { name: "broker", remedy: broker_remedy(&broker), result: broker });
    checks.push(DoctorCheck {
        name: "store",
        result: store,
        remedy: if cfg!(feature = "s3") { "set store.url, store.endpoint and the AWS_… variables; the bucket must exist and the server must honour If-None-Match and If-Match" } else { "name a folder in store.url, or use a binary built with S3" },
    });
    for result in models {
        checks.push(DoctorCheck { name: "model", remedy: model_remedy(&result), result });
    }
    if config.verifier.from == "nli" {
        checks.push(DoctorCheck {
            name: "verifier",
            result: within(verifier(&config)).await,
            remedy: "start a server of an NLI classifier with /predict, such as text-embeddings-inference, and set verifier.url, or set verifier.from = \"none\"",
        });
    }
    if config.redis.url().is_some() {
        checks.push(DoctorCheck {
            name: "redis",
            result: within(redis(&config)).await,
            remedy: "start Redis 7 or Valkey and set redis.url (SKUSCRIBE_REDIS_URL), or leave it empty",
        });
    }
    if !config.provenance.key_file.is_empty() || !config.provenance.trusted.is_empty() {
        checks.push(DoctorCheck {
            name: "signing",
            result: signing(&config),
            remedy: "make a key with `skuscribe provenance key new FILE` and name the file in provenance.key_file; put the public keys of before into the folder of provenance.trusted with `skuscribe provenance key show --to FILE`",
        });
    }
    // Who may not list the store is no worse off.
    let kept_back = Box::pin(within(kept_back(&config)))
        .await
        .unwrap_or_else(|error| format!("not looked at: {error:#}"));
    let red = checks.iter().filter(|check| check.result.is_err()).count();
    for check in &checks {
        match &check.result {
            Ok(found) => println!("ok    {:<7} {found}", check.name),
            Err(error) => {
                println!("FAIL  {:<7} {error:#}\n              what to do: {}", check.name, check.remedy);
            }
        }
    }
    println!("-     facts   {kept_back}");
    if config.quota.is_capped() {
        println!("-     caps    {}", config.quota.caps(&shown(&config.store.url)));
    }
    if config.provenance.key_file.is_empty() {
        println!("-     signing provenance.key_file is not set; published texts get no signed records");
    }
    if config.redis.url().is_none() {
        println!(
            "-     redis   not set; each worker keeps to the server's limits by itself, and two may sometimes pay for the same text"
        );
    }
    Ok(if red == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn within(check: impl Future<Output = anyhow::Result<String>>) -> anyhow::Result<String> {
    match tokio::time::timeout(PATIENCE, check).await {
        Ok(result) => result,
        Err(_) => anyhow::bail!("no answer within {} s", PATIENCE.as_secs()),
    }
}

fn recipes(config: &Config) -> anyhow::Result<String> {
    let recipes = config.load_recipes()?;
    crate::answers::Texts::load(&config.answers)?;
    for locale in &config.recipes.locales {
        let requested = recipes.requested(&[], locale)?;
        recipes.brief(&requested, locale, None)?;
    }
    let locales: Vec<&str> =
        config.recipes.locales.iter().map(skuscribe_check::product::Locale::as_str).collect();
    Ok(format!("recipes {} for {}", config.recipes.enabled.join(", "), locales.join(", ")))
}

/// What to do about a broker that failed; a refused password is mended elsewhere than a broker that is not there.
fn broker_remedy(result: &anyhow::Result<String>) -> &'static str {
    let error = result.as_ref().err().map(|error| format!("{error:#}")).unwrap_or_default();
    if error.contains("ACCESS_REFUSED") || error.contains("ACCESS-REFUSED") {
        "RabbitMQ is there and refuses the user: set user, password and virtual host in broker.url (SKUSCRIBE_BROKER_URL), or give the user its rights with rabbitmqctl set_permissions"
    } else if error.contains("NOT_ALLOWED") || error.contains("NOT-ALLOWED") {
        "RabbitMQ is there and has no such virtual host: mend the path of broker.url (%2f is the default one), or create it with rabbitmqctl add_vhost"
    } else {
        "start RabbitMQ 3.10 or newer and set broker.url (SKUSCRIBE_BROKER_URL)"
    }
}

/// What to do about a model that failed; a state of its server says that itself.
fn model_remedy(result: &anyhow::Result<String>) -> &'static str {
    match result.as_ref().err().and_then(|error| error.downcast_ref::<GenerateError>()) {
        Some(GenerateError::State { .. }) => "as the last words say; then run doctor again",
        Some(GenerateError::Unavailable { .. }) => {
            "start the server, or set model.url to its address; `curl` of that address with /models behind it shows whether it answers"
        }
        _ => "set model.url and model.name, and the key in the variable that model.key_variable names",
    }
}

async fn broker(config: &Config) -> anyhow::Result<String> {
    let link = Link::from_config(&config.broker);
    let connection = link.connect("skuscribe-doctor").await?;
    let topology = Topology::new(&config.broker.prefix);
    let missing = link.within("looking for exchanges and queues", topology.missing(&connection)).await?;
    if let Err(error) = link.within("closing", connection.close(200, "done".into())).await {
        tracing::debug!(%error, "the connection did not close in order");
    }
    let prefix = &config.broker.prefix;
    Ok(match missing.len() {
        0 => format!("{}, topology {prefix}.* is in place", link.shown()),
        count => format!(
            "{}, {count} exchanges and queues of {prefix}.* are not there yet ({}…); a worker or skuscribe topology --apply declares them",
            link.shown(),
            missing.first().map_or("", String::as_str)
        ),
    })
}

/// Whether a store can be opened without making its folder.
fn is_there(config: &Config) -> bool {
    let url = &config.store.url;
    url.contains("://") || std::path::Path::new(url).exists()
}

async fn store(config: &Config, try_writes: bool) -> anyhow::Result<String> {
    if !try_writes && !is_there(config) {
        return Ok(format!(
            "the folder {} is not there yet; it is made with the first text",
            config.store.url
        ));
    }
    let store = crate::store::open(&config.store).await?;
    if !try_writes {
        store.get(&Key::Product { sku: "skuscribe-doctor".parse()? }).await?;
        return Ok(format!(
            "{} can be read; --try-writes tries conditional writes as well",
            store.location()
        ));
    }
    crate::store::probe(&*store, &format!("doctor-{}", std::process::id())).await?;
    Ok(format!("{} honours conditional writes, also when 8 race", store.location()))
}

/// Which attributes of the first stored products are kept back from shoppers.
async fn kept_back(config: &Config) -> anyhow::Result<String> {
    let (internal, mut kept) = (config.internal_names()?, KeptBack::default());
    if is_there(config) {
        let (store, aside) = (crate::store::open(&config.store).await?, SetAside::default());
        for key in keys(&*store, "products/", PRODUCTS_MAX, &aside).await? {
            if let Some((snapshot, _)) = aside.skip(load::<Snapshot>(&*store, &key).await)? {
                kept.add(&snapshot.product, &internal);
            }
        }
        aside.log();
    }
    Ok(kept.line())
}

async fn verifier(config: &Config) -> anyhow::Result<String> {
    let score = Verifier::from_config(&config.verifier)?.try_classifier().await?;
    Ok(format!(
        "{} finds \"the mug is made of steel\" entailed by its facts: {score}",
        shown(&config.verifier.url)
    ))
}

async fn models(config: &Config) -> Vec<anyhow::Result<String>> {
    let mut models = match Models::from_config(config, None, None, &Clock::System) {
        Ok(models) => models,
        Err(error) => return vec![Err(error)],
    };
    // What workers learnt is looked at and not changed; a store that is not there has a line of its own.
    if is_there(config)
        && let Ok(store) = crate::store::open(&config.store).await
    {
        models = models.remembering(&store, true);
    }
    let checks = models.all().iter().map(|one| within(model(one)));
    futures_util::future::join_all(checks).await
}

async fn model(model: &Model) -> anyhow::Result<String> {
    let (report, config) = (model.examine().await?, model.config());
    let listed = report.models.contains(&config.name);
    let known = match (report.models.len(), listed) {
        (0, _) => "it lists no models".to_owned(),
        (_, true) => format!("it lists {}", config.name),
        (count, false) => format!(
            "it does not list {:?} among its {count} models ({}{})",
            config.name,
            report.models.iter().take(3).cloned().collect::<Vec<_>>().join(", "),
            if count > 3 { ", …" } else { "" }
        ),
    };
    let key = if config.key.is_some() { "key accepted" } else { "no key sent" };
    let limits = match model.quota().limits() {
        [0, 0] => "it states no limits".to_owned(),
        [requests, 0] => format!("{requests} requests/min"),
        [0, tokens] => format!("{tokens} tokens/min"),
        [requests, tokens] => format!("{requests} requests/min, {tokens} tokens/min"),
    };
    let price = if config.prices.is_empty() { ", no price" } else { "" };
    let profile = match model.profile() {
        Some(chosen) => {
            format!("profile {} because {}; {}", chosen.profile.name, chosen.because, chosen.profile.remarks)
        }
        None => "no profile fits; set model.server if it is a well-known server".to_owned(),
    };
    let adapted = if report.adapted.is_empty() {
        "it takes requests as they are set".to_owned()
    } else {
        let settings = report.settings.join(", ");
        format!("adapted to what it refuses: {}; to make that last: {settings}", report.adapted.join("; "))
    };
    Ok(format!(
        "{} answers, {key}, structured output by {}, {known}, {limits}{price}; the probe took {} tokens{BELOW}{profile}{BELOW}{adapted}",
        model.provider(),
        report.structured.as_str(),
        report.usage.total()
    ))
}

/// The keys of signed records. A key that others may read works, and is told.
fn signing(config: &Config) -> anyhow::Result<String> {
    let settings = &config.provenance;
    let signer = Signer::from_config(settings)?;
    let trusted = TrustedKeys::from_config(settings)?;
    anyhow::ensure!(trusted.problems().is_empty(), "{}", trusted.problems().join(BELOW));
    let own = match &signer {
        Some(signer) => format!("records are signed with the key {} of {}", signer.kid(), settings.key_file),
        None => "no key signs records".to_owned(),
    };
    let warning = signer.and_then(|_| key_file_problem(std::path::Path::new(&settings.key_file)));
    let warning = warning.map(|warning| format!("{BELOW}warning: {warning}")).unwrap_or_default();
    let (count, noun) = (trusted.count(), if trusted.count() == 1 { "key is" } else { "keys are" });
    Ok(format!("{own}; {count} {noun} trusted{warning}"))
}

async fn redis(config: &Config) -> anyhow::Result<String> {
    let url = config.redis.url().unwrap_or_default();
    let client = redis::Client::open(url)?;
    let mut connection = client.get_multiplexed_async_connection().await?;
    let info: String = redis::cmd("INFO").arg("server").query_async(&mut connection).await?;
    let version =
        info.lines().find_map(|line| line.strip_prefix("redis_version:")).unwrap_or("of unknown version");
    Ok(format!("{} (version {})", shown(url), version.trim()))
}
