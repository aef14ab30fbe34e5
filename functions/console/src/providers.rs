//! What the console shows of each identity provider: its name and its setup guide.

use rollcall_directory::Provider;

/// One identity provider.
#[derive(Debug)]
pub(crate) struct ProviderInfo {
    provider: Provider,
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
    provider: Provider::Okta,
    name: "Okta",
    guide: Guide::Static(include_str!("../templates/guides/okta.html")),
};

const ENTRA: ProviderInfo = ProviderInfo {
    provider: Provider::Entra,
    name: "Microsoft Entra ID",
    guide: Guide::Static(include_str!("../templates/guides/entra.html")),
};

const ONELOGIN: ProviderInfo = ProviderInfo {
    provider: Provider::OneLogin,
    name: "OneLogin",
    guide: Guide::Static(include_str!("../templates/guides/onelogin.html")),
};

const JUMPCLOUD: ProviderInfo = ProviderInfo {
    provider: Provider::JumpCloud,
    name: "JumpCloud",
    guide: Guide::Static(include_str!("../templates/guides/jumpcloud.html")),
};

const GOOGLE: ProviderInfo = ProviderInfo {
    provider: Provider::Google,
    name: "Google Workspace",
    guide: Guide::Google,
};

const PING: ProviderInfo = ProviderInfo {
    provider: Provider::Ping,
    name: "PingOne",
    guide: Guide::Static(include_str!("../templates/guides/ping.html")),
};

const CYBERARK: ProviderInfo = ProviderInfo {
    provider: Provider::CyberArk,
    name: "CyberArk Identity",
    guide: Guide::Static(include_str!("../templates/guides/cyberark.html")),
};

const RIPPLING: ProviderInfo = ProviderInfo {
    provider: Provider::Rippling,
    name: "Rippling",
    guide: Guide::Static(include_str!("../templates/guides/rippling.html")),
};

const OTHER: ProviderInfo = ProviderInfo {
    provider: Provider::Other,
    name: "Another provider",
    guide: Guide::Static(include_str!("../templates/guides/other.html")),
};

/// Every provider, in the order in which forms list them.
pub(crate) const PROVIDERS: &[ProviderInfo] = &[
    OKTA, ENTRA, ONELOGIN, JUMPCLOUD, GOOGLE, PING, CYBERARK, RIPPLING, OTHER,
];

impl ProviderInfo {
    /// Returns whether it can call as an OAuth client. Whoever is not listed may.
    pub(crate) fn takes_client(&self) -> bool {
        matches!(
            self.provider,
            Provider::Entra | Provider::Ping | Provider::Other
        )
    }

    /// Returns the id that forms and the API use.
    pub(crate) fn id(&self) -> &'static str {
        self.provider.as_str()
    }

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
    fn every_provider_is_offered_under_its_own_entry() {
        let offered: Vec<Provider> = PROVIDERS.iter().map(|info| info.provider).collect();
        for provider in Provider::all() {
            assert!(offered.contains(&provider), "{provider:?}");
            assert_eq!(ProviderInfo::of(provider).provider, provider);
        }
    }
}
