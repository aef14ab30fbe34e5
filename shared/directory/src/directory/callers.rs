//! Who calls: tokens, OAuth clients, sessions and portal links, and the tenant that each is of.

use std::net::IpAddr;

use rollcall_model::{Actor, Brand, Origin};
use rollcall_store::Error;

use crate::credentials::authenticate::{
    Arrival, Caller, Granted, Verdict, authenticate, grant, identify,
};
use crate::credentials::secret::{Purpose, TokenSecret};
use crate::directory::Directory;
use crate::sign_in::check::{Introspection, Session, SessionUse};
use crate::sign_in::sessions::IssuedSession;
use crate::tenant::Tenant;

impl Directory {
    /// Verifies a bearer token of a request from this address, and counts the request against the limits of the token and
    /// of its tenant. If the address is not known, a token with an address list is refused.
    ///
    /// # Errors
    /// Only table errors. If the token is not accepted, the result is a [`Verdict`], not an error.
    pub async fn authenticate_from(
        &self,
        bearer: &str,
        request_id: &str,
        address: Option<IpAddr>,
    ) -> Result<Verdict, Error> {
        let arrival = Arrival {
            request_id,
            address,
        };
        // Boxed: the SDK's futures are nested so deeply that the compiler rejects a future that contains them.
        Box::pin(authenticate(&self.table, &self.key_ring, bearer, arrival)).await
    }

    /// Does what [`Self::authenticate_from`] does for a request from an unknown address: a token with an address list is
    /// refused.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn authenticate(&self, bearer: &str, request_id: &str) -> Result<Verdict, Error> {
        self.authenticate_from(bearer, request_id, None).await
    }

    /// Verifies an OAuth client, counts its request, and returns an access token if the verdict accepts it (RFC 6749 §4.4).
    ///
    /// # Errors
    /// Only table errors, and [`Error::Keys`].
    pub async fn grant(
        &self,
        client_id: &str,
        secret: &str,
        request_id: &str,
        address: Option<IpAddr>,
    ) -> Result<(Verdict, Option<Granted>), Error> {
        let (table, key_ring) = (&self.table, &self.key_ring);
        let arrival = Arrival {
            request_id,
            address,
        };
        Box::pin(grant(table, key_ring, client_id, secret, arrival)).await
    }

    /// Returns whose bearer token it is, if it is valid, without counting a request against a limit.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn identify(
        &self,
        bearer: &str,
        request_id: &str,
        address: Option<IpAddr>,
    ) -> Result<Option<Caller>, Error> {
        let arrival = Arrival {
            request_id,
            address,
        };
        Box::pin(identify(&self.table, bearer, arrival)).await
    }

    /// Returns the tenant of a caller as [`Self::tenant`] does, for resources of the types that the tenant declares. Those
    /// are read once for each version of them.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn tenant_with_schemas(&self, caller: &Caller) -> Result<Tenant, Error> {
        let tenant = self.tenant(caller);
        let types = self.recent.types.of(tenant.scope(), caller.schemas).await?;
        Ok(tenant.with_types(types))
    }

    /// Returns the tenant for resources of the types that it declares.
    ///
    /// # Errors
    /// `404` when the tenant was deleted.
    pub async fn with_schemas(&self, tenant: Tenant) -> Result<Tenant, Error> {
        let version = tenant.scope().stored_tenant().await?.schemas;
        let types = self.recent.types.of(tenant.scope(), version).await?;
        Ok(tenant.with_types(types))
    }

    /// Returns the tenant of a caller, with the caller as the actor.
    pub fn tenant(&self, caller: &Caller) -> Tenant {
        let actor = Actor::token(&caller.token_id, &caller.connection_id);
        let tenant = self.acted_on(caller.tenant.clone(), actor, &caller.request_id);
        tenant.pushed_by(caller)
    }

    /// Returns the tenant of a session. The actor is the person of the session, or the holder of the portal link that
    /// opened it.
    pub fn for_session(&self, session: &Session, request_id: &str) -> Tenant {
        self.acted_on(session.tenant.clone(), session.actor(), request_id)
    }

    /// Returns the session with the secret in a bearer token or cookie, if it is valid.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn session(&self, presented: &str) -> Result<Option<Session>, Error> {
        match self.claimed(Purpose::Session, presented) {
            Some((tenant, secret)) => tenant.sign_in().session(&secret).await,
            None => Ok(None),
        }
    }

    /// Returns the session as [`Self::session`] does, and how pages of its tenant look. Notes a use only by the person.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn session_of_page(
        &self,
        presented: &str,
        by: SessionUse,
    ) -> Result<Option<(Session, Brand)>, Error> {
        match self.claimed(Purpose::Session, presented) {
            Some((tenant, secret)) => tenant.sign_in().session_of_page(&secret, by).await,
            None => Ok(None),
        }
    }

    /// Verifies a service key, and returns the session as [`Self::session`] does. The key, the tenant and the mappings may
    /// be up to five seconds old.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn introspect(&self, key: &str, presented: &str) -> Result<Introspection, Error> {
        let Some(key) = self.service_keys().presented(key) else {
            return Ok(Introspection::KeyRefused);
        };
        if let Some((tenant, secret)) = self.claimed(Purpose::Session, presented) {
            let recent = &self.recent.sessions;
            return tenant.sign_in().introspect(key, &secret, recent).await;
        }
        let mut found = self.table.find(key.wanted()).await?;
        let refused = Introspection::refused(key.verified(&mut found).await?.as_ref());
        Ok(refused.unwrap_or(Introspection::Inactive))
    }

    /// Returns the session that a portal link would open, if the link is still valid.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn portal_link(&self, presented: &str) -> Result<Option<Session>, Error> {
        match self.claimed(Purpose::PortalLink, presented) {
            Some((tenant, link)) => tenant.sign_in().portal_link(&link).await,
            None => Ok(None),
        }
    }

    /// Opens a session with a portal link, in the request with this id and origin. A link can be used once; `None` if it
    /// is not valid or was already used.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn open_portal_link(
        &self,
        presented: &str,
        request_id: &str,
        origin: Origin,
    ) -> Result<Option<IssuedSession>, Error> {
        let Some(link) = TokenSecret::parse_for(Purpose::PortalLink, presented) else {
            return Ok(None);
        };
        let tenant = link.claimed_tenant().clone();
        // The journal names the holder of the link once it is verified.
        let tenant = self.acted_on(tenant, Actor::SYSTEM, request_id);
        let tenant = tenant.requested_from(origin);
        tenant.sign_in().redeem_portal_link(&link).await
    }

    /// Parses a secret with this purpose. Returns it with the tenant that it names, which is not verified yet.
    fn claimed(&self, purpose: Purpose, presented: &str) -> Option<(Tenant, TokenSecret)> {
        let secret = TokenSecret::parse_for(purpose, presented)?;
        Some((self.system(secret.claimed_tenant().clone()), secret))
    }
}
