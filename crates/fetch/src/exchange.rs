//! One question to a registry with everything that belongs to it: who we are, and one answer to a challenge.

use std::sync::atomic::{AtomicBool, Ordering};

use cutaway_model::Error as ModelError;
use reqwest::header::{HeaderMap, WWW_AUTHENTICATE};

use crate::Kind;
use crate::answer::failure_of;
use crate::ask::{Answer, Ask, Part};
use crate::failure::Failure;
use crate::manifest::scope_at;
use crate::realm::authority;
use crate::session::{Grant, Session};
use crate::slots::Slot;
use crate::transport::Transport;
use crate::{refusal, veil};

/// How often one question is asked with another token, where tokens wear out while they are shared.
const ROUNDS: usize = 6;

/// Returns whether a status shows that whoever asked was let in.
fn opens(status: u16) -> bool {
    status < 400 || matches!(status, 404 | 416)
}

/// A registry's connections, and who we are to it.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) transport: Transport,
    pub(crate) session: Session,
    /// Whether it refuses the question for headers alone.
    pub(crate) refuses_head: AtomicBool,
    /// Whether it was asked how it wants to be told who asks, and said nothing.
    asks_nobody: AtomicBool,
}

impl Exchange {
    pub(crate) fn new(transport: Transport, session: Session) -> Self {
        let [refuses_head, asks_nobody] = [false, false].map(AtomicBool::new);
        Self { transport, session, refuses_head, asks_nobody }
    }

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
            let status = answer.response.status().as_u16();
            if !answer.own {
                return match status {
                    401 => self.ask_there(ask, answer, scope, slot).await,
                    _ => Ok(answer),
                };
            }
            let challenges = answer.response.headers().contains_key(WWW_AUTHENTICATE);
            let next = match (status, &grant) {
                // A new token that never opened anything will not do it the second time either.
                (401, Some(grant)) if challenges && is_new && !grant.is_proven() => {
                    let why = self.session.why_refused(&self.transport);
                    return Err(self.refused(answer, &why).await);
                }
                (401, _) if challenges => {
                    let headers = answer.response.headers();
                    Some(self.answer(scope, headers, grant.as_ref(), &answer).await?)
                }
                // A token that has opened something may have worn out, and not everybody says so by a challenge.
                (400 | 401 | 403, Some(grant)) if grant.is_proven() => {
                    self.session.renew(&self.transport, scope, grant).await?
                }
                // Some hide what they have from whoever says no password, and do not ask for one.
                (400 | 401 | 403 | 404, None) if status == 401 || self.session.has_credential() => {
                    self.introduce(ask, scope, &answer, slot).await?
                }
                _ => None,
            };
            match next {
                Some((next, next_is_new)) => (grant, is_new) = (Some(next), next_is_new),
                None if status == 401 => {
                    return Err(self.refused(answer, "it answers 401 without a challenge").await);
                }
                None => {
                    if let Some(grant) = grant.filter(|_| opens(status)) {
                        grant.prove();
                    }
                    return Ok(answer);
                }
            }
        }
        let reason = format!("{ROUNDS} tokens in a row wore out before they were used");
        Err(Failure::lasting(Kind::Refused(reason)))
    }

    async fn answer(
        &self,
        scope: &str,
        challenge: &HeaderMap,
        used: Option<&Grant>,
        answer: &Answer,
    ) -> Result<(Grant, bool), Failure> {
        let renewed = self.session.answer(&self.transport, scope, challenge, used).await;
        renewed.map_err(|failure| failure.at(&answer.url))
    }

    /// Asks the registry's first page how it wants to be told who asks, and does so; `None` where it does not say.
    async fn introduce(
        &self,
        ask: Ask<'_>,
        scope: &str,
        answer: &Answer,
        slot: &mut Slot,
    ) -> Result<Option<(Grant, bool)>, Failure> {
        if self.asks_nobody.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let first = Ask { path: "", accept: "*/*", part: Part::Whole, ..ask };
        // That it cannot be asked is no reason to hide what it said first.
        let challenge = match self.transport.ask(first, None, slot).await {
            Ok(first) if first.own && first.response.status().as_u16() == 401 => {
                Some(first.response.headers().clone())
            }
            _ => None,
        };
        match challenge.filter(|headers| headers.contains_key(WWW_AUTHENTICATE)) {
            Some(headers) => self.answer(scope, &headers, None, answer).await.map(Some),
            None => {
                self.asks_nobody.store(true, Ordering::Relaxed);
                Ok(None)
            }
        }
    }

    /// Asks the place to which the registry redirects once more, with a token that it gives to anyone. Nothing
    /// that the registry was told goes there.
    async fn ask_there(
        &self,
        ask: Ask<'_>,
        answer: Answer,
        scope: &str,
        slot: &mut Slot,
    ) -> Result<Answer, Failure> {
        let url = answer.url.clone();
        let scope = scope_at(&url).unwrap_or_else(|| scope.to_owned());
        let mut challenge = answer.response.headers().clone();
        // A token that was kept may have worn out.
        for _ in 0..2 {
            let token = self.session.of_anyone(&self.transport, &url, &scope, &challenge).await;
            let Some((token, is_new)) = token.map_err(|failure| failure.at(&url))? else { break };
            let answer = self.transport.ask_there(ask, &url, &token, slot).await?;
            if answer.response.status().as_u16() != 401 {
                return Ok(answer);
            }
            if is_new {
                break;
            }
            self.session.forget(&url, &scope);
            challenge = answer.response.headers().clone();
        }
        let other = authority(&url);
        let reason =
            format!("{other}, to which the registry redirects, wants credentials and gets none");
        Err(Failure::lasting(Kind::Refused(reason)).at(&url))
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

    /// Hides in an error what the registry was told, which may be in what the registry answers; and says
    /// why it may not have been told enough, where it refuses.
    pub(crate) fn veiled(&self, error: ModelError) -> ModelError {
        let config = &self.transport.config;
        let error = match &config.silent_sources {
            Some(silent) => refusal::explained(error, silent),
            None => error,
        };
        veil::over(&config.veil, error)
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
