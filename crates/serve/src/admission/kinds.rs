//! Where kinds of Kubernetes have their pods.

/// Kinds with pods: group, kind, and the way to what has the `spec` of one.
const KINDS: &[(&str, &str, &[&str])] = &[
    ("", "Pod", &[]),
    ("", "PodTemplate", &["template"]),
    ("", "ReplicationController", &["spec", "template"]),
    ("apps", "Deployment", &["spec", "template"]),
    ("apps", "ReplicaSet", &["spec", "template"]),
    ("apps", "StatefulSet", &["spec", "template"]),
    ("apps", "DaemonSet", &["spec", "template"]),
    ("batch", "Job", &["spec", "template"]),
    ("batch", "CronJob", &["spec", "jobTemplate", "spec", "template"]),
];

/// Returns the way from an object to what has the `spec` of a pod; none where that is not known.
pub(crate) fn path(group: &str, kind: &str) -> Option<&'static [&'static str]> {
    KINDS.iter().find(|(of, it, _)| *of == group && *it == kind).map(|(.., path)| *path)
}
