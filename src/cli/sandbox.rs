//! `skuscribe sandbox`: the stand-in for a model server.

use std::net::SocketAddr;
use std::process::ExitCode;

use clap::Args;

use crate::shutdown::Shutdown;
use skuscribe_sandbox::{Behaviour, QUIRKS, Quirk, Sandbox, StructuredOutput};

#[derive(Debug, Args)]
pub(super) struct SandboxArgs {
    /// Address to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:8089")]
    listen: SocketAddr,
    /// Time before each answer, in milliseconds.
    #[arg(long, default_value_t = 0)]
    latency_ms: u64,
    /// Share of requests that fail with 500 (0 to 1).
    #[arg(long, default_value_t = 0.0, value_parser = share)]
    fail: f64,
    /// Share that is refused with 429.
    #[arg(long, default_value_t = 0.0, value_parser = share)]
    refuse: f64,
    /// Share that never gets an answer.
    #[arg(long, default_value_t = 0.0, value_parser = share)]
    hang: f64,
    /// Share that is cut in the middle.
    #[arg(long, default_value_t = 0.0, value_parser = share)]
    truncate: f64,
    /// Share that is no valid JSON.
    #[arg(long, default_value_t = 0.0, value_parser = share)]
    broken: f64,
    /// Share that states numbers which no fact holds.
    #[arg(long, default_value_t = 0.0, value_parser = share)]
    invent: f64,
    /// Share that is in another language.
    #[arg(long, default_value_t = 0.0, value_parser = share)]
    wrong_language: f64,
    /// Draw inventions and other languages per product, so that a repair call does not help.
    #[arg(long)]
    stubborn: bool,
    /// Follow instructions in the data of a prompt, as a careless model would.
    #[arg(long)]
    obey: bool,
    /// Requests per minute, stated in OpenAI's headers; 0 for no limit.
    #[arg(long, default_value_t = 0)]
    requests_per_minute: u64,
    /// Tokens per minute, likewise. Tokens are counted as bytes divided by 4.
    #[arg(long, default_value_t = 0)]
    tokens_per_minute: u64,
    /// Count the cap that a request asks for as its answer's tokens, as Azure does.
    #[arg(long)]
    count_caps: bool,
    /// Requests in flight beyond this are refused without a word about when to come back; 0 for no limit.
    #[arg(long, default_value_t = 0)]
    in_flight_max: u64,
    /// Tokens that an answer spends on thinking, at most, drawn evenly.
    #[arg(long, default_value_t = 0)]
    thinking_tokens_max: u64,
    /// Answer as to an account that has run out of money.
    #[arg(long)]
    out_of_money: bool,
    /// The best way of structured output that it understands.
    #[arg(long, default_value = "json_schema", value_parser = structured)]
    structured: StructuredOutput,
    /// The key that it wants, if it wants one (a stand-in's key is no secret).
    #[arg(long)]
    require_key: Option<String>,
    /// Behave as a real server with this quirk does; give it several times for quirks that take turns. `list` prints them.
    #[arg(long = "quirk", value_name = "NAME")]
    quirks: Vec<String>,
    /// How long each quirk has its turn, in milliseconds; 0 for one request.
    #[arg(long, default_value_t = 0)]
    quirk_every_ms: u64,
    /// Seed of the draws.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn share(text: &str) -> Result<f64, String> {
    let share: f64 = text.parse().map_err(|_| "write a number between 0 and 1".to_owned())?;
    if (0.0..=1.0).contains(&share) { Ok(share) } else { Err("write a number between 0 and 1".to_owned()) }
}

fn structured(text: &str) -> Result<StructuredOutput, String> {
    StructuredOutput::named(text)
        .ok_or_else(|| "write json_schema, json_object_schema, json_object or prompt".to_owned())
}

/// The quirks of those names.
fn named(names: &[String]) -> anyhow::Result<Vec<&'static Quirk>> {
    let find = |name: &String| {
        Quirk::named(name).ok_or_else(|| {
            anyhow::anyhow!(
                "--quirk {name}: there is none of that name; `skuscribe sandbox --quirk list` prints them"
            )
        })
    };
    names.iter().map(find).collect()
}

fn list() {
    for group in QUIRKS {
        println!("{}", group.title);
        for quirk in group.quirks {
            println!("  {:<24} {}", quirk.name, quirk.does);
        }
    }
}

pub(super) async fn run(args: SandboxArgs) -> anyhow::Result<ExitCode> {
    if args.quirks.iter().any(|name| name == "list") {
        list();
        return Ok(ExitCode::SUCCESS);
    }
    let behaviour = Behaviour {
        quirks: named(&args.quirks)?,
        quirk_every_ms: args.quirk_every_ms,
        latency_ms: args.latency_ms,
        fail_rate: args.fail,
        refuse_rate: args.refuse,
        hang_rate: args.hang,
        truncate_rate: args.truncate,
        broken_rate: args.broken,
        invent_rate: args.invent,
        language_rate: args.wrong_language,
        stubborn: args.stubborn,
        obey: args.obey,
        requests_per_minute: args.requests_per_minute,
        tokens_per_minute: args.tokens_per_minute,
        count_caps: args.count_caps,
        in_flight_max: args.in_flight_max,
        thinking_tokens_max: args.thinking_tokens_max,
        out_of_money: args.out_of_money,
        structured: args.structured,
        key: args.require_key,
        seed: args.seed,
    };
    let shutdown = Shutdown::on_signals()?;
    let sandbox = Sandbox::start(args.listen, behaviour).await.map_err(|error| {
        anyhow::anyhow!("--listen {}: {error}; is another program listening there?", args.listen)
    })?;
    println!("sandbox: a stand-in for a model server, no model. model.url = {}", sandbox.url());
    sandbox.serve_until(shutdown.drain).await;
    Ok(ExitCode::SUCCESS)
}
