//! Who we are to one registry: challenges answered, tokens kept by scope.
//!
//! Nothing is asked before the registry challenges; after that each scope has one token, fetched
//! once however many requests wait for it, and never a token for more than one scope. A scope whose token
//! server is slow holds up nobody who wants another one.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cutaway_ref::auth::Credential;
use reqwest::Url;
use reqwest::header::{HeaderMap, HeaderValue, WWW_AUTHENTICATE};

use crate::Kind;
use crate::challenge::{self, Challenge};
use crate::failure::Failure;
use crate::realm::{self, Trust, authority};
use crate::token::{self, TokenAsk};
use crate::transport::Transport;

/// What is said to one registry.
pub(crate) struct Session {
    credential: Credential,
    /// How the registry wants to be answered, once it has said so.
    way: Mutex<Option<Way>>,
    scopes: Mutex<HashMap<String, Scope>>,
    generation: AtomicU64,
    elsewhere: Mutex<Elsewhere>,
}

/// Tokens that other registries gave to anyone, and when they end: by host and scope.
type Elsewhere = HashMap<(String, String), (HeaderValue, Instant)>;

/// What opens one scope. Its lock is held while a token is fetched, so that it is fetched once.
type Scope = Arc<tokio::sync::Mutex<Option<Held>>>;

#[derive(Clone)]
enum Way {
    Basic,
    Bearer { realm: Url, trust: Trust, service: Option<String> },
}

struct Held {
    grant: Grant,
    expires: Option<Instant>,
}

/// A header that opens a scope, and a number that tells it from those before it.
#[derive(Clone)]
pub(crate) struct Grant {
    pub(crate) header: HeaderValue,
    generation: u64,
    proven: Arc<AtomicBool>,
}

impl Grant {
    /// Notes that it opened something.
    pub(crate) fn prove(&self) {
        self.proven.store(true, Ordering::Relaxed);
    }

    /// Returns whether it ever opened anything; if it did, it may just have worn out.
    pub(crate) fn is_proven(&self) -> bool {
        self.proven.load(Ordering::Relaxed)
    }
}

impl Session {
    pub(crate) fn new(credential: Credential) -> Self {
        Self {
            credential,
            way: Mutex::default(),
            scopes: Mutex::default(),
            generation: AtomicU64::new(0),
            elsewhere: Mutex::default(),
        }
    }

    /// Returns what to say without being asked, as far as earlier challenges tell.
    pub(crate) async fn current(
        &self,
        transport: &Transport,
        scope: &str,
    ) -> Result<Option<Grant>, Failure> {
        let kept = self.scope(scope);
        let mut kept = kept.lock().await;
        let now = Instant::now();
        if let Some(held) = kept.as_ref().filter(|held| held.expires.is_none_or(|end| now < end)) {
            return Ok(Some(held.grant.clone()));
        }
        match self.known_way() {
            None => Ok(None),
            Some(way) => {
                let held = self.obtain(transport, scope, &way).await?;
                Ok(Some(kept.insert(held).grant.clone()))
            }
        }
    }

    /// Answers the challenge in `headers` to a request that said `used`. The flag says whether the
    /// answer is a new one, and not one that another request has got meanwhile.
    pub(crate) async fn answer(
        &self,
        transport: &Transport,
        scope: &str,
        headers: &HeaderMap,
        used: Option<&Grant>,
    ) -> Result<(Grant, bool), Failure> {
        let kept = self.scope(scope);
        let mut kept = kept.lock().await;
        let newer = |held: &&Held| used.is_none_or(|used| held.grant.generation > used.generation);
        if let Some(held) = kept.as_ref().filter(newer) {
            return Ok((held.grant.clone(), false));
        }
        let way = self.way(transport, headers, &transport.origin()?, &self.credential)?;
        *self.way.lock().unwrap_or_else(PoisonError::into_inner) = Some(way.clone());
        let held = self.obtain(transport, scope, &way).await?;
        Ok((kept.insert(held).grant.clone(), true))
    }

