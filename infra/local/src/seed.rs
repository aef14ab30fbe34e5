//! Seeds the local run: a service key, and tenants with a connection, a token and a portal link. Makes links for the demo too.

use rollcall_directory::{
    Ceilings, Directory, Error, NewTenant, Provider, Role, Settings, TenantId, Verdict,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::demo::TENANTS as DEMO_TENANTS;

/// The ids and names of the tenants.
const TENANTS: [(&str, &str); 2] = [("acme", "Acme"), ("globex", "Globex")];
/// The label of each tenant's connection and token.
const LABEL: &str = "local run";

/// A tenant that is ready for an identity provider.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeededTenant {
    /// The tenant's id.
    pub id: String,
    /// The tenant's name.
    pub name: String,
    /// The base URL to enter in the identity provider.
    pub scim_base_url: String,
    /// The token to enter in the identity provider, in plain text. Empty if a seed file gives none.
    pub scim_token: String,
    /// The portal link that opens the console for an owner of the tenant. It works once, within minutes of the start.
    #[serde(default)]
    pub portal_url: String,
}

impl std::fmt::Debug for SeededTenant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SeededTenant")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// Returns the service key `known` from an earlier start if it is valid, or else issues a new one.
pub(crate) async fn ensure_service_key(
    directory: &Directory,
    known: String,
) -> Result<String, Error> {
    if directory.service_keys().verify(&known).await?.is_some() {
        return Ok(known);
    }
    let issuer = rollcall_issue_service_key::handler(directory.clone());
    Ok(issuer.issue("local run").await?.service_key)
}

/// Creates the tenants if they do not exist, and returns them with their tokens and new portal links.
///
/// A token from an earlier start (`known`) is kept while it is valid. Otherwise a new one is issued, for example after
/// a start that was killed before it wrote `local.json`.
pub(crate) async fn ensure_tenants(
    directory: &Directory,
    known: &[SeededTenant],
    scim_base_url: &str,
    console_url: &str,
) -> Result<Vec<SeededTenant>, Error> {
    let mut tenants = Vec::with_capacity(TENANTS.len());
    for (id, name) in TENANTS {
        // The ids in `TENANTS` are valid, so none is skipped.
        let Ok(tenant) = id.parse::<TenantId>() else {
            continue;
        };
        ensure_tenant(directory, &tenant, name).await?;
        let token = match known.iter().find(|known| known.id == id) {
            Some(known) if is_good(directory, &known.scim_token, &tenant).await? => {
                known.scim_token.clone()
            }
            _ => issue_token(directory, tenant.clone()).await?,
        };
        let link = directory
            .system(tenant)
            .sign_in()
            .issue_portal_link(Role::Owner, None, true)
            .await?;
        tenants.push(SeededTenant {
            id: id.to_owned(),
            name: name.to_owned(),
            scim_base_url: scim_base_url.to_owned(),
            scim_token: token,
            portal_url: format!("{console_url}/open?link={}", link.secret.expose()),
        });
    }
    Ok(tenants)
}

/// Returns the tenants of the demo with new portal links, and the first one with its token: the new one, or else the one of
/// an earlier start.
pub(crate) async fn demo_tenants(
    directory: &Directory,
    known: &[SeededTenant],
    token: Option<String>,
    scim_base_url: &str,
    console_url: &str,
) -> Result<Vec<SeededTenant>, Error> {
    let mut tenants = Vec::with_capacity(DEMO_TENANTS.len());
    for (id, name) in DEMO_TENANTS {
        // The ids are valid, so none is skipped.
        let Ok(tenant) = id.parse::<TenantId>() else {
            continue;
        };
        let known = known.iter().find(|known| known.id == id);
        let known = known.map_or("", |known| &known.scim_token);
        let new = token.as_deref().filter(|_| tenants.is_empty());
        let tenant = directory.system(tenant);
        let link = tenant.sign_in();
        let link = link.issue_portal_link(Role::Owner, None, true).await?;
        tenants.push(SeededTenant {
            id: id.to_owned(),
            name: name.to_owned(),
            scim_base_url: scim_base_url.to_owned(),
            scim_token: new.unwrap_or(known).to_owned(),
            portal_url: format!("{console_url}/open?link={}", link.secret.expose()),
        });
    }
    Ok(tenants)
}

/// Creates a tenant if it does not exist. It has no rate limit and may read as much as can be said, so that bulk tools run
/// at full speed.
async fn ensure_tenant(directory: &Directory, id: &TenantId, name: &str) -> Result<(), Error> {
    let settings = Settings {
        rate_limit: None,
        ..Settings::default()
    };
    let new = NewTenant {
        id: id.clone(),
        name: name.to_owned(),
        settings,
        ceilings: Ceilings {
            read_units_per_minute: Some(i32::MAX.unsigned_abs()),
            ..Ceilings::default()
        },
    };
    match directory.create_tenant(new).await {
        Ok(_) => Ok(()),
        Err(error) if error.to_scim().status() == 409 => Ok(()),
        Err(error) => Err(error),
    }
}

/// Returns whether a token is valid and of this tenant.
pub(crate) async fn is_good(
    directory: &Directory,
    token: &str,
    of: &TenantId,
) -> Result<bool, Error> {
    let request_id = Uuid::new_v4().to_string();
    Ok(match directory.authenticate(token, &request_id).await? {
        Verdict::Accepted(caller) | Verdict::Throttled { caller, .. } => caller.tenant == *of,
        Verdict::Refused { .. } => false,
    })
}

async fn issue_token(directory: &Directory, id: TenantId) -> Result<String, Error> {
    let tenant = directory.system(id);
    let ours = tenant
        .credentials()
        .connections()
        .await?
        .into_iter()
        .find(|connection| connection.label == LABEL);
    let connection = match ours {
        Some(connection) => connection,
        None => {
            tenant
                .credentials()
                .create_connection(LABEL, Provider::Other)
                .await?
        }
    };
    let issued = tenant
        .credentials()
        .issue_token(&connection.id, LABEL, None)
        .await?;
    Ok(issued.secret.expose().to_owned())
}
