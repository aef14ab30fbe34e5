//! What the console shows of each identity provider: its name, its mark, its setup guide, and what that was written from.

use std::fmt;

use rollcall_directory::Provider;

use crate::messages::t;

/// The message with the day on which the documents were read that the guides were written from.
pub(crate) const READ_ON: &str = "provider-read-day";

/// A name of its own, which is the same in every language, or the key of a message.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Words {
    Name(&'static str),
    Message(&'static str),
}

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Message(key) => f.write_str(&t(key).plain()),
        }
    }
}

/// One identity provider.
#[derive(Debug)]
pub(crate) struct ProviderInfo {
    provider: Provider,
    pub(crate) name: Words,
    /// The name that a new connection has until the admin gives it another.
    label: &'static str,
    /// The letters that stand for it; empty for the icon of a plug.
    pub(crate) mark: &'static str,
    /// The message that says how long the setup takes, or what it brings.
    pub(crate) effort: &'static str,
    /// Whose the product is, as in "Okta's own guide".
    pub(crate) vendor: Words,
    /// The vendor's page about it.
    pub(crate) guide_url: &'static str,
    /// The message that says what the guide was written from.
    pub(crate) source: &'static str,
    /// The messages that say what cannot work, to be read before a token is created.
    pub(crate) cannot: &'static [&'static str],
    pub(crate) guide: Guide,
}

/// The setup guide of a provider, a template in `templates/guides`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Guide {
    Okta,
    Entra,
    OneLogin,
    JumpCloud,
    Google,
    Ping,
    CyberArk,
    Rippling,
    Other,
}

const OKTA: ProviderInfo = ProviderInfo {
    provider: Provider::Okta,
    name: Words::Name("Okta"),
    label: "Okta",
    mark: "Ok",
    effort: "provider-minutes-15",
    vendor: Words::Name("Okta"),
    guide_url: "https://help.okta.com/en-us/content/topics/apps/apps_app_integration_wizard_scim.htm",
    source: "provider-okta-source",
    cannot: &[],
    guide: Guide::Okta,
};

const ENTRA: ProviderInfo = ProviderInfo {
    provider: Provider::Entra,
    name: Words::Name("Microsoft Entra ID"),
    label: "Entra ID",
    mark: "En",
    effort: "provider-entra-effort",
    vendor: Words::Name("Microsoft"),
    guide_url: "https://learn.microsoft.com/en-us/entra/identity/app-provisioning/use-scim-to-provision-users-and-groups",
    source: "provider-entra-source",
    cannot: &[],
    guide: Guide::Entra,
};

const ONELOGIN: ProviderInfo = ProviderInfo {
    provider: Provider::OneLogin,
    name: Words::Name("OneLogin"),
    label: "OneLogin",
    mark: "OL",
    effort: "provider-minutes-15",
    vendor: Words::Name("OneLogin"),
    guide_url: "https://developers.onelogin.com/scim/create-app",
    source: "provider-onelogin-source",
    cannot: &[],
    guide: Guide::OneLogin,
};

const JUMPCLOUD: ProviderInfo = ProviderInfo {
    provider: Provider::JumpCloud,
    name: Words::Name("JumpCloud"),
    label: "JumpCloud",
    mark: "JC",
    effort: "provider-minutes-10",
    vendor: Words::Name("JumpCloud"),
    guide_url: "https://support.jumpcloud.com/s/article/Custom-SCIM-Identity-Management",
    source: "provider-jumpcloud-source",
    cannot: &[],
    guide: Guide::JumpCloud,
};

const GOOGLE: ProviderInfo = ProviderInfo {
    provider: Provider::Google,
    name: Words::Name("Google Workspace"),
    label: "Google Workspace",
    mark: "Go",
    effort: "provider-google-effort",
    vendor: Words::Name("Google"),
    guide_url: "https://support.google.com/a/answer/7681608",
    source: "provider-google-source",
    cannot: &[
        "provider-google-catalogue",
        "provider-google-groups",
        "provider-google-late",
        "provider-google-editions",
    ],
    guide: Guide::Google,
};

const PING: ProviderInfo = ProviderInfo {
    provider: Provider::Ping,
    name: Words::Name("PingOne"),
    label: "PingOne",
    mark: "P1",
    effort: "provider-minutes-15",
    vendor: Words::Name("Ping Identity"),
    guide_url: "https://docs.pingidentity.com/r/en-us/pingone/p1_create_scim_connection",
    source: "provider-ping-source",
    cannot: &[],
    guide: Guide::Ping,
};

const CYBERARK: ProviderInfo = ProviderInfo {
    provider: Provider::CyberArk,
    name: Words::Name("CyberArk Identity"),
    label: "CyberArk Identity",
    mark: "Cy",
    effort: "provider-minutes-20",
    vendor: Words::Name("CyberArk"),
    guide_url: "https://docs.cyberark.com/Idaptive/Latest/en/Content/Developer/scim-management/scim-outbound-provisioning.htm",
    source: "provider-cyberark-source",
    cannot: &[],
    guide: Guide::CyberArk,
};

const RIPPLING: ProviderInfo = ProviderInfo {
    provider: Provider::Rippling,
    name: Words::Name("Rippling"),
    label: "Rippling",
    mark: "Ri",
    effort: "provider-minutes-15",
    vendor: Words::Name("Rippling"),
    guide_url: "https://help.rippling.com/",
    source: "provider-rippling-source",
    cannot: &[],
    guide: Guide::Rippling,
};

const OTHER: ProviderInfo = ProviderInfo {
    provider: Provider::Other,
    name: Words::Message("provider-other-name"),
    label: "",
    mark: "",
    effort: "provider-other-effort",
    vendor: Words::Message("provider-other-vendor"),
    guide_url: "https://www.rfc-editor.org/rfc/rfc7644",
    source: "provider-other-source",
    cannot: &[],
    guide: Guide::Other,
};

/// Every provider, in the order in which forms list them.
pub(crate) const PROVIDERS: &[ProviderInfo] = &[
    OKTA, ENTRA, JUMPCLOUD, ONELOGIN, PING, CYBERARK, RIPPLING, GOOGLE, OTHER,
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

    /// Returns a name for a new connection that none of the others has.
    pub(crate) fn free_name<'a>(&self, taken: impl Iterator<Item = &'a str> + Clone) -> String {
        if self.label.is_empty() {
            return String::new();
        }
        let numbered = |number: usize| match number {
            1 => self.label.to_owned(),
            _ => format!("{} {number}", self.label),
        };
        let is_free = |name: &String| !taken.clone().any(|one| one.eq_ignore_ascii_case(name));
        let mut names = (1..=1_000).map(numbered);
        names.find(is_free).unwrap_or_default()
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

    #[test]
    fn every_guide_says_what_it_was_written_from() {
        for info in PROVIDERS {
            assert!(info.guide_url.starts_with("https://"), "{info:?}");
            assert!(t(info.source).plain().ends_with('.'), "{info:?}");
            let alike = PROVIDERS.iter().filter(|other| other.guide == info.guide);
            assert_eq!(alike.count(), 1, "{info:?}");
        }
    }

    #[test]
    fn a_new_connection_gets_a_free_name() {
        for (taken, name) in [
            (&[][..], "Okta"),
            (&["Entra ID"], "Okta"),
            (&["okta"], "Okta 2"),
            (&["Okta", "Okta 2"], "Okta 3"),
        ] {
            assert_eq!(OKTA.free_name(taken.iter().copied()), name);
        }
        assert_eq!(OTHER.free_name([].into_iter()), "");
    }
}