    /// Fetches another token in the place of `used`, as an earlier challenge asked for it; `None` where there is
    /// no other. The flag is that of [`Session::answer`].
    pub(crate) async fn renew(
        &self,
        transport: &Transport,
        scope: &str,
        used: &Grant,
    ) -> Result<Option<(Grant, bool)>, Failure> {
        let is_given = matches!(self.credential, Credential::RegistryToken(_));
        let Some(way @ Way::Bearer { .. }) = self.known_way().filter(|_| !is_given) else {
            return Ok(None);
        };
        let kept = self.scope(scope);
        let mut kept = kept.lock().await;
        let newer = |held: &&Held| held.grant.generation > used.generation;
        if let Some(held) = kept.as_ref().filter(newer) {
            return Ok(Some((held.grant.clone(), false)));
        }
        let held = self.obtain(transport, scope, &way).await?;
        Ok(Some((kept.insert(held).grant.clone(), true)))
    }

    /// Returns whether there is anything to say.
    pub(crate) fn has_credential(&self) -> bool {
        self.credential != Credential::Anonymous
    }

    /// Returns a token that another registry, at `url`, gives to anyone, where its challenge offers one, and
    /// whether it was fetched just now.
    pub(crate) async fn of_anyone(
        &self,
        transport: &Transport,
        url: &Url,
        scope: &str,
        challenge: &HeaderMap,
    ) -> Result<Option<(HeaderValue, bool)>, Failure> {
        let key = (authority(url), scope.to_owned());
        let kept = self.elsewhere().get(&key).cloned();
        if let Some((header, _)) = kept.filter(|(_, end)| Instant::now() < *end) {
            return Ok(Some((header, false)));
        }
        let mut origin = url.clone();
        origin.set_path("/");
        origin.set_query(None);
        let Ok(Way::Bearer { realm, service, .. }) =
            self.way(transport, challenge, &origin, &Credential::Anonymous)
        else {
            return Ok(None);
        };
        // What our own registry gives is for nobody else.
        if realm::same_origin(&realm, &transport.origin()?) {
            return Ok(None);
        }
        let credential = &Credential::Anonymous;
        let ask = TokenAsk { realm: &realm, service: service.as_deref(), scope, credential };
        let token = token::fetch(transport, ask).await?;
        transport.config.veil.hide(&token.text);
        let header = bearer(&token.text)?;
        self.elsewhere().insert(key, (header.clone(), token.expires));
        Ok(Some((header, true)))
    }

    /// Forgets the token that a registry at `url` gave to anyone.
    pub(crate) fn forget(&self, url: &Url, scope: &str) {
        self.elsewhere().remove(&(authority(url), scope.to_owned()));
    }

    fn elsewhere(&self) -> MutexGuard<'_, Elsewhere> {
        self.elsewhere.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns why a fresh answer to a challenge may have been refused.
    pub(crate) fn why_refused(&self, transport: &Transport) -> String {
        let host = transport.origin().map(|url| authority(&url)).unwrap_or_default();
        match &self.known_way() {
            Some(Way::Bearer { realm, trust: Trust::Anonymous, .. })
                if self.credential != Credential::Anonymous =>
            {
                withheld(&host, realm)
            }
            _ if self.credential == Credential::Anonymous => {
                format!("{host} shows this only to those with credentials, or does not have it")
            }
            _ => format!("{host} does not accept the credentials for this"),
        }
    }

