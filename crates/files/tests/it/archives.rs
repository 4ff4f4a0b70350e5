//! Archives that pass by.

use std::sync::Arc;

use cutaway_files::{Error, Finding, Limits, Outcome, Search, View, search};
use cutaway_fixtures::{ArchiveShape, Compression, DockerArchive, Layout, image};
use cutaway_model::BlobStream;
use cutaway_model::source::Selector;
use cutaway_read::{Archive, Input, Opener};
use cutaway_ref::Platform;

use crate::support::options;

const TEXT: &str = "\
layer gzip
  bin/ 0755
  bin/dash 0755 \"dash\"
  bin/sh -> dash
  etc/ 0755
  etc/a 0644 \"old\"
  etc/os-release -> ../usr/lib/os-release
  usr/lib/os-release 0644 \"debian\"
layer zstd
  etc/ 0755
  etc/a 0644 \"new\"
  etc/.wh.gone
";

/// An archive in memory, which can be started again or not.
#[derive(Debug)]
struct Again(Vec<u8>, bool);

#[async_trait::async_trait]
impl Opener for Again {
    async fn open(&self) -> Result<BlobStream, cutaway_model::Error> {
        Ok(Box::new(std::io::Cursor::new(self.0.clone())))
    }

    fn opens_again(&self) -> bool {
        self.1
    }
}

fn input(archive: &[u8], again: bool) -> Input {
    Input::Archive(Archive {
        opener: Arc::new(Again(archive.to_vec(), again)),
        place: "standard input".into(),
        form: None,
        selector: Selector::Only,
        platform: Platform::linux("amd64"),
    })
}

async fn cat(archive: &[u8], path: &str, again: bool) -> (Result<Finding, Error>, Vec<u8>) {
    let wanted =
        Search { path: path.as_bytes(), follow: true, content: true, verify: false, spare: 0 };
    let mut bytes = Vec::new();
    let input = input(archive, again);
    let found = search(input, &wanted, &Limits::default(), &options(), &mut bytes).await;
    (found.map(|(_, found)| found), bytes)
}

#[tokio::test]
async fn one_pass_finds_what_has_the_name_and_what_links_lead_to() {
    let image = image(TEXT);
    for compression in [Compression::Plain, Compression::GZIP] {
        let shape = ArchiveShape { compression, ..ArchiveShape::default() };
        for archive in [
            Layout::new().image("1", &image).archive(&shape),
            DockerArchive::new().image(&["app:1"], &image).shape(shape).archive(),
        ] {
            for (path, content) in
                [("etc/a", "new"), ("bin/dash", "dash"), ("etc/os-release", "debian")]
            {
                let (found, bytes) = cat(&archive, path, false).await;
                assert!(found.unwrap().verified);
                assert_eq!(String::from_utf8_lossy(&bytes), content, "{path}");
            }
            let (found, _) = cat(&archive, "etc/gone", false).await;
            let Outcome::Absent(absent) = found.unwrap().outcome else { panic!("there") };
            assert_eq!(absent.path.to_string(), "etc/gone");
        }
    }
}

#[tokio::test]
async fn what_had_passed_takes_a_second_pass() {
    let archive = Layout::new().image("1", &image(TEXT)).archive(&ArchiveShape::default());
    let (found, bytes) = cat(&archive, "bin/sh", false).await;
    let Err(Error::Passed { path, .. }) = found else { panic!("{found:?}") };
    assert_eq!((path.to_string().as_str(), bytes.len()), ("bin/dash", 0));
    let (found, bytes) = cat(&archive, "bin/sh", true).await;
    assert!(found.is_ok());
    assert_eq!(bytes, b"dash");
}

#[tokio::test]
async fn a_view_of_what_passes_is_that_of_what_lies() {
    let image = image(TEXT);
    let archive = Layout::new().image("1", &image).archive(&ArchiveShape::default());
    let (_, passed) = View::read(input(&archive, false), 0, None, &options()).await.unwrap();
    let held = crate::support::Held::of(image).await.view().await;
    assert_eq!(passed.stories().collect::<Vec<_>>(), held.stories().collect::<Vec<_>>());
}
