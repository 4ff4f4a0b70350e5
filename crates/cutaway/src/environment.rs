//! The environment of a process as a value. It is read here and nowhere else.
//!
//! What a machine keeps in files and sockets is found from it: with an environment the usual places of
//! Docker, Podman and Kubernetes are looked at; a client without one looks at none of them.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

/// The variables of a process, and the user that it runs as.
///
/// A variable that is empty is one that is not set; one that is no UTF-8 is passed over.
#[derive(Clone, Default)]
pub struct Environment {
    variables: BTreeMap<String, String>,
    user: Option<u32>,
}

impl Environment {
    /// Reads the environment of this process.
    #[expect(clippy::disallowed_methods, reason = "this is where it is read")]
    pub(crate) fn of_this_process() -> Self {
        let variables = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .filter(|(_, value)| !value.is_empty())
            .collect();
        let user = cfg!(target_os = "linux").then(|| rustix::process::getuid().as_raw());
        Self { variables, user }
    }

    /// Returns a variable.
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        self.variables.get(name).cloned()
    }

    /// Returns the path that a variable holds.
    pub(crate) fn path(&self, name: &str) -> Option<PathBuf> {
        self.get(name).map(PathBuf::from)
    }

    /// Returns the number of the user, on Linux.
    pub(crate) fn user(&self) -> Option<u32> {
        self.user
    }
}

/// Makes the environment of a process that would have these variables, run by nobody in particular.
impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(variables: I) -> Self {
        let variables = variables.into_iter().map(|(name, value)| (name.into(), value.into()));
        Self { variables: variables.filter(|(_, value)| !value.is_empty()).collect(), user: None }
    }
}

/// Shows names only: values may be secrets.
impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.variables.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_is_unset_and_values_are_not_shown() {
        let environment = Environment::from_iter([("HOME", "/root"), ("NETRC", "")]);
        assert_eq!(environment.path("HOME"), Some(PathBuf::from("/root")));
        assert_eq!(environment.get("NETRC"), None);
        assert_eq!(format!("{environment:?}"), r#"{"HOME"}"#);
    }
}
