//! The arguments, as clap reads them.

pub(crate) mod advisories;
pub(crate) mod cache;
pub(crate) mod client;
pub(crate) mod policy;
pub(crate) mod sbom;
pub(crate) mod several;
pub(crate) mod view;

use std::convert::Infallible;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::BoolishValueParser;
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use cutaway::ReportForm;
use cutaway_ref::Platform;
use cutaway_ref::auth::Secret;
use cutaway_version::Family;

/// See inside a container image without running, unpacking or fully downloading it.
#[derive(Debug, Parser)]
#[command(
    name = "cutaway",
    version,
    max_term_width = 100,
    subcommand_required = true,
    arg_required_else_help = true
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the distribution and the packages of an image, and which layer brought each
    Scan(Box<Scan>),
    /// Show an image's digests, platform and layers without reading its layers
    Inspect(Inspect),
    /// Print the digest of a manifest or index
    Digest(client::Digest),
    /// Print a manifest or index as it is
    Manifest(client::Document),
    /// Print the config of an image as it is
    Config(client::Document),
    /// List the tags of a repository
    Tags(client::Tags),
    /// List the repositories of a registry
    Catalog(client::Catalog),
    /// Print a blob as it is stored
    Blob(client::Blob),
    /// Write images to a layout or an archive
    Pull(client::Pull),
    /// Write the file system of an image as one tar
    Export(client::Export),
    /// Check every blob of an image
    Validate(client::Validate),
    /// List what refers to an image: signatures, attestations and the like
    Referrers(client::Referrers),
    /// List the files in a directory of an image, or in a layer
    Ls(view::Ls),
    /// Print a file of an image, reading no more than that takes
    Cat(view::Cat),
    /// Find files by name, type, size, owner, mode, time or layer
    Find(view::Find),
    /// Show all that is known of one path, and which layers changed or hid it
    Stat(view::Stat),
    /// Draw the files of an image, merged or layer by layer
    Tree(view::Tree),
    /// Show how many bytes files take, by directory and layer, and how many are hidden
    Du(view::Du),
    /// Show what two images differ in: config, packages and files
    Diff(view::Diff),
    /// Show what each step of the build added, changed and removed
    History(view::History),
    /// Match package URLs, or a bill of materials, against advisories
    Match(advisories::Match),
    /// Work with databases of advisories
    #[command(subcommand)]
    Db(advisories::Db),
    /// Work with references
    #[command(subcommand)]
    Ref(Ref),
    /// Work with bills of materials
    #[command(subcommand)]
    Sbom(sbom::Sbom),
    /// Judge an image by policies: 0 where it may pass, 1 where it may not, 5 where that is not known
    Check(policy::Check),
    /// Work with policies
    #[command(subcommand)]
    Policy(policy::Policy),
    /// Judge images for Kubernetes, registries and others, until told to end
    Serve {
        /// The settings: policies, places to listen at, and more (docs/gate.md)
        #[arg(long, value_name = "FILE", env = "CUTAWAY_CONFIG")]
        config: PathBuf,
    },
    /// Look after the image verifier of containerd
    #[command(subcommand)]
    Verifier(policy::Verifier),
    /// Work with credentials
    #[command(subcommand)]
    Auth(Auth),
    /// Work with what is kept between runs
    #[command(subcommand)]
    Cache(cache::Cache),
    /// Work with versions of packages
    #[command(subcommand)]
    Version(Version),
    /// Print every limit with its value
    Limits(Limits),
    /// Print the JSON Schema of a document that a command prints, or list their names
    Schema(Schema),
}

