//! Whose webhooks a request manages: those of a tenant, or those of the stack.

use axum::extract::{FromRef, FromRequestParts};
use axum::response::Response;
use http::request::Parts;
use rollcall_directory::{Directory, Error, KeyScope, Purpose, Tenant, shown};
use rollcall_edge_http::Problem;

use crate::application::Application;
use crate::caller::{Access, secret};
use crate::cursor::Cursors;
use crate::door;
use crate::fields::{created, with_secret};
use crate::gate::{ManageWebhooks, StackWebhooks, check_key};
use crate::webhook_fields::{Webhook, WebhookWithSecret};

/// Whose webhooks a request manages.
pub(crate) enum Owner {
    /// Those of a tenant, by either of its doors.
    Tenant(Access<ManageWebhooks>),
    /// Those of the stack, by a service key for all tenants that may read the feed of each.
    Stack(Application<StackWebhooks>),
}

/// Where something is done with one webhook.
pub(crate) enum At {
    /// In the tenant that has it.
    Own(Tenant),
    /// In the tenant that is named, if one is, with a webhook of the stack.
    Stack(Box<Application<StackWebhooks>>, Option<Tenant>),
}

impl<S> FromRequestParts<S> for Owner
where
    S: Send + Sync,
    Directory: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let is_key = secret(parts, Purpose::ServiceKey).is_ok();
        if door::names_tenant(parts) || !is_key {
            return Ok(Self::Tenant(
                Access::from_request_parts(parts, state).await?,
            ));
        }
        let stack = Application::<StackWebhooks>::from_request_parts(parts, state).await?;
        check_key(&stack.key, Some(KeyScope::Events))?;
        Ok(Self::Stack(stack))
    }
}

impl At {
    /// Returns the id of the tenant in which it is done; empty if none is named.
    pub(crate) fn tenant_id(&self) -> &str {
        match self {
            Self::Own(tenant) | Self::Stack(_, Some(tenant)) => tenant.id().as_str(),
            Self::Stack(_, None) => "",
        }
    }
}

impl Owner {
    /// Returns the cursors of the list of its webhooks.
    pub(crate) fn cursors(&self) -> Cursors {
        match self {
            Self::Tenant(access) => Cursors::of("webhooks", &[access.tenant.id().as_str()]),
            Self::Stack(_) => Cursors::of("webhooks", &[]),
        }
    }

    /// Reads one of its webhooks.
    ///
    /// # Errors
    /// 404 when it does not exist.
    pub(crate) async fn read(&self, id: &str) -> Result<Webhook, Error> {
        Ok(match self {
            Self::Tenant(access) => access.tenant.webhooks().read(id).await?.into(),
            Self::Stack(stack) => stack.directory.stack_webhooks().read(id).await?.into(),
        })
    }

    /// Reads one of its webhooks; `None` if it does not exist.
    ///
    /// # Errors
    /// Only table errors.
    pub(crate) async fn find(&self, id: &str) -> Result<Option<Webhook>, Error> {
        match self.read(id).await {
            Ok(webhook) => Ok(Some(webhook)),
            Err(error) if error.is_refusal() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Returns the response of a creation.
    pub(crate) fn created(&self, made: &WebhookWithSecret) -> Response {
        let path = format!("/webhooks/{}", made.webhook.id);
        let path = match self {
            Self::Tenant(access) => access.path(&path),
            Self::Stack(_) => path,
        };
        with_secret(created(&path, made), "secret")
    }

    /// Returns where something is done. Only a webhook of the stack has a named tenant.
    ///
    /// # Errors
    /// 400 for a tenant that is named although the webhook is that of one; 404 when it never existed.
    pub(crate) async fn at(self, named: Option<&str>) -> Result<At, Problem> {
        match (self, named) {
            (Self::Tenant(access), None) => Ok(At::Own(access.tenant)),
            (Self::Tenant(_), Some(_)) => Err(Problem::invalid(
                "`for_tenant` is only for the webhooks of the stack, which a service key manages below `/api/v1/webhooks`",
            )),
            (Self::Stack(stack), None) => Ok(At::Stack(Box::new(stack), None)),
            (Self::Stack(stack), Some(named)) => {
                let none = |_| Problem::not_found(format!("tenant `{}`", shown(named)));
                let tenant = stack.tenant(named.parse().map_err(none)?);
                tenant.lifecycle().known().await?;
                Ok(At::Stack(Box::new(stack), Some(tenant)))
            }
        }
    }
}

/// Returns the refusal of a request that does not say in which tenant.
pub(crate) fn name_tenant() -> Problem {
    Problem::invalid(
        "name a tenant with `for_tenant`: a webhook of the stack has a place in the feed of each",
    )
}
