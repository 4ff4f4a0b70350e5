//! Which names of registries are a cloud's own. Pure.
//!
//! A name proves nothing but who answers there: a cloud's key is exchanged at the cloud, and what
//! comes of it is shown to a host of that cloud alone.

/// A registry of a cloud, by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Host {
    /// A private registry of Amazon ECR.
    Ecr {
        /// The region in its name.
        region: String,
        /// The host of the service that gives tokens for it.
        api: String,
        /// The host of the service that gives the keys of roles there.
        sts: String,
    },
    /// Amazon's public registry.
    EcrPublic,
    /// Google's Container Registry or Artifact Registry.
    Google,
    /// A registry of Azure ACR.
    Azure,
}

impl Host {
    /// Returns what `registry` is, where it is a registry of a cloud. A port makes it something else.
    pub fn of(registry: &str) -> Option<Self> {
        let host = registry.to_ascii_lowercase();
        if host.split('.').any(|label| !is_label(label)) {
            return None;
        }
        // The second one is for both versions of IP.
        if matches!(host.as_str(), "public.ecr.aws" | "ecr-public.aws.com") {
            return Some(Self::EcrPublic);
        }
        let below = |domain: &str| {
            host.strip_suffix(domain).and_then(|rest| rest.strip_suffix('.')).is_some()
        };
        if host == "gcr.io" || below("gcr.io") || below("pkg.dev") {
            return Some(Self::Google);
        }
        if ["azurecr.io", "azurecr.cn", "azurecr.us", "azurecr.de"].into_iter().any(below) {
            return Some(Self::Azure);
        }
        ecr(&host)
    }
}

/// Reads `ACCOUNT.dkr.ecr[-fips].REGION.SUFFIX` and `ACCOUNT.dkr-ecr[-fips].REGION.on.aws`.
fn ecr(host: &str) -> Option<Host> {
    let (account, rest) = host.split_once('.')?;
    if account.len() != 12 || !account.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (service, rest) = match rest.strip_prefix("dkr.").or_else(|| rest.strip_prefix("dkr-")) {
        Some(rest) => rest.split_once('.')?,
        None => return None,
    };
    let is_fips = match service {
        "ecr" => false,
        "ecr-fips" => true,
        _ => return None,
    };
    let (region, suffix) = rest.split_once('.')?;
    let name = if is_fips { "ecr-fips" } else { "api.ecr" };
    let api = match suffix {
        "amazonaws.com" | "amazonaws.com.cn" | "amazonaws.eu" | "c2s.ic.gov" | "sc2s.sgov.gov"
        | "cloud.adc-e.uk" | "csp.hci.ic.gov" => format!("{name}.{region}.{suffix}"),
        // The names for both versions of IP.
        "on.aws" | "on.amazonwebservices.com.cn" => {
            let name = if is_fips { "ecr-fips" } else { "ecr" };
            let domain = suffix.strip_prefix("on.")?;
            format!("{name}.{region}.api.{domain}")
        }
        _ => return None,
    };
    let domain = match suffix {
        "on.aws" => "amazonaws.com",
        "on.amazonwebservices.com.cn" => "amazonaws.com.cn",
        domain => domain,
    };
    let sts = format!("sts.{region}.{domain}");
    Some(Host::Ecr { region: region.to_owned(), api, sts })
}