#[derive(Debug, Args)]
pub(crate) struct Scan {
    /// The image, or several: a reference, a path, `-` for standard input, or `registry:REF`,
    /// `oci:DIR[:TAG|@DIGEST]`, `oci-archive:FILE[:TAG]`, `docker-archive:FILE[:TAG]`,
    /// `docker:REF`, `podman:REF`, `containerd:REF`; or `sbom:FILE`, a bill of materials
    #[arg(required_unless_present_any = ["from", "registry"], value_name = "IMAGE")]
    pub(crate) images: Vec<String>,
    /// The form of the report [default: table]
    #[arg(long, value_parser = sbom::report_form(), env = "CUTAWAY_FORMAT")]
    pub(crate) format: Option<ReportForm>,
    /// Write the report to FILE instead of standard output; `FORMAT=FILE`, as often as wanted, writes
    /// it in several forms
    #[arg(short, long, value_name = "[FORMAT=]FILE", env = "CUTAWAY_OUTPUT")]
    pub(crate) output: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) bill: sbom::Bill,
    /// Leave entries whose path in the image matches out of analysis; the report says how many.
    /// The variable takes one pattern a line
    #[arg(long, value_name = "PATTERN", env = "CUTAWAY_SKIP", value_delimiter = '\n')]
    pub(crate) skip: Vec<String>,
    /// Tell each package's story, too: which layer installed, upgraded, removed or hid it
    #[arg(long, env = "CUTAWAY_HISTORY", value_parser = BoolishValueParser::new())]
    pub(crate) history: bool,
    /// Compare every file with what packages record: list files that no package owns, files that
    /// are not as their package recorded them, and files that are missing. Hashes all files
    #[arg(long, env = "CUTAWAY_OWNED", value_parser = BoolishValueParser::new())]
    pub(crate) owned: bool,
    /// Take the word of layers with a table of contents for what they hold, instead of reading all of
    /// them: not verified, and binaries and archives are not looked into
    #[arg(long, env = "CUTAWAY_FAST", value_parser = BoolishValueParser::new(), conflicts_with = "owned")]
    pub(crate) fast: bool,
    /// The kinds of packages that are listed: os, lang, or types such as deb and npm
    #[arg(long, value_name = "KIND", env = "CUTAWAY_KIND", value_delimiter = ',')]
    pub(crate) kind: Vec<String>,
    /// Match what is installed against advisories: those of --db, or what db update pulled
    #[arg(long, env = "CUTAWAY_VULN", value_parser = BoolishValueParser::new())]
    pub(crate) vuln: bool,
    #[command(flatten)]
    pub(crate) gate: advisories::Gate,
    #[command(flatten)]
    pub(crate) several: several::Several,
}

