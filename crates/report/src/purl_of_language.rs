//! Package URLs of what no package manager of a system installed: one table of the rules of each type
//! (the purl specification and its types).
//!
//! Written by hand, since other writers fold names that keep their case, such as those of npm.

use cutaway_analyze::Package;

use crate::percent::percent_encode;

/// How the name of a record becomes that of a package URL.
struct Rule {
    kind: &'static str,
    /// What stands between namespace and name in a record.
    between: Option<char>,
    /// Whether the namespace and the name are in lower case.
    lower: (bool, bool),
}

const fn rule(kind: &'static str, between: Option<char>, lower: (bool, bool)) -> Rule {
    Rule { kind, between, lower }
}

/// Types whose rules are not those of [`PLAIN`].
const RULES: &[Rule] = &[
    rule("composer", Some('/'), (true, true)),
    rule("golang", Some('/'), (true, true)),
    rule("hex", Some('/'), (true, true)),
    rule("luarocks", Some('/'), (true, true)),
    rule("maven", Some(':'), (false, false)),
    rule("npm", Some('/'), (false, false)),
    rule("otp", None, (false, true)),
    rule("pub", None, (false, true)),
    rule("pypi", None, (false, true)),
    rule("swift", Some('/'), (false, false)),
];

/// A name without a namespace, which keeps its case.
const PLAIN: Rule = rule("", None, (false, false));

/// Returns the package URL of a package of a language, of a program that nobody packaged, and of what
/// says itself of which distribution it is; none of others.
pub(crate) fn purl(package: &Package) -> Option<String> {
    let kind = package.ecosystem.name();
    let details = package.details.as_deref();
    let own: Vec<&str> = details.map(|it| it.qualifiers.iter().collect()).unwrap_or_default();
    let is_language = package.ecosystem.is_of_language();
    if !is_language && kind != "generic" && own.is_empty() {
        return None;
    }
    let rule = RULES.iter().find(|rule| rule.kind == kind).unwrap_or(&PLAIN);
    let split = rule.between.and_then(|between| package.name.rsplit_once(between));
    let (namespace, name) = match (&package.namespace, split) {
        (Some(namespace), _) => (Some(namespace.as_str()), package.name.as_str()),
        (None, Some((namespace, name))) => (Some(namespace), name),
        (None, None) => (None, package.name.as_str()),
    };
    let fold = |text: &str, lower: bool| if lower { text.to_lowercase() } else { text.to_owned() };
    let mut name = fold(name, rule.lower.1);
    match kind {
        "pypi" => name = name.replace('_', "-"),
        "pub" => name = name.replace('-', "_"),
        "julia" => name = name.strip_suffix(".jl").unwrap_or(&name).to_owned(),
        _ => {}
    }
    let mut purl = format!("pkg:{kind}/");
    let namespace = namespace.map(|it| fold(it, rule.lower.0)).unwrap_or_default();
    for part in namespace.split('/').filter(|part| !part.is_empty()) {
        encode(part, &mut purl);
        purl.push('/');
    }
    encode(&name, &mut purl);
    // What Go prints where no version is known.
    if package.version != "(devel)" {
        purl.push('@');
        encode(&package.version, &mut purl);
    }
    let arch = package.arch.as_deref().map(|arch| match kind {
        "gem" => format!("platform={arch}"),
        _ => format!("arch={arch}"),
    });
    let mut qualifiers: Vec<&str> = own.into_iter().chain(arch.as_deref()).collect();
    qualifiers.sort_unstable();
    qualifiers.dedup();
    let pairs = qualifiers.into_iter().filter_map(|pair| pair.split_once('='));
    for (number, (key, value)) in pairs.filter(|(_, value)| !value.is_empty()).enumerate() {
        purl.push(if number == 0 { '?' } else { '&' });
        purl.push_str(key);
        purl.push('=');
        encode(value, &mut purl);
    }
    Some(purl)
}

/// Appends a part, with all encoded but letters, digits and `.-_~:`.
fn encode(part: &str, purl: &mut String) {
    percent_encode(part, b":", purl);
}

