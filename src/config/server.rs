//! Profiles of well-known model servers: how each wants to be asked, as data in `config/servers.toml`.

use anyhow::Context as _;
use serde::Deserialize;

/// Every profile; compiled in.
const SERVERS: &str = include_str!("../../config/servers.toml");

/// How a well-known server wants to be asked.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerProfile {
    /// Its name in `model.server`.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// Its address, with what differs in capitals.
    pub url: String,
    /// Hosts that are always this server; a `*` stands for what differs.
    #[serde(default)]
    hosts: Vec<String>,
    /// Ports that no other server takes by default.
    #[serde(default)]
    ports: Vec<u16>,
    /// What its answers show: a header as `name: value` (the value may be cut), or a piece of the body.
    #[serde(default)]
    signs: Vec<String>,
    /// Name of the cap on the answer's tokens.
    pub cap: String,
    /// The way of structured output where the probe cannot find it.
    pub structured: Option<String>,
    /// The role of the instructions.
    pub system_role: Option<String>,
    /// The header that the key is sent in, beside `Authorization`.
    pub key_header: Option<String>,
    /// What is left to set.
    pub set: String,
    /// What is worth knowing.
    pub remarks: String,
    /// Where all this is written.
    pub source: String,
    /// How the profile was tried.
    pub tried: String,
}

/// A profile, and why it was chosen.
#[derive(Clone, Debug)]
pub struct ChosenProfile {
    /// The profile.
    pub profile: ServerProfile,
    /// The reason, to stand behind "because".
    pub because: String,
}

/// All profiles.
#[derive(Clone, Debug)]
pub struct ServerProfiles(Vec<ServerProfile>);

#[derive(Deserialize)]
struct ProfilesFile {
    server: Vec<ServerProfile>,
}

impl ServerProfiles {
    /// The profiles of this build.
    ///
    /// # Errors
    /// Never in a build that passed its tests.
    pub fn load() -> anyhow::Result<Self> {
        let file: ProfilesFile = toml::from_str(SERVERS).context("config/servers.toml")?;
        Ok(Self(file.server))
    }

    /// Every profile, in the order of the file.
    #[must_use]
    pub fn all(&self) -> &[ServerProfile] {
        &self.0
    }

    /// The profile of `model.server`: the one of that name, or with `auto` the one of the address, if there is one.
    ///
    /// # Errors
    /// When there is none of that name; the message says which there are.
    pub fn choose(&self, server: &str, url: &str) -> anyhow::Result<Option<ChosenProfile>> {
        if server == "none" {
            return Ok(None);
        }
        if server != "auto" {
            let profile = self.0.iter().find(|profile| profile.name == server).with_context(|| {
                let names: Vec<&str> = self.0.iter().map(|profile| profile.name.as_str()).collect();
                format!("{server:?} is not allowed; write auto, none or one of {}", names.join(", "))
            })?;
            let because = "model.server names it".to_owned();
            return Ok(Some(ChosenProfile { profile: profile.clone(), because }));
        }
        Ok(self.of_address(url))
    }

    fn of_address(&self, url: &str) -> Option<ChosenProfile> {
        let url = reqwest::Url::parse(url).ok()?;
        let host = url.host_str()?.to_lowercase();
        let is_at = |at: &String| match at.split_once('*') {
            Some((start, end)) => host.starts_with(start) && host.ends_with(end),
            None => host == *at,
        };
        let by_host = self.0.iter().find(|profile| profile.hosts.iter().any(is_at));
        if let Some(profile) = by_host {
            return Some(ChosenProfile { profile: profile.clone(), because: format!("its host is {host}") });
        }
        let port = url.port()?;
        let profile = self.0.iter().find(|profile| profile.ports.contains(&port))?;
        Some(ChosenProfile { profile: profile.clone(), because: format!("its port is {port}") })
    }

