//! Keys of a login: what `aws sso login` has left, exchanged for the key of an account and a role
//! (IAM Identity Center, `GetRoleCredentials`).
//!
//! A login that has ended is not renewed: that is the user's to do, in a browser.

use std::time::SystemTime;

use reqwest::Url;
use reqwest::header::HeaderValue;
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use serde::Deserialize;

use super::chain::Files;
use super::profile::{Profile, section};
use super::{AccessKey, AwsSources};
use crate::search::Search;
use crate::{Error, moment};

const PORTAL: &str = "Amazon's access portal";

/// Returns the key of a profile that is a login.
pub(super) async fn key(
    search: &Search<'_>,
    sources: &AwsSources,
    files: &Files<'_>,
    profile: &Profile<'_>,
) -> Result<AccessKey, Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Kept {
        access_token: String,
        expires_at: Option<String>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Answer {
        role_credentials: Credentials,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Credentials {
        access_key_id: String,
        secret_access_key: String,
        session_token: Option<String>,
    }
    let unusable =
        |rule: &str| Error::Unusable { what: "the login".to_owned(), rule: rule.to_owned() };
    let login = Login::of(files, profile).ok_or_else(|| {
        unusable("it lacks sso_role_name, sso_region or sso_start_url, or its sso-session does")
    })?;
    let folder = sources.sso_cache.as_deref().ok_or_else(|| unusable("there is no home"))?;
    let kept = search.read(&format!("{folder}/{}.json", login.file())).await?;
    // The parser's error is left out: it may quote the file.
    let kept: Kept = serde_json::from_str(kept.expose())
        .map_err(|_| unusable("what it has left is not the JSON that is documented"))?;
    let end = kept.expires_at.as_deref().and_then(moment::parse);
    if end.is_some_and(|end| end <= SystemTime::now()) {
        return Err(unusable("it has ended; `aws sso login` renews it"));
    }
    let url = login.url(sources).ok_or_else(|| unusable("its sso_region is no region"))?;
    let mut token = HeaderValue::from_str(&kept.access_token)
        .map_err(|_| unusable("its token has characters that no header may have"))?;
    token.set_sensitive(true);
    let request = search.caller.service.get(url).header("x-amz-sso_bearer_token", token);
    let answer: Answer = search.caller.json(request, PORTAL).await?;
    let found = answer.role_credentials;
    Ok(AccessKey::new(found.access_key_id, found.secret_access_key, found.session_token))
}

/// What the files say of a login.
struct Login<'a> {
    account: &'a str,
    role: &'a str,
    region: &'a str,
    /// The name of the session, or else the address where the login begins.
    known_by: &'a str,
}

impl<'a> Login<'a> {
    fn of(files: &Files<'a>, profile: &Profile<'a>) -> Option<Self> {
        let (account, role) = (profile.get("sso_account_id")?, profile.get("sso_role_name")?);
        let Some(session) = profile.get("sso_session") else {
            let (region, known_by) = (profile.get("sso_region")?, profile.get("sso_start_url")?);
            return Some(Self { account, role, region, known_by });
        };
        let is_session = |head: &str| {
            let words = head.split_once(char::is_whitespace);
            words.is_some_and(|(kind, name)| kind == "sso-session" && name.trim() == session)
        };
        let region = files.iter().find_map(|(_, _, contents)| {
            section(contents, is_session).get("sso_region").copied()
        })?;
        Some(Self { account, role, region, known_by: session })
    }

    /// Returns the name of the file where the login has left its token, without its ending.
    fn file(&self) -> String {
        let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, self.known_by.as_bytes());
        hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn url(&self, sources: &AwsSources) -> Option<Url> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        if !self.region.bytes().all(plain) {
            return None;
        }
        let domain =
            if self.region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        let mut url = match &sources.endpoints.sso {
            Some(url) => url.clone(),
            None => Url::parse(&format!("https://portal.sso.{}.{domain}/", self.region)).ok()?,
        };
        url.set_path("/federation/credentials");
        url.query_pairs_mut()
            .append_pair("account_id", self.account)
            .append_pair("role_name", self.role);
        Some(url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::profile::Kind;

    #[test]
    fn logins_are_kept_under_the_hash_of_their_name() {
        let config = "[profile new]\nsso_session = corp\nsso_account_id = 1\nsso_role_name = r\n\
            [sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://x\n\
            [profile old]\nsso_start_url = https://my-sso-portal.awsapps.com/start\n\
            sso_region = us-east-1\nsso_account_id = 1\nsso_role_name = r\n\
            [profile bad]\nsso_session = other\nsso_account_id = 1\nsso_role_name = r\n\
            [profile odd]\nsso_start_url = x\nsso_region = a/b\nsso_account_id = 1\nsso_role_name = r\n";
        let files = [("config", Kind::Config, config)];
        let login = |name: &str| Login::of(&files, &Profile::read(&files, name));
        let sources = AwsSources::default();
        let new = login("new").unwrap();
        // As `printf corp | sha1sum` says.
        assert_eq!(new.file(), "ee0bfd2552fbd840c02cc48b6e823320543c450f");
        assert_eq!(
            new.url(&sources).unwrap().as_str(),
            "https://portal.sso.eu-west-1.amazonaws.com/federation/credentials?account_id=1&role_name=r"
        );
        assert_eq!(login("old").unwrap().region, "us-east-1");
        assert!(login("bad").is_none());
        assert!(login("odd").unwrap().url(&sources).is_none());
    }
}
