//! Whose webhooks a request manages: those of a tenant, or those of the stack.

use axum::extract::{FromRef, FromRequestParts};
use axum::response::Response;
use http::request::Parts;
use rollcall_directory::{Directory, KeyScope, Purpose, Tenant, shown};
use rollcall_edge_http::Problem;

use crate::application::Application;
use crate::caller::{Access, secret};
use crate::door;
use crate::fields::{created, with_secret};
use crate::gate::{ManageWebhooks, StackWebhooks, check_key};
use crate::webhook_fields::WebhookWithSecret;

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

impl Owner {
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
