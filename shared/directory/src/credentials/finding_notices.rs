//! What bounds mail about findings: an address gets one about each finding and ten in all within most of a day, and a tenant
//! as many in a day as it may send invitations. They are counted apart, so that no invitation takes the place of an alarm.

use rollcall_model::EventType;
use rollcall_store::{
    Error, Expression, Guard, Transaction, now, number, retry_stale, string, to_item,
};

use crate::credentials::handle::Credentials;
use crate::credentials::invitations::{
    AddressItem, COUNT_KEPT, DayItem, NOTICE_QUIET, NoticeItem, notice_key, read,
};

/// The most findings of which an address is told within most of a day.
const MAX_FINDINGS: usize = 10;

impl Credentials<'_> {
    /// Claims an address and one of the day's mails about findings for the event of a finding. Returns whether the mail may be sent.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn claim_finding(
        self,
        event: &str,
        finding: &str,
        address: &str,
        per_day: u32,
    ) -> Result<bool, Error> {
        let at = now();
        let address_key = &notice_key(self.scope, EventType::HealthOpened, address);
        let day_key = &self.day_key("findings", at);
        let expires = at.as_second() + NOTICE_QUIET;
        retry_stale(|_| async move {
            let wanted = [address_key.clone(), day_key.clone()];
            let mut found = self.scope.table.find(wanted).await?;
            let known = read::<NoticeItem>(found.take(address_key))?;
            let same_claims = match &known {
                None => Expression::absent(),
                Some(known) => {
                    Expression::new("event = :event").with(":event", string(&known.event))
                }
            };
            let mut claims = known.map(|known| known.claims).unwrap_or_default();
            claims.retain(|_, claim| claim.expires > at.as_second());
            if let Some(claim) = claims.get(finding) {
                return Ok(Some(claim.event == event));
            }
            let day = read::<DayItem>(found.take(day_key))?;
            let sent = day.as_ref().map_or(0, |day| day.sent);
            if claims.len() >= MAX_FINDINGS || sent >= per_day {
                return Ok(Some(false));
            }
            let claim = AddressItem {
                event: event.to_owned(),
                expires,
            };
            claims.insert(finding.to_owned(), claim);
            let item = NoticeItem {
                event: event.to_owned(),
                expires,
                claims,
            };
            let counted = DayItem {
                sent: sent + 1,
                expires: at.as_second() + COUNT_KEPT,
            };
            let same_count = match day {
                None => Expression::absent(),
                Some(day) => Expression::new("sent = :sent").with(":sent", number(day.sent)),
            };
            let mut transaction = Transaction::default();
            transaction.put_if(to_item(address_key, &item)?, same_claims, Guard::Stale);
            transaction.put_if(to_item(day_key, &counted)?, same_count, Guard::Stale);
            Ok(self.claimed(transaction).await?.then_some(true))
        })
        .await
    }
}
