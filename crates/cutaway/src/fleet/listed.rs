//! The images that a registry lists.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use cutaway_fleet::{Pattern, Tags, names};
use cutaway_model::Error as ModelError;
use cutaway_ref::Reference;

use crate::client::Client;
use crate::error::Error;
use crate::spelling::whole_registry;

/// Which images of a registry are meant.
#[derive(Debug, Clone)]
pub struct Listed {
    /// The registry.
    pub registry: String,
    /// Which repositories.
    pub repositories: Pattern,
    /// Which of their tags.
    pub tags: Tags,
}

impl Listed {
    /// Means the repositories of a pattern, and of each these tags.
    pub fn new(registry: &str, repositories: &str, tags: &Tags) -> Self {
        let repositories = Pattern::new(repositories);
        Self { registry: registry.to_owned(), repositories, tags: tags.clone() }
    }
}

impl Client {
    /// Returns the images that are named, those of a list in a file (`-` for standard input), and those that a
    /// registry lists, in this order.
    ///
    /// Needs a tokio runtime. Dropping the future ends its requests.
    ///
    /// # Errors
    ///
    /// Returns why the file cannot be read, and those of [`listed`](Self::listed).
    pub async fn names(
        &self,
        named: &[String],
        list: Option<&Path>,
        listed: Option<&Listed>,
    ) -> Result<Vec<String>, Error> {
        let mut all = named.to_vec();
        if let Some(path) = list {
            let mut text = String::new();
            let read = match path == Path::new("-") {
                true => std::io::stdin().lock().read_to_string(&mut text),
                false => File::open(path).and_then(|mut file| file.read_to_string(&mut text)),
            };
            read.map_err(|source| Error::Unreadable { path: path.to_owned(), source })?;
            all.extend(names(&text));
        }
        if let Some(listed) = listed {
            all.extend(self.listed(listed).await?);
        }
        Ok(all)
    }

    /// Lists the images that a registry has, by repository.
    ///
    /// Needs a tokio runtime. Dropping the future ends its requests.
    ///
    /// # Errors
    ///
    /// Returns a name that is no registry's, and why the registry does not list what it has. A repository
    /// that is gone meanwhile has no images.
    pub async fn listed(&self, what: &Listed) -> Result<Vec<String>, Error> {
        let (registry, _) = self.registry(&whole_registry(&what.registry)?).await?;
        let mut repositories = registry.catalog().await?;
        repositories.retain(|name| what.repositories.matches(name));
        repositories.sort();
        let mut names = Vec::new();
        for repository in repositories {
            let Ok(reference) = format!("{}/{repository}", what.registry).parse::<Reference>()
            else {
                tracing::warn!(name = ?repository, "the registry lists a name that is none");
                continue;
            };
            match registry.repository(&reference).tags().await {
                Ok(tags) => names.extend(
                    what.tags
                        .choose(&tags)
                        .iter()
                        .map(|tag| format!("{}/{repository}:{tag}", what.registry)),
                ),
                Err(ModelError::NotFound { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(names)
    }
}
