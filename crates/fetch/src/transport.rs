//! One exchange with the registry and with the servers that it redirects to.
//!
//! Follows redirects itself, since each step is judged and credentials stay with the registry's
//! own origin. It answers no challenge, repeats nothing and reads no body.

use std::borrow::Cow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use cutaway_ref::is_loopback_host;
use reqwest::dns::Resolve;
use reqwest::header::{HeaderMap, HeaderValue, LOCATION};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, Url, redirect};
use tracing::Instrument as _;

use crate::address::{Guard, GuardedNames, Network, literal};
use crate::answer::rate;
use crate::ask::{Answer, Ask, Part};
use crate::connecting::Connecting;
use crate::error::{quoted, redacted};
use crate::failure::{Failure, remaining};
use crate::proxy::Proxies;
use crate::realm::same_origin;
use crate::redirect::next_step;
use crate::slots::{Slot, Slots};
use crate::{Config, Kind, tls, veil};

/// The connections of one registry.
#[derive(Debug)]
pub(crate) struct Transport {
    /// For the registry itself, which the user named.
    own: Client,
    /// For the first try of TLS on a loopback host.
    probe: Client,
    /// For everything that the registry names.
    guarded: Client,
    guard: Arc<Guard>,
    host: String,
    scheme: OnceLock<&'static str>,
    /// Milliseconds that were spent waiting between tries.
    waited: AtomicU64,
    /// Until when the registry wants to be left alone, by everybody.
    quiet_until: Mutex<Option<Instant>>,
    slots: Slots,
    proxies: Proxies,
    connecting: Connecting,
    pub(crate) config: Config,
}

impl Transport {
    /// Makes the clients for the registry at `host`, which may have a port.
    pub(crate) fn new(host: &str, config: Config) -> Result<Self, Kind> {
        Self::with_names(host, config, None)
    }

    /// Makes the clients as [`Transport::new`] does; `names` resolves the registry's own name.
    fn with_names(
        host: &str,
        config: Config,
        names: Option<Arc<dyn Resolve>>,
    ) -> Result<Self, Kind> {
        let connecting = Connecting::default();
        let tls = tls::client_config(&config).map_err(Kind::Settings)?;
        let proxies = Proxies::new(config.proxy.as_ref()).map_err(Kind::Settings)?;
        if let Some(proxy) = &config.proxy {
            veil::hide_passwords(&config.veil, proxy);
        }
        let guard = Arc::new(Guard::new(proxies.hosts().to_vec()));
        let builder = |connect| {
            let header_bytes = u32::try_from(config.limits.header_bytes).unwrap_or(u32::MAX);
            let mut builder = Client::builder()
                .tls_backend_preconfigured(tls.clone())
                .redirect(redirect::Policy::none())
                .referer(false)
                .retry(reqwest::retry::never())
                .no_proxy()
                .connect_timeout(connect)
                .connector_layer(connecting.clone())
                .http2_max_header_list_size(header_bytes)
                .user_agent(concat!("cutaway/", env!("CARGO_PKG_VERSION")));
            for proxy in proxies.for_client() {
                builder = builder.proxy(proxy.clone());
            }
            builder
        };
        let own = |connect| match &names {
            Some(names) => builder(connect).dns_resolver(Arc::clone(names)),
            None => builder(connect),
        };
        let settings =
            |error: reqwest::Error| Kind::Settings(quoted(error.to_string().as_bytes(), 200));
        Ok(Self {
            own: own(config.times.connect).build().map_err(settings)?,
            probe: own(config.times.loopback_probe).build().map_err(settings)?,
            guarded: builder(config.times.connect)
                .dns_resolver(GuardedNames(Arc::clone(&guard)))
                .build()
                .map_err(settings)?,
            guard,
            host: host.to_owned(),
            scheme: OnceLock::new(),
            waited: AtomicU64::new(0),
            quiet_until: Mutex::new(None),
            slots: Slots::new(config.limits.requests),
            proxies,
            connecting,
            config,
        })
    }

    /// Returns the host of the registry, which may have a port.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// Returns the proxy that a request to `url` goes through, as a host with its port.
    pub(crate) fn proxy_of(&self, url: &Url) -> Option<String> {
        self.proxies.of(url)
    }

    /// Returns the registry's own address, as far as its scheme is known.
    pub(crate) fn origin(&self) -> Result<Url, Failure> {
        self.address(self.scheme().unwrap_or("https"), "")
    }

