//! The token of a user who has logged in with Google's own program, as `crane` asks it.

use std::time::SystemTime;

use serde::Deserialize;

use super::token::Token;
use crate::search::Search;
use crate::{Error, moment};

pub(super) const PROGRAM: &str = "gcloud";

/// Asks the program for the token of its account.
pub(super) async fn token(search: &Search<'_>, asked: SystemTime) -> Result<Token, Error> {
    #[derive(Deserialize)]
    struct Answer {
        credential: Credential,
    }
    #[derive(Deserialize)]
    struct Credential {
        access_token: String,
        token_expiry: Option<String>,
    }
    let arguments =
        ["config", "config-helper", "--force-auth-refresh", "--format=json(credential)"];
    let words = [PROGRAM].into_iter().chain(arguments).map(ToOwned::to_owned).collect();
    let said = search.run(words).await?;
    // The parser's error is left out: it may quote the answer.
    let answer: Answer = serde_json::from_str(said.expose()).map_err(|_| Error::Unusable {
        what: PROGRAM.to_owned(),
        rule: "its answer is not the JSON that is documented".to_owned(),
    })?;
    let mut token = Token::living(answer.credential.access_token, asked, None);
    if let Some(end) = answer.credential.token_expiry.as_deref().and_then(moment::parse) {
        token.expires = end;
    }
    Ok(token)
}