#[cfg(test)]
mod tests {
    use cutaway_analyze::{Details, Ecosystem};

    use super::*;

    #[test]
    fn urls() {
        for (kind, name, version, expected) in [
            (
                "golang",
                "github.com/AlekSi/pointer",
                "v1.2.0",
                "pkg:golang/github.com/aleksi/pointer@v1.2.0",
            ),
            ("golang", "stdlib", "1.26.8", "pkg:golang/stdlib@1.26.8"),
            ("golang", "example.com/a/b", "(devel)", "pkg:golang/example.com/a/b"),
            ("golang", "example.com/b", "v1.7.0+dirty", "pkg:golang/example.com/b@v1.7.0%2Bdirty"),
            ("cargo", "serde_json", "1.0.135", "pkg:cargo/serde_json@1.0.135"),
            ("pypi", "ruamel.yaml", "0.18.6", "pkg:pypi/ruamel.yaml@0.18.6"),
            ("pypi", "Flask_Cors", "1!4+x", "pkg:pypi/flask-cors@1%214%2Bx"),
            ("npm", "@types/ms", "0.7.34", "pkg:npm/%40types/ms@0.7.34"),
            ("npm", "JSONStream", "1.3.5", "pkg:npm/JSONStream@1.3.5"),
            ("gem", "rack", "2.2.22", "pkg:gem/rack@2.2.22"),
            ("maven", "org.slf4j:slf4j-api", "1.7.36", "pkg:maven/org.slf4j/slf4j-api@1.7.36"),
            ("composer", "Behat/Mink", "v1.8.1", "pkg:composer/behat/mink@v1.8.1"),
            ("nuget", "Newtonsoft.Json", "13.0.1", "pkg:nuget/Newtonsoft.Json@13.0.1"),
            ("otp", "Kernel", "8.5.3", "pkg:otp/kernel@8.5.3"),
            ("cran", "Rcpp", "1", "pkg:cran/Rcpp@1"),
            ("cpan", "ExtUtils-Helpers", "0.028", "pkg:cpan/ExtUtils-Helpers@0.028"),
            ("luarocks", "LPeg", "1.0.2-1", "pkg:luarocks/lpeg@1.0.2-1"),
            ("generic", "openjdk", "21.0.4+7", "pkg:generic/openjdk@21.0.4%2B7"),
            ("generic", "a/b", "1 2", "pkg:generic/a%2Fb@1%202"),
        ] {
            let package = Package::new(Ecosystem::owned(kind), name, version);
            assert_eq!(purl(&package).as_deref(), Some(expected));
        }
        assert_eq!(purl(&Package::new(Ecosystem::DEB, "a", "1")), None);
    }

    #[test]
    fn qualifiers() {
        let with = |kind, name: &str, pairs: &[&str]| {
            let mut package = Package::new(Ecosystem::owned(kind), name, "1");
            let mut details = Details::default();
            details.qualifiers = pairs.iter().copied().collect();
            package.set_details(details);
            package
        };
        let conda = with("conda", "zlib", &["type=tar.bz2", "build=h_1", "channel="]);
        assert_eq!(purl(&conda).as_deref(), Some("pkg:conda/zlib@1?build=h_1&type=tar.bz2"));
        let mut gem = with("gem", "rake", &[]);
        gem.arch = Some("x86_64-linux".into());
        assert_eq!(purl(&gem).as_deref(), Some("pkg:gem/rake@1?platform=x86_64-linux"));
        let mut note = with("rpm", "hello", &["distro=fedora-40"]);
        (note.namespace, note.arch) = (Some("fedora".into()), Some("x86_64".into()));
        let expected = "pkg:rpm/fedora/hello@1?arch=x86_64&distro=fedora-40";
        assert_eq!(purl(&note).as_deref(), Some(expected));
        let mut plugin = with("generic", "akismet", &[]);
        plugin.namespace = Some("wordpress-plugin".into());
        assert_eq!(purl(&plugin).as_deref(), Some("pkg:generic/wordpress-plugin/akismet@1"));
    }
}
