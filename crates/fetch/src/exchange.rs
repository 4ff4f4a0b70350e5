//! One question to a registry with everything that belongs to it: who we are, and one answer to a challenge.

use reqwest::header::WWW_AUTHENTICATE;

use crate::Kind;
use crate::answer::failure_of;
use crate::failure::Failure;
use crate::realm::authority;
use crate::session::Session;
use crate::transport::{Answer, Ask, Transport};

/// A registry's connections, and who we are to it.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) transport: Transport,
    pub(crate) session: Session,
}

impl Exchange {
    /// Asks once. The answer's status is not judged, but that it is no challenge.
    pub(crate) async fn ask(&self, ask: Ask<'_>, scope: &str) -> Result<Answer, Failure> {
        let used = self.session.current(&self.transport, scope).await?;
        let answer = self.transport.ask(ask, used.as_ref().map(|grant| &grant.header)).await?;
        if answer.response.status().as_u16() != 401 {
            return Ok(answer);
        }
        if !answer.own {
            let other = authority(&answer.url);
            let reason = format!(
                "{other}, to which the registry redirects, wants credentials and gets none"
            );
            return Err(Failure::lasting(Kind::Refused(reason)).at(&answer.url));
        }
        if !answer.response.headers().contains_key(WWW_AUTHENTICATE) {
            return Err(self.refused(answer, "it answers 401 without a challenge").await);
        }
        let headers = answer.response.headers();
        let grant = self
            .session
            .answer(&self.transport, scope, headers, used.as_ref())
            .await
            .map_err(|failure| failure.at(&answer.url))?;
        drop(answer);
        let answer = self.transport.ask(ask, Some(&grant.header)).await?;
        if answer.response.status().as_u16() != 401 {
            return Ok(answer);
        }
        let why = self.session.why_refused(&self.transport).await;
        Err(self.refused(answer, &why).await)
    }

    /// Asks once, and takes nothing but success for an answer.
    pub(crate) async fn ask_well(&self, ask: Ask<'_>, scope: &str) -> Result<Answer, Failure> {
        let answer = self.ask(ask, scope).await?;
        if answer.response.status().is_success() {
            return Ok(answer);
        }
        Err(failure_of(&self.transport, answer.response, &answer.url).await)
    }

    async fn refused(&self, answer: Answer, why: &str) -> Failure {
        let failure = failure_of(&self.transport, answer.response, &answer.url).await;
        let said = match &failure.kind {
            Kind::Status { body, .. } if !body.is_empty() => format!("{why}: {body}"),
            _ => why.to_owned(),
        };
        Failure::lasting(Kind::Refused(said)).at(&answer.url)
    }
}