    /// Asks the registry, and follows where it redirects to. Waits for `slot`, which the caller keeps as long
    /// as the answer is on its way.
    pub(crate) async fn ask(
        &self,
        ask: Ask<'_>,
        authorization: Option<&HeaderValue>,
        slot: &mut Slot,
    ) -> Result<Answer, Failure> {
        self.keep_quiet().await?;
        self.slots.take(slot).await;
        let asked = async {
            match ask.elsewhere {
                Some(url) => self.follow(None, url.clone(), ask, None).await,
                None => self.ask_own(ask, authorization).await,
            }
        };
        ask.clock.bound(asked).await
    }

    async fn ask_own(
        &self,
        ask: Ask<'_>,
        authorization: Option<&HeaderValue>,
    ) -> Result<Answer, Failure> {
        if let Some(scheme) = self.scheme() {
            let url = self.address(scheme, ask.path)?;
            return self.follow(Some(&self.own), url, ask, authorization).await;
        }
        // On this machine a registry mostly speaks plain HTTP, so both are tried, TLS first.
        let secure = self
            .follow(Some(&self.probe), self.address("https", ask.path)?, ask, authorization)
            .await;
        if let Err(Failure { kind: Kind::Connect(_), .. }) = secure {
            let plain = self
                .follow(Some(&self.own), self.address("http", ask.path)?, ask, authorization)
                .await;
            if plain.is_ok() {
                let _ = self.scheme.set("http");
            }
            return plain;
        }
        if secure.is_ok() {
            let _ = self.scheme.set("https");
        }
        secure
    }

    /// Asks the place at `url`, to which the registry redirects, with what that place itself gave to anyone.
    pub(crate) async fn ask_there(
        &self,
        ask: Ask<'_>,
        url: &Url,
        authorization: &HeaderValue,
        slot: &mut Slot,
    ) -> Result<Answer, Failure> {
        self.slots.take(slot).await;
        ask.clock.bound(self.follow(None, url.clone(), ask, Some(authorization))).await
    }