#[derive(Debug, Args)]
pub(crate) struct Inspect {
    /// The image, as for scan
    pub(crate) image: String,
    /// The form of the answer
    #[arg(long, value_enum, default_value_t = TextFormat::Table, env = "CUTAWAY_FORMAT")]
    pub(crate) format: TextFormat,
    /// Read every layer and check size, digest and diffID
    #[arg(long, env = "CUTAWAY_VERIFY", value_parser = BoolishValueParser::new())]
    pub(crate) verify: bool,
    /// Ask the registry what refers to the image: signatures, attestations and the like
    #[arg(long, env = "CUTAWAY_REFERRERS", value_parser = BoolishValueParser::new())]
    pub(crate) referrers: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TextFormat {
    /// For people
    Table,
    /// For programs
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Auth {
    /// Say which credential would be used for a reference and where it is from, never the secret
    #[command(after_long_help = cutaway::ORDER_OF_CREDENTIALS)]
    Explain(AuthExplain),
}

#[derive(Debug, Args)]
pub(crate) struct AuthExplain {
    /// The reference
    pub(crate) reference: String,
    /// The form of the answer
    #[arg(long, value_enum, default_value_t = TextFormat::Table, env = "CUTAWAY_FORMAT")]
    pub(crate) format: TextFormat,
}

#[derive(Debug, Args)]
pub(crate) struct Limits {
    /// The form of the answer
    #[arg(long, value_enum, default_value_t = TextFormat::Table, env = "CUTAWAY_FORMAT")]
    pub(crate) format: TextFormat,
}

#[derive(Debug, Args)]
pub(crate) struct Schema {
    /// The document, such as `scan`
    pub(crate) name: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Version {
    /// Compare two versions in the order of their package manager: prints `<`, `=` or `>`
    Compare(VersionCompare),
}

#[derive(Debug, Args)]
pub(crate) struct VersionCompare {
    /// Whose versions they are, such as dpkg, rpm, apk, pep440 or semver
    pub(crate) family: Family,
    /// The first version; or `-`, to read lines of two versions with a tab between them from standard
    /// input. A line with what is no version is answered with `!`
    #[arg(allow_hyphen_values = true)]
    pub(crate) a: String,
    /// The second version
    #[arg(allow_hyphen_values = true)]
    pub(crate) b: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Ref {
    /// Take a reference apart and print it as JSON
    Parse(RefParse),
}

#[derive(Debug, Args)]
pub(crate) struct RefParse {
    /// The reference
    pub(crate) reference: String,
    /// Refuse everything that is not spelled out: registry, tag, and library/ on Docker Hub
    #[arg(long, env = "CUTAWAY_STRICT", value_parser = BoolishValueParser::new())]
    pub(crate) strict: bool,
    /// The registry of references without one
    #[arg(long, value_name = "R", env = "CUTAWAY_DEFAULT_REGISTRY")]
    pub(crate) default_registry: Option<String>,
    /// The tag of references without tag and digest
    #[arg(long, value_name = "T", env = "CUTAWAY_DEFAULT_TAG")]
    pub(crate) default_tag: Option<String>,
}

/// Options that stand before or after the command. Those that a source does not need are ignored.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Common options")]
pub(crate) struct Common {
    /// The platform to choose from an index [default: linux and this machine's architecture]
    #[arg(long, global = true, value_name = "OS/ARCH[/VARIANT]", env = "CUTAWAY_PLATFORM")]
    pub(crate) platform: Option<Platform>,
    /// The user at the registry; the password comes from --password-stdin or CUTAWAY_PASSWORD
    #[arg(long, global = true, value_name = "USER", env = "CUTAWAY_USERNAME")]
    pub(crate) username: Option<String>,
    /// Read the password from standard input
    #[arg(long, global = true, env = "CUTAWAY_PASSWORD_STDIN", value_parser = BoolishValueParser::new())]
    pub(crate) password_stdin: bool,
    /// A token that the registry takes as it is
    #[arg(
        long,
        global = true,
        value_name = "TOKEN",
        env = "CUTAWAY_REGISTRY_TOKEN",
        hide_env_values = true,
        value_parser = secret
    )]
    pub(crate) registry_token: Option<Secret>,
    /// Tell this token server the registry's password, though it is on another host
    #[arg(
        long,
        global = true,
        value_name = "HOST[:PORT]",
        env = "CUTAWAY_TOKEN_HOST",
        value_delimiter = ','
    )]
    pub(crate) token_host: Vec<String>,
    /// Do not verify the registry's TLS certificate
    #[arg(long, global = true, env = "CUTAWAY_INSECURE", value_parser = BoolishValueParser::new())]
    pub(crate) insecure: bool,
    /// Talk plain HTTP to the registry
    #[arg(long, global = true, env = "CUTAWAY_PLAIN_HTTP", value_parser = BoolishValueParser::new())]
    pub(crate) plain_http: bool,
    /// Trust the certificates in this PEM file as well
    #[arg(long, global = true, value_name = "FILE", env = "CUTAWAY_CA_CERT")]
    pub(crate) ca_cert: Option<PathBuf>,
    /// Show this certificate (PEM) to the registry
    #[arg(long, global = true, value_name = "FILE", env = "CUTAWAY_CLIENT_CERT")]
    pub(crate) client_cert: Option<PathBuf>,
    /// The key (PEM) of the certificate
    #[arg(long, global = true, value_name = "FILE", env = "CUTAWAY_CLIENT_KEY")]
    pub(crate) client_key: Option<PathBuf>,
    /// The namespace of containerd to look in [default: CONTAINERD_NAMESPACE, else default]
    #[arg(long, global = true, value_name = "NAME", env = "CUTAWAY_NAMESPACE")]
    pub(crate) namespace: Option<String>,
    /// Ask the other addresses that an image names for a layer that its registry lacks
    #[arg(long, global = true, env = "CUTAWAY_FOREIGN_URLS", value_parser = BoolishValueParser::new())]
    pub(crate) foreign_urls: bool,
    /// The longest the whole run may take, such as 500ms, 20s or 5m
    #[arg(long, global = true, value_name = "TIME", env = "CUTAWAY_TIMEOUT", value_parser = cutaway::parse_duration)]
    pub(crate) timeout: Option<Duration>,
    /// Keep what may be needed again in this directory [default: cutaway in XDG_CACHE_HOME or ~/.cache]
    #[arg(long, global = true, value_name = "DIR", env = "CUTAWAY_CACHE_DIR")]
    pub(crate) cache_dir: Option<PathBuf>,
    /// Seal what is kept with the key in this file, of 32 bytes at least
    #[arg(long, global = true, value_name = "FILE", env = "CUTAWAY_CACHE_KEY_FILE")]
    pub(crate) cache_key_file: Option<PathBuf>,
    /// Keep nothing and use nothing that was kept
    #[arg(long, global = true, env = "CUTAWAY_NO_CACHE", value_parser = BoolishValueParser::new())]
    pub(crate) no_cache: bool,
    /// Set a limit; `cutaway limits` prints them all
    #[arg(
        long,
        global = true,
        value_name = "NAME=VALUE",
        env = "CUTAWAY_LIMIT",
        value_delimiter = ','
    )]
    pub(crate) limit: Vec<String>,
    /// Say more on standard error; twice: every request, three times: everything
    #[arg(short, long, global = true, action = ArgAction::Count, env = "CUTAWAY_VERBOSE")]
    pub(crate) verbose: u8,
    /// Say nothing on standard error but errors
    #[arg(short, long, global = true, env = "CUTAWAY_QUIET", value_parser = BoolishValueParser::new())]
    pub(crate) quiet: bool,
    /// When to colour
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t = When::Auto, env = "CUTAWAY_COLOR")]
    pub(crate) color: When,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum When {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Takes a value that no text of ours may show.
fn secret(text: &str) -> Result<Secret, Infallible> {
    Ok(Secret::new(text))
}
