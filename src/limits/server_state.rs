//! States of a model server or of its account that no message can change and that waiting alone does not mend.

use std::fmt;

/// Why a model server takes no calls at all until somebody acts: it stops lanes, and no message is given up for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerState {
    /// The account has no money, or has used up its plan's quota.
    NoMoney,
    /// The key, or what it may do, is refused.
    KeyRefused,
    /// The provider does not serve the network's country.
    RegionRefused,
    /// The server does not know or serve the model.
    ModelMissing,
    /// It refuses every request, the smallest one as well.
    RequestRefused,
    /// Behind the address is no chat-completions API.
    AddressWrong,
    /// The address redirects; no prompt is sent on.
    Redirected,
    /// The address's host has no entry in the DNS.
    HostUnknown,
    /// The server's certificate is not trusted.
    CertificateRefused,
}

impl ServerState {
    /// Its name in logs and metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoMoney => "no_money",
            Self::KeyRefused => "key_refused",
            Self::RegionRefused => "region_refused",
            Self::ModelMissing => "model_missing",
            Self::RequestRefused => "request_refused",
            Self::AddressWrong => "address_wrong",
            Self::Redirected => "redirected",
            Self::HostUnknown => "host_unknown",
            Self::CertificateRefused => "certificate_refused",
        }
    }

    /// What a person does about it.
    #[must_use]
    pub fn remedy(self) -> &'static str {
        match self {
            Self::NoMoney => {
                "add money or raise the limit at the provider, or put another [[model]] into the chain"
            }
            Self::KeyRefused => {
                "check the key in the variable that model.key_variable names, its rights, and whether the account is active"
            }
            Self::RegionRefused => {
                "run where the provider serves the country, or set model.url to another provider"
            }
            Self::ModelMissing => {
                "check model.name; `skuscribe doctor` lists the server's models; load or deploy the model there"
            }
            Self::RequestRefused => {
                "do what the server's words say: accept terms, deploy or name a model that chats, take out a setting under [model]; then `skuscribe doctor` asks it again"
            }
            Self::AddressWrong => {
                "check model.url: http or https, the server and not its web page, up to what stands before /chat/completions, mostly /v1"
            }
            Self::Redirected => {
                "set model.url to the address that it redirects to, if you trust that one with prompts and key"
            }
            Self::HostUnknown => "check the host in model.url, and the DNS of this machine",
            Self::CertificateRefused => {
                "check that model.url names the host of the certificate, and that it is in force; add its authority to the trusted ones of this machine"
            }
        }
    }
}

impl fmt::Display for ServerState {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::NoMoney => "the account has no money or quota left",
            Self::KeyRefused => "the key or the account is refused",
            Self::RegionRefused => "the region is refused",
            Self::ModelMissing => "the model is not there",
            Self::RequestRefused => "every request is refused",
            Self::AddressWrong => "the address is wrong",
            Self::Redirected => "the address redirects",
            Self::HostUnknown => "the host is unknown",
            Self::CertificateRefused => "the certificate is not trusted",
        })
    }
}