    /// Hides in a text what was told to anybody.
    pub(crate) fn veiled<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.config.veil.over(text)
    }

    /// Sends one request to an address that the registry named, without following redirects.
    pub(crate) async fn ask_named(
        &self,
        url: &Url,
        build: impl FnOnce(&Client) -> RequestBuilder,
    ) -> Result<Response, Failure> {
        let own = same_origin(url, &self.origin()?);
        if !own {
            self.guard
                .check_literal(url)
                .map_err(|rule| Failure::lasting(Kind::OutOfBounds(rule)).at(url))?;
        }
        let client = if own { &self.own } else { &self.guarded };
        self.send(url, build(client)).await
    }

    /// Books a wait on the time that a run has for waiting; returns whether there is enough of it.
    pub(crate) fn may_wait(&self, wait: Duration) -> bool {
        let wait = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        let most = u64::try_from(self.config.retry.run_patience.as_millis()).unwrap_or(u64::MAX);
        let book = |waited: u64| waited.checked_add(wait).filter(|waited| *waited <= most);
        self.waited.fetch_update(Ordering::Relaxed, Ordering::Relaxed, book).is_ok()
    }

    /// Notes that the registry asked for a wait. It holds for every request, not only for the refused one.
    pub(crate) fn be_quiet_for(&self, wait: Duration) {
        let until = Instant::now().checked_add(wait);
        let mut quiet = self.quiet_until.lock().unwrap_or_else(PoisonError::into_inner);
        *quiet = (*quiet).max(until);
    }

    async fn keep_quiet(&self) -> Result<(), Failure> {
        let until = *self.quiet_until.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let wait =
            until.map(|until| until.saturating_duration_since(now)).filter(|wait| !wait.is_zero());
        let Some(wait) = wait else { return Ok(()) };
        let (wait, last) = remaining(wait, self.config.deadline, now);
        tokio::time::sleep(wait).await;
        if last { Err(Failure::deadline()) } else { Ok(()) }
    }

    fn scheme(&self) -> Option<&'static str> {
        if self.config.plain_http {
            return Some("http");
        }
        if is_loopback_host(&self.host) || self.config.plain_fallback {
            self.scheme.get().copied()
        } else {
            Some("https")
        }
    }

    fn address(&self, scheme: &str, path: &str) -> Result<Url, Failure> {
        Url::parse(&format!("{scheme}://{}/v2/{path}", self.host)).map_err(|_| {
            Failure::lasting(Kind::Settings(format!(
                "{} is no host",
                quoted(self.host.as_bytes(), 80)
            )))
        })
    }

    /// Sends a request, and follows redirects. `first` is for addresses of the origin of `start`; without
    /// it, that origin is not the registry's, and is looked at as closely as the place of a redirect.
    async fn follow(
        &self,
        first: Option<&Client>,
        start: Url,
        ask: Ask<'_>,
        authorization: Option<&HeaderValue>,
    ) -> Result<Answer, Failure> {
        let mut url = start.clone();
        let mut steps = 0;
        loop {
            let first = first.filter(|_| same_origin(&url, &start));
            let own = first.is_some();
            if !own {
                self.guard
                    .check_literal(&url)
                    .map_err(|rule| Failure::lasting(Kind::OutOfBounds(rule)).at(&url))?;
            }
            let client = first.unwrap_or(&self.guarded);
            // What opens one origin is shown to no other.
            let authorization = authorization.filter(|_| same_origin(&url, &start));
            let method = if ask.part == Part::Head { Method::HEAD } else { Method::GET };
            let request = client.request(method, url.clone()).headers(ask.headers(authorization));
            let response = self.send(&url, request).await.map_err(|failure| failure.at(&url))?;
            if own {
                self.note_network(&response, &url);
            }
            if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
                return Ok(Answer { response, url, own });
            }
            let out_of_bounds = |rule: String| Failure::lasting(Kind::OutOfBounds(rule)).at(&url);
            if steps >= self.config.limits.redirects {
                return Err(out_of_bounds(format!(
                    "more redirects than the limit redirects, which is {steps}"
                )));
            }
            steps = u32::saturating_add(steps, 1);
            url = next_step(&url, response.headers().get(LOCATION)).map_err(out_of_bounds)?;
        }
    }

    async fn send(&self, url: &Url, request: RequestBuilder) -> Result<Response, Failure> {
        let span = tracing::debug_span!("request", url = %self.veiled(&redacted(url)));
        let answered = self.answer(request.send().instrument(span.clone())).await;
        let through = || self.proxies.of(url);
        let response = answered.map_err(|failure| match through() {
            Some(proxy) => failure.through(&proxy).at(url),
            None => failure.at(url),
        })?;
        if response.status() == StatusCode::PROXY_AUTHENTICATION_REQUIRED {
            let proxy = through().unwrap_or_else(|| "whatever is between".to_owned());
            let rule = format!("the proxy {proxy} wants other credentials (HTTP status 407)");
            return Err(Failure::lasting(Kind::Connect(rule)).at(url));
        }
        tracing::debug!(parent: &span, status = response.status().as_u16(), "answered");
        if let Some(left) = rate(response.headers()) {
            tracing::info!(parent: &span, rate = %self.veiled(&left), "the registry counts requests");
        }
        let max = self.config.limits.header_bytes;
        if header_bytes(response.headers()) > max {
            let rule =
                format!("its headers are longer than the limit header_bytes, which is {max}");
            return Err(Failure::lasting(Kind::Answer(rule)).at(url));
        }
        Ok(response)
    }

    /// Waits for the head of an answer: as long as a connection is being made, and then as long as a
    /// server may be silent.
    async fn answer(
        &self,
        request: impl Future<Output = reqwest::Result<Response>>,
    ) -> Result<Response, Failure> {
        let times = &self.config.times;
        let start = Instant::now();
        let most = times.connect.saturating_add(times.idle);
        let mut request = std::pin::pin!(request);
        loop {
            let silent_for = self.connecting.silence_since(start).min(times.idle);
            let wait = times.idle.saturating_sub(silent_for);
            let wait = wait.min(most.saturating_sub(start.elapsed()));
            if wait.is_zero() {
                let silence = start.elapsed().min(times.idle).as_secs_f32();
                return Err(Failure::interrupted(format!(
                    "no answer came for {silence:.1} s (idle_ms)"
                )));
            }
            let (wait, last) = remaining(wait, self.config.deadline, Instant::now());
            match tokio::time::timeout(wait, &mut request).await {
                Ok(response) => return response.map_err(|error| Failure::from_reqwest(&error)),
                Err(_) if last => return Err(Failure::deadline()),
                Err(_) => {}
            }
        }
    }

    /// Learns in which network the registry lies, by the address that was connected to.
    fn note_network(&self, response: &Response, url: &Url) {
        let direct = self.proxies.is_direct(url);
        let connected = response.remote_addr().map(|address| address.ip()).filter(|_| direct);
        if let Some(address) = literal(url).or(connected) {
            self.guard.registry_is_in(Network::of(address));
        }
    }
}

fn header_bytes(headers: &HeaderMap) -> usize {
    headers.iter().fold(0, |sum, (name, value)| {
        sum.saturating_add(name.as_str().len()).saturating_add(value.len())
    })
}

#[cfg(test)]
#[path = "transport_tests.rs"]
mod tests;
