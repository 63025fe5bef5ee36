//! A RabbitMQ node of a test's own: its own name, ports and data folder, so that it may be killed.

use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::net::TcpStream;

use crate::harness::{unique, until};

/// Where Debian's package has the server itself; the one in the PATH changes the user first.
const SERVER: &str = "/usr/lib/rabbitmq/bin/rabbitmq-server";

/// A node; it is killed, and its folder removed, when it is dropped.
pub(crate) struct Node {
    folder: PathBuf,
    name: String,
    ports: [u16; 3],
    running: Option<Child>,
}

impl Node {
    /// Starts a node and waits until its port accepts.
    pub(crate) async fn start() -> Self {
        assert!(
            std::path::Path::new(SERVER).exists(),
            "{SERVER} is not there: install Debian's package rabbitmq-server"
        );
        let folder = std::env::temp_dir().join(unique("skuscribe-node"));
        for part in ["mnesia", "log", "home"] {
            std::fs::create_dir_all(folder.join(part)).unwrap();
        }
        // Held at the same time, so that they differ.
        let held = [0; 3].map(|_| std::net::TcpListener::bind("127.0.0.1:0").unwrap());
        let ports = held.map(|listener| listener.local_addr().unwrap().port());
        let settings = format!("listeners.tcp.default = 127.0.0.1:{}\nloopback_users = none\n", ports[0]);
        std::fs::write(folder.join("rabbitmq.conf"), settings).unwrap();
        std::fs::write(folder.join("enabled_plugins"), "[].").unwrap();
        let name = format!("{}@localhost", unique("skuscribe"));
        let mut node = Self { folder, name, ports, running: None };
        node.resume().await;
        node
    }

    /// Its address.
    pub(crate) fn url(&self) -> String {
        format!("amqp://guest:guest@127.0.0.1:{}/%2f", self.ports[0])
    }

    /// Kills it at once, as a power cut would.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.running.take() {
            let group = format!("-{}", child.id());
            let _ = Command::new("kill").args(["-9", "--", &group]).stderr(Stdio::null()).status();
            let _ = child.wait();
        }
    }

    /// Starts it again over the same data, and waits until its port accepts.
    pub(crate) async fn resume(&mut self) {
        let log = std::fs::File::create(self.folder.join("out.log")).unwrap();
        let mut command = Command::new(SERVER);
        self.environment(&mut command);
        command.process_group(0).stdout(log.try_clone().unwrap()).stderr(log).stdin(Stdio::null());
        self.running = Some(command.spawn().unwrap());
        let port = self.ports[0];
        until("the private broker accepts connections", || async move {
            TcpStream::connect(("127.0.0.1", port)).await.is_ok()
        })
        .await;
    }

    /// One of its own commands (`rabbitmqctl`); gives what it prints.
    pub(crate) async fn ctl(&self, arguments: &[&str]) -> String {
        let mut command = Command::new("/usr/lib/rabbitmq/bin/rabbitmqctl");
        if !std::path::Path::new("/usr/lib/rabbitmq/bin/rabbitmqctl").exists() {
            command = Command::new("rabbitmqctl");
        }
        self.environment(&mut command);
        command.args(["-q", "-n", &self.name]).args(arguments);
        let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        assert!(
            output.status.success(),
            "rabbitmqctl {arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn environment(&self, command: &mut Command) {
        let path = |name: &str| self.folder.join(name);
        command
            .env("RABBITMQ_NODENAME", &self.name)
            .env("RABBITMQ_NODE_PORT", self.ports[0].to_string())
            .env("RABBITMQ_DIST_PORT", self.ports[1].to_string())
            .env("ERL_EPMD_PORT", self.ports[2].to_string())
            .env("RABBITMQ_MNESIA_BASE", path("mnesia"))
            .env("RABBITMQ_LOG_BASE", path("log"))
            .env("RABBITMQ_PID_FILE", path("pid"))
            .env("RABBITMQ_CONFIG_FILE", path("rabbitmq"))
            .env("RABBITMQ_ENABLED_PLUGINS_FILE", path("enabled_plugins"))
            // Queues count their messages at every tick: without this the counts that it lists are up to 5 s old,
            // and 0 after a start.
            .env("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "+S 2:2 -rabbit quorum_tick_interval 200")
            .env("HOME", path("home"));
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.kill();
        // The port mapper is a daemon of its own, and lets itself be ended only once it knows of no node.
        for _ in 0..50 {
            let port = self.ports[2].to_string();
            let killed = Command::new("epmd").args(["-port", &port, "-kill"]).output();
            if killed.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains("Killed")) {
                break;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