    async fn obtain(&self, transport: &Transport, scope: &str, way: &Way) -> Result<Held, Failure> {
        let veil = &transport.config.veil;
        veil.hide_credential(&self.credential);
        let (header, expires) = match (way, &self.credential) {
            (_, Credential::RegistryToken(token)) => (bearer(token.expose())?, None),
            (Way::Basic, Credential::Basic { username, password }) => {
                (basic(username, password.expose())?, None)
            }
            (Way::Basic, _) => {
                let reason = "a user name and a password are wanted, and there are none";
                return Err(Failure::lasting(Kind::Refused(reason.to_owned())));
            }
            (Way::Bearer { realm, trust, service }, credential) => {
                let shown =
                    if *trust == Trust::Credentials { credential } else { &Credential::Anonymous };
                let ask = TokenAsk { realm, service: service.as_deref(), scope, credential: shown };
                let token = token::fetch(transport, ask).await.map_err(|mut failure| {
                    if let Kind::Refused(reason) = &mut failure.kind
                        && shown != credential
                    {
                        let host =
                            transport.origin().map(|url| authority(&url)).unwrap_or_default();
                        *reason = format!("{}: {reason}", withheld(&host, realm));
                    }
                    failure
                })?;
                veil.hide(&token.text);
                (bearer(&token.text)?, Some(token.expires))
            }
        };
        let generation = self.generation.fetch_add(1, Ordering::Relaxed);
        Ok(Held { grant: Grant { header, generation, proven: Arc::default() }, expires })
    }

    fn scope(&self, name: &str) -> Scope {
        let mut scopes = self.scopes.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(scopes.entry(name.to_owned()).or_default())
    }

    fn known_way(&self) -> Option<Way> {
        self.way.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads how the server at `origin` wants to be answered by whoever has `credential`.
    fn way(
        &self,
        transport: &Transport,
        headers: &HeaderMap,
        origin: &Url,
        credential: &Credential,
    ) -> Result<Way, Failure> {
        let values = headers.get_all(WWW_AUTHENTICATE);
        let length = values.iter().fold(0_usize, |sum, value| sum.saturating_add(value.len()));
        let max = transport.config.limits.challenge_bytes;
        if length > max {
            let rule =
                format!("its challenge is longer than the limit challenge_bytes, which is {max}");
            return Err(Failure::lasting(Kind::Answer(rule)));
        }
        let challenges: Vec<Challenge> = values
            .iter()
            .flat_map(|value| challenge::parse(&String::from_utf8_lossy(value.as_bytes())))
            .filter(|challenge| match challenge.scheme.as_str() {
                "bearer" => challenge.parameter("realm").is_some(),
                scheme => scheme == "basic",
            })
            .collect();
        // Without a password a Basic challenge leads nowhere, so a token is asked for if that is offered.
        let has_password = matches!(credential, Credential::Basic { .. });
        let chosen = challenges
            .iter()
            .find(|challenge| has_password || challenge.scheme == "bearer")
            .or_else(|| challenges.first());
        let refused = |reason: String| Failure::lasting(Kind::Refused(reason));
        let Some(chosen) = chosen else {
            return Err(refused(
                "the registry asks for it in no way that is known here".to_owned(),
            ));
        };
        if chosen.scheme == "basic" {
            return Ok(Way::Basic);
        }
        let realm = chosen.parameter("realm").unwrap_or_default();
        let (realm, trust) =
            realm::judge(realm, origin, &transport.config.token_hosts).map_err(|rule| {
                Failure::lasting(Kind::OutOfBounds(format!("the challenge: {rule}")))
            })?;
        Ok(Way::Bearer {
            realm,
            trust,
            service: chosen.parameter("service").map(ToOwned::to_owned),
        })
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("credential", &self.credential.kind())
            .finish_non_exhaustive()
    }
}

fn withheld(host: &str, realm: &Url) -> String {
    let other = authority(realm);
    format!(
        "the credentials for {host} were not sent to {other}, which is not known as its token server; \
         --token-host {other} says that it is"
    )
}

/// Makes the header of HTTP Basic authentication (RFC 7617).
pub(crate) fn basic(username: &str, password: &str) -> Result<HeaderValue, Failure> {
    sensitive(&format!("Basic {}", STANDARD.encode(format!("{username}:{password}"))))
}

fn bearer(token: &str) -> Result<HeaderValue, Failure> {
    sensitive(&format!("Bearer {token}"))
}

fn sensitive(text: &str) -> Result<HeaderValue, Failure> {
    let mut value = HeaderValue::from_str(text).map_err(|_| {
        Failure::lasting(Kind::Refused(
            "the token has characters that no header may have".to_owned(),
        ))
    })?;
    value.set_sensitive(true);
    Ok(value)
}
