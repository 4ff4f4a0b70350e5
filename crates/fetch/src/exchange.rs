//! One question to a registry with everything that belongs to it: who we are, and one answer to a challenge.

use cutaway_model::Error as ModelError;
use reqwest::header::WWW_AUTHENTICATE;

use crate::Kind;
use crate::answer::failure_of;
use crate::failure::Failure;
use crate::realm::authority;
use crate::session::Session;
use crate::slots::Slot;
use crate::transport::{Answer, Ask, Transport};
use crate::veil;

/// How often one question is asked with another token, where tokens wear out while they are shared.
const ROUNDS: usize = 6;

/// A registry's connections, and who we are to it.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) transport: Transport,
    pub(crate) session: Session,
}

impl Exchange {
    /// Asks once. The answer's status is not judged, but that it is no challenge.
    ///
    /// `slot` is that of this exchange; it stays the caller's whatever comes of it.
    pub(crate) async fn ask(
        &self,
        ask: Ask<'_>,
        scope: &str,
        slot: &mut Slot,
    ) -> Result<Answer, Failure> {
        // Whoever is not the registry is told nothing.
        if ask.elsewhere.is_some() {
            return self.transport.ask(ask, None, slot).await;
        }
        let mut grant = self.session.current(&self.transport, scope).await?;
        let mut is_new = false;
        for _ in 0..ROUNDS {
            let header = grant.as_ref().map(|grant| &grant.header);
            let answer = self.transport.ask(ask, header, slot).await?;
            if answer.response.status().as_u16() != 401 {
                if let Some(grant) = &grant {
                    grant.prove();
                }
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
            // A new token that never opened anything will not do it the second time either.
            if is_new && grant.as_ref().is_some_and(|grant| !grant.is_proven()) {
                let why = self.session.why_refused(&self.transport);
                return Err(self.refused(answer, &why).await);
            }
            let headers = answer.response.headers();
            let renewed =
                self.session.answer(&self.transport, scope, headers, grant.as_ref()).await;
            let (next, next_is_new) = renewed.map_err(|failure| failure.at(&answer.url))?;
            (grant, is_new) = (Some(next), next_is_new);
        }
        let reason = format!("{ROUNDS} tokens in a row wore out before they were used");
        Err(Failure::lasting(Kind::Refused(reason)))
    }

    /// Asks once, and takes nothing but success for an answer.
    pub(crate) async fn ask_well(
        &self,
        ask: Ask<'_>,
        scope: &str,
        slot: &mut Slot,
    ) -> Result<Answer, Failure> {
        let answer = self.ask(ask, scope, slot).await?;
        if answer.response.status().is_success() {
            return Ok(answer);
        }
        Err(failure_of(&self.transport, answer.response, &answer.url).await)
    }

    /// Hides in an error what the registry was told: it may be in what the registry answers.
    pub(crate) fn veiled(&self, error: ModelError) -> ModelError {
        veil::over(&self.transport.config.veil, error)
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
