//! The order in which credential files are looked for, from values that the caller read from the environment.
//!
//! All that exist count, one after the other; a file that the user names stands alone.

use std::path::{Path, PathBuf};

/// Where this user keeps files, as the environment says.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// The file that the user names: `REGISTRY_AUTH_FILE`, or an option.
    pub auth_file: Option<PathBuf>,
    /// `XDG_RUNTIME_DIR`.
    pub runtime_dir: Option<PathBuf>,
    /// The user's number, on systems where its folder below `/run` stands for `XDG_RUNTIME_DIR`.
    pub uid: Option<u32>,
    /// `XDG_CONFIG_HOME`.
    pub config_home: Option<PathBuf>,
    /// `DOCKER_CONFIG`, a directory.
    pub docker_config: Option<PathBuf>,
    /// `HOME`.
    pub home: Option<PathBuf>,
}

impl Places {
    /// Returns the files in the order in which they are asked:
    ///
    /// 1. the file that the user names, and then no other;
    /// 2. `$XDG_RUNTIME_DIR/containers/auth.json`, without the variable `/run/containers/UID/auth.json`;
    /// 3. `$XDG_CONFIG_HOME/containers/auth.json`, by default below `~/.config`;
    /// 4. `$DOCKER_CONFIG/config.json`, by default in `~/.docker`;
    /// 5. `~/.dockercfg`.
    pub fn files(&self) -> Vec<PathBuf> {
        if let Some(file) = given(self.auth_file.as_deref()) {
            return vec![file.to_owned()];
        }
        let home = given(self.home.as_deref());
        let below = |place: Option<&Path>, default: &str| {
            given(place).map(ToOwned::to_owned).or_else(|| home.map(|home| home.join(default)))
        };
        let of_user = self.uid.map(|uid| PathBuf::from(format!("/run/containers/{uid}/auth.json")));
        let runtime = match given(self.runtime_dir.as_deref()) {
            Some(dir) => Some(dir.join("containers/auth.json")),
            None => of_user,
        };
        let config = below(self.config_home.as_deref(), ".config")
            .map(|dir| dir.join("containers/auth.json"));
        let docker =
            below(self.docker_config.as_deref(), ".docker").map(|dir| dir.join("config.json"));
        let legacy = home.map(|home| home.join(".dockercfg"));
        [runtime, config, docker, legacy].into_iter().flatten().collect()
    }
}

/// An empty variable is one that is not set.
fn given(place: Option<&Path>) -> Option<&Path> {
    place.filter(|place| !place.as_os_str().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders() {
        let places = |set: &[(&str, &str)]| {
            let get = |name: &str| {
                set.iter().find(|(key, _)| *key == name).map(|(_, value)| PathBuf::from(value))
            };
            Places {
                auth_file: get("file"),
                runtime_dir: get("run"),
                uid: set.iter().any(|(key, _)| *key == "uid").then_some(1000),
                config_home: get("xdg"),
                docker_config: get("docker"),
                home: get("home"),
            }
        };
        for (set, wanted) in [
            (&[][..], &[][..]),
            (
                &[("home", "/h")],
                &["/h/.config/containers/auth.json", "/h/.docker/config.json", "/h/.dockercfg"],
            ),
            (
                &[("home", "/h"), ("run", "/r"), ("xdg", "/x"), ("docker", "/d")],
                &[
                    "/r/containers/auth.json",
                    "/x/containers/auth.json",
                    "/d/config.json",
                    "/h/.dockercfg",
                ],
            ),
            (&[("docker", "/d")], &["/d/config.json"]),
            (
                &[("uid", ""), ("docker", "/d")],
                &["/run/containers/1000/auth.json", "/d/config.json"],
            ),
            (&[("uid", ""), ("run", "/r")], &["/r/containers/auth.json"]),
            (&[("uid", ""), ("file", "/f.json")], &["/f.json"]),
            (
                &[("home", "/h"), ("run", ""), ("file", "")],
                &["/h/.config/containers/auth.json", "/h/.docker/config.json", "/h/.dockercfg"],
            ),
            (&[("home", "/h"), ("file", "/f.json")], &["/f.json"]),
        ] {
            let wanted: Vec<PathBuf> = wanted.iter().map(PathBuf::from).collect();
            assert_eq!(places(set).files(), wanted, "{set:?}");
        }
    }
}