    /// The profile whose signs an answer shows; headers as lines of `name: value`, both in lower case, with the body behind.
    #[must_use]
    pub fn of_answer(&self, seen: &str) -> Option<ChosenProfile> {
        let dense = seen.replace("\": ", "\":");
        let shows = |sign: &&String| {
            if sign.starts_with('"') {
                dense.contains(sign.as_str())
            } else {
                seen.lines().any(|line| line.starts_with(sign.as_str()))
            }
        };
        self.0.iter().find_map(|profile| {
            let sign = profile.signs.iter().find(shows)?;
            let because = format!("its answer shows {}", sign.trim_end_matches(':'));
            Some(ChosenProfile { profile: profile.clone(), because })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(url: &str) -> Option<String> {
        ServerProfiles::load().unwrap().choose("auto", url).unwrap().map(|chosen| chosen.profile.name)
    }

    #[test]
    fn a_well_known_server_is_known_by_its_host_or_its_port() {
        for (url, name) in [
            ("https://api.openai.com/v1", "openai"),
            ("https://shop.openai.azure.com/openai/v1", "azure"),
            ("http://localhost:11434/v1", "ollama"),
            ("http://10.0.0.7:1234/v1", "lm-studio"),
            ("https://API.GROQ.com/openai/v1", "groq"),
            ("https://bedrock-runtime.eu-central-1.amazonaws.com/openai/v1", "bedrock"),
            ("https://europe-west4-aiplatform.googleapis.com/v1", "gemini"),
            ("https://vllm.elb.amazonaws.com/v1", ""),
            ("https://api.deepseek.com", "deepseek"),
            ("https://notapi.openai.com.example.org/v1", ""),
            ("http://vllm:8000/v1", ""),
            ("no address", ""),
        ] {
            assert_eq!(chosen(url).unwrap_or_default(), name, "{url}");
        }
    }

    #[test]
    fn a_server_behind_another_name_is_known_by_its_answer() {
        let profiles = ServerProfiles::load().unwrap();
        let of = |seen: &str| profiles.of_answer(seen).map(|chosen| chosen.profile.name).unwrap_or_default();
        assert_eq!(of("server: llama.cpp\n\n{}"), "llama.cpp");
        assert_eq!(of("x-litellm-version: 1.60\n"), "litellm");
        assert_eq!(of("server: x\n\n{\"system_fingerprint\": \"fp_ollama\"}"), "ollama");
        assert_eq!(of("llm_provider-x-groq-region: a\n\n{}"), "");
        assert_eq!(of("server: uvicorn\n\n{\"id\":\"chatcmpl-1\"}"), "");
    }

    #[test]
    fn the_book_s_table_is_that_of_the_profiles() {
        let book = include_str!("../../docs/setup/model-servers.md");
        let mut table = "| Server | Profile, address | Cap | Structured output | What you set | What to know | Tried |\n|---|---|---|---|---|---|---|\n".to_owned();
        for profile in ServerProfiles::load().unwrap().all() {
            let ServerProfile { name, title, url, cap, structured, set, remarks, source, tried, .. } =
                profile;
            let structured = structured.as_deref().map_or("probed".to_owned(), |way| format!("`{way}`"));
            table.push_str(&format!(
                "| [{title}]({source}) | `{name}`, `{url}` | `{cap}` | {structured} | {set} | {remarks} | {tried} |\n"
            ));
        }
        assert!(book.contains(&table), "docs/setup/model-servers.md must hold this table:\n{table}");
    }

    #[test]
    fn every_profile_is_whole() {
        let mut names = std::collections::HashSet::new();
        for profile in ServerProfiles::load().unwrap().all() {
            let ServerProfile { name, title, url, cap, set, remarks, source, tried, .. } = profile;
            assert!(names.insert(name.clone()), "{name} stands twice");
            assert!(["max_tokens", "max_completion_tokens"].contains(&cap.as_str()), "{name}: {cap}");
            assert!(url.contains("://") && source.starts_with("https://"), "{name}");
            assert!(![title, set, remarks, tried].iter().any(|text| text.is_empty()), "{name}");
        }
        let none = ServerProfiles::load().unwrap().choose("olama", "").unwrap_err();
        assert!(none.to_string().contains("ollama"), "{none}");
    }
}