fn is_label(label: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    !label.is_empty() && label.bytes().all(plain) && !label.starts_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        let ecr = |region: &str, api: &str, domain: &str| {
            let sts = format!("sts.{region}.{domain}");
            Some(Host::Ecr { region: region.to_owned(), api: api.to_owned(), sts })
        };
        let com = "amazonaws.com";
        for (host, wanted) in [
            (
                "123456789012.dkr.ecr.eu-central-1.amazonaws.com",
                ecr("eu-central-1", "api.ecr.eu-central-1.amazonaws.com", com),
            ),
            (
                "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn",
                ecr("cn-north-1", "api.ecr.cn-north-1.amazonaws.com.cn", "amazonaws.com.cn"),
            ),
            (
                "123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com",
                ecr("us-gov-west-1", "ecr-fips.us-gov-west-1.amazonaws.com", com),
            ),
            (
                "123456789012.dkr.ecr-fips.us-east-1.amazonaws.com",
                ecr("us-east-1", "ecr-fips.us-east-1.amazonaws.com", com),
            ),
            (
                "123456789012.dkr.ecr.cn-northwest-1.amazonaws.com.cn",
                ecr(
                    "cn-northwest-1",
                    "api.ecr.cn-northwest-1.amazonaws.com.cn",
                    "amazonaws.com.cn",
                ),
            ),
            (
                "123456789012.dkr.ecr.eusc-de-east-1.amazonaws.eu",
                ecr("eusc-de-east-1", "api.ecr.eusc-de-east-1.amazonaws.eu", "amazonaws.eu"),
            ),
            (
                "123456789012.dkr.ecr.us-iso-east-1.c2s.ic.gov",
                ecr("us-iso-east-1", "api.ecr.us-iso-east-1.c2s.ic.gov", "c2s.ic.gov"),
            ),
            (
                "123456789012.DKR-ecr.us-west-2.on.aws",
                ecr("us-west-2", "ecr.us-west-2.api.aws", com),
            ),
            (
                "123456789012.dkr-ecr-fips.us-west-2.on.aws",
                ecr("us-west-2", "ecr-fips.us-west-2.api.aws", com),
            ),
            (
                "123456789012.dkr-ecr.cn-north-1.on.amazonwebservices.com.cn",
                ecr(
                    "cn-north-1",
                    "ecr.cn-north-1.api.amazonwebservices.com.cn",
                    "amazonaws.com.cn",
                ),
            ),
            ("ecr-public.aws.com", Some(Host::EcrPublic)),
            ("us.gcr.io", Some(Host::Google)),
            ("us-docker.pkg.dev", Some(Host::Google)),
            ("mine.azurecr.us", Some(Host::Azure)),
            ("123456789012.dkr-ecr.us-west-2.on.aws.evil.example", None),
            ("123456789012.dkr-ecr.us-west-2.on.evil.example", None),
            ("x.ecr-public.aws.com", None),
            ("aws.com", None),
            ("public.ecr.aws", Some(Host::EcrPublic)),
            ("gcr.io", Some(Host::Google)),
            ("eu.gcr.io", Some(Host::Google)),
            ("europe-west1-docker.pkg.dev", Some(Host::Google)),
            ("mine.azurecr.io", Some(Host::Azure)),
            ("mine.azurecr.cn", Some(Host::Azure)),
            // Names that only look like them.
            ("12345678901.dkr.ecr.eu-central-1.amazonaws.com", None),
            ("123456789012.dkr.ecr.eu-central-1.amazonaws.com.evil.example", None),
            ("123456789012.dkr.ecr.eu-central-1.evilamazonaws.com", None),
            ("123456789012.dkr.ecr.a/b.amazonaws.com", None),
            ("123456789012.dkr.ecr..amazonaws.com", None),
            ("123456789012.dkr.s3.eu-central-1.amazonaws.com", None),
            ("123456789012.dkr.ecr.eu-central-1.amazonaws.com:443", None),
            ("x.public.ecr.aws", None),
            ("notgcr.io", None),
            ("gcr.io.evil.example", None),
            ("gcr.io:5000", None),
            ("pkg.dev", None),
            ("azurecr.io", None),
            ("mine.azurecr.io.evil.example", None),
            ("evilazurecr.io", None),
            ("docker.io", None),
            ("ghcr.io", None),
            ("localhost:5000", None),
            ("", None),
        ] {
            assert_eq!(Host::of(host), wanted, "{host}");
        }
    }
}
