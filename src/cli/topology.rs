//! `skuscribe topology`: print the exchanges and queues, or apply them.

use std::process::ExitCode;

use clap::Args;

use crate::broker::{Link, Publisher, RETRY_DELAYS_MS, Topology};
use crate::config::Config;

#[derive(Debug, Args)]
pub(super) struct TopologyArgs {
    /// Declare everything on the broker; what is there already stays as it is.
    #[arg(long)]
    apply: bool,
}

pub(super) async fn run(config: Config, args: TopologyArgs) -> anyhow::Result<ExitCode> {
    print!("{}", Topology::new(&config.broker.prefix));
    if args.apply {
        let publisher = Publisher::patient(Link::from_config(&config.broker), "skuscribe-topology");
        publisher.declare().await?;
        for delay in RETRY_DELAYS_MS {
            publisher.declare_delay(delay).await?;
        }
        publisher.close().await;
        println!("applied to {}", config.broker.shown());
    }
    Ok(ExitCode::SUCCESS)
}
