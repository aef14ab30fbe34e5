//! What the console knows of each identity provider: its id, its name and its setup guide.

use rollcall_directory::Provider;

/// One identity provider.
#[derive(Debug)]
pub(crate) struct ProviderInfo {
    /// The id that forms and the API use.
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) guide: Guide,
}

/// The steps that set up a provider.
#[derive(Debug)]
pub(crate) enum Guide {
    /// HTML that is the same for every visitor.
    Static(&'static str),
    /// The Google guide is a template, because it links to the settings if the visitor may open them.
    Google,
}

const OKTA: ProviderInfo = ProviderInfo {
    id: "okta",
    name: "Okta",
    guide: Guide::Static(include_str!("../templates/guides/okta.html")),
};

const ENTRA: ProviderInfo = ProviderInfo {
    id: "entra",
    name: "Microsoft Entra ID",
    guide: Guide::Static(include_str!("../templates/guides/entra.html")),
};

const ONELOGIN: ProviderInfo = ProviderInfo {
    id: "onelogin",
    name: "OneLogin",
    guide: Guide::Static(include_str!("../templates/guides/onelogin.html")),
};

const JUMPCLOUD: ProviderInfo = ProviderInfo {
    id: "jumpcloud",
    name: "JumpCloud",
    guide: Guide::Static(include_str!("../templates/guides/jumpcloud.html")),
};

const GOOGLE: ProviderInfo = ProviderInfo {
    id: "google",
    name: "Google Workspace",
    guide: Guide::Google,
};

const PING: ProviderInfo = ProviderInfo {
    id: "ping",
    name: "PingOne",
    guide: Guide::Static(include_str!("../templates/guides/ping.html")),
};

const CYBERARK: ProviderInfo = ProviderInfo {
    id: "cyberark",
    name: "CyberArk Identity",
    guide: Guide::Static(include_str!("../templates/guides/cyberark.html")),
};

const RIPPLING: ProviderInfo = ProviderInfo {
    id: "rippling",
    name: "Rippling",
    guide: Guide::Static(include_str!("../templates/guides/rippling.html")),
};

const OTHER: ProviderInfo = ProviderInfo {
    id: "other",
    name: "Another provider",
    guide: Guide::Static(include_str!("../templates/guides/other.html")),
};

/// Every provider, in the order in which forms list them.
pub(crate) const PROVIDERS: &[ProviderInfo] = &[
    OKTA, ENTRA, ONELOGIN, JUMPCLOUD, GOOGLE, PING, CYBERARK, RIPPLING, OTHER,
];

impl ProviderInfo {
    pub(crate) fn of(provider: Provider) -> &'static Self {
        match provider {
            Provider::Okta => &OKTA,
            Provider::Entra => &ENTRA,
            Provider::OneLogin => &ONELOGIN,
            Provider::JumpCloud => &JUMPCLOUD,
            Provider::Google => &GOOGLE,
            Provider::Ping => &PING,
            Provider::CyberArk => &CYBERARK,
            Provider::Rippling => &RIPPLING,
            Provider::Other => &OTHER,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_those_of_the_api() {
        for info in PROVIDERS {
            let provider: Provider = serde_json::from_value(info.id.into()).unwrap();
            assert_eq!(ProviderInfo::of(provider).id, info.id);
        }
    }
}
