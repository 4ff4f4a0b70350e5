//! What the shared files say of a profile: a key, a role that another profile opens, a program, a login.

use super::key::{FoundKey, by_container, by_instance};
use super::profile::{Kind, Profile};
use super::role::{self, Role};
use super::{AccessKey, AwsSources, process, sso};
use crate::search::Search;
use crate::{Error, Host};

/// How many profiles may lead to one another.
const LINKS: usize = 8;

/// The shared files: name, kind and contents, the one that wins last.
pub(super) type Files<'a> = [(&'a str, Kind, &'a str)];

/// Finds the key of the profile that is asked for.
pub(super) async fn find(
    search: &mut Search<'_>,
    sources: &AwsSources,
    host: &Host,
) -> Option<FoundKey> {
    let mut files = Vec::new();
    let both =
        [(&sources.config_file, Kind::Config), (&sources.credentials_file, Kind::Credentials)];
    for (file, kind) in both {
        let Some(file) = file else { continue };
        match &file.contents {
            Ok(contents) => files.push((file.name.as_str(), kind, contents.expose())),
            Err(reason) => search.pass(&file.name, reason),
        }
    }
    let name = sources.profile.as_deref().unwrap_or("default");
    let profile = Profile::read(&files, name);
    if profile.is_empty() {
        for (file, _, _) in &files {
            search.pass(*file, format!("it has no profile {name:?}"));
        }
        return None;
    }
    let source = source(&profile).or_else(|| profile.any_file()).unwrap_or_default().to_owned();
    match open(search, sources, host, &files, name).await {
        Ok((key, under)) => Some(FoundKey { key, source, under: Some(under) }),
        Err(error) => {
            search.pass(source, error);
            None
        }
    }
}

/// Returns the file with the setting that a profile's key comes from.
fn source<'a>(profile: &Profile<'a>) -> Option<&'a str> {
    let settings = ["role_arn", "aws_access_key_id", "credential_process", "sso_account_id"];
    settings.into_iter().find_map(|setting| profile.file(setting))
}

/// Follows a profile to the key that stands at the end, and back through the roles on the way.
async fn open(
    search: &Search<'_>,
    sources: &AwsSources,
    host: &Host,
    files: &Files<'_>,
    first: &str,
) -> Result<(AccessKey, String), Error> {
    let mut roles = Vec::new();
    let mut name = first.to_owned();
    let (mut key, by) = loop {
        let profile = Profile::read(files, &name);
        let unusable = |rule: &str| Error::Unusable {
            what: format!("the profile {name:?}"),
            rule: rule.to_owned(),
        };
        if profile.is_empty() {
            return Err(unusable("the files do not have it"));
        }
        if roles.len() >= LINKS {
            return Err(unusable("its source_profile leads too far"));
        }
        let role = profile.get("role_arn").map(|arn| Role {
            arn,
            session: profile.get("role_session_name"),
            external_id: profile.get("external_id"),
        });
        let Some(role) = role else { break plain(search, sources, files, &profile, &name).await? };
        if profile.get("mfa_serial").is_some() {
            return Err(unusable("its role wants a second factor, which no program can give"));
        }
        if let Some(path) = profile.get("web_identity_token_file") {
            let token = search.read(path).await?;
            let (caller, endpoints) = (search.caller, &sources.endpoints);
            let key = role::by_identity(caller, endpoints, host, &role, token.expose()).await?;
            break (key, format!("role {}", role.arn));
        }
        match (profile.get("source_profile"), profile.get("credential_source")) {
            (Some(next), _) => {
                roles.push(role);
                if next == name {
                    break plain(search, sources, files, &profile, &name).await?;
                }
                next.clone_into(&mut name);
            }
            (None, Some(kind)) => {
                roles.push(role);
                break (by_kind(search, sources, kind).await?, kind.to_owned());
            }
            (None, None) => {
                return Err(unusable("its role has no source_profile and no credential_source"));
            }
        }
    };
    for role in roles.iter().rev() {
        key = role::by_key(search.caller, &sources.endpoints, host, role, &key).await?;
    }
    let way = roles.first().map_or(by, |role| format!("role {}", role.arn));
    Ok((key, format!("profile {first}, {way}")))
}

/// Returns the key of a profile without a role, and how the profile has it.
async fn plain(
    search: &Search<'_>,
    sources: &AwsSources,
    files: &Files<'_>,
    profile: &Profile<'_>,
    name: &str,
) -> Result<(AccessKey, String), Error> {
    if let (Some(id), Some(secret)) =
        (profile.get("aws_access_key_id"), profile.get("aws_secret_access_key"))
    {
        let token = profile.get("aws_session_token").map(ToOwned::to_owned);
        return Ok((AccessKey::new(id, secret, token), format!("key {id}")));
    }
    if let Some(command) = profile.get("credential_process") {
        let words = process::words(command)?;
        let program = words.first().cloned().unwrap_or_default();
        let key = process::key(search.run(words).await?.expose(), &program)?;
        return Ok((key, format!("program {program}")));
    }
    if profile.get("sso_account_id").is_some() {
        let key = sso::key(search, sources, files, profile).await?;
        return Ok((key, "login".to_owned()));
    }
    Err(Error::Unusable {
        what: format!("the profile {name:?}"),
        rule: "it has neither a key, a role, a credential_process nor an sso_account_id".to_owned(),
    })
}

/// Returns the key of what `credential_source` names.
async fn by_kind(
    search: &Search<'_>,
    sources: &AwsSources,
    kind: &str,
) -> Result<AccessKey, Error> {
    let unusable = |rule: &str| Error::Unusable {
        what: "credential_source".to_owned(),
        rule: rule.to_owned(),
    };
    match kind {
        // Had it one, it would have won.
        "Environment" => Err(unusable("the environment has no key")),
        "EcsContainer" => by_container(search, sources).await,
        "Ec2InstanceMetadata" => Ok(by_instance(search, sources).await?.0),
        _ => Err(unusable("it is none of Environment, EcsContainer and Ec2InstanceMetadata")),
    }
}
