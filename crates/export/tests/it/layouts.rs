//! Layouts: written, added to, taken up again.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use cutaway_export::{Error, Item, Pulled, Source};
use cutaway_fixtures::image;
use cutaway_model::{BlobStream, Blobs, Descriptor, Error as ModelError, ImageName, SinkError};

use crate::support::{into_layout, item, layout, open};

const TEXT: &str =
    "layer gzip\n  a 0644 \"1\"\nlayer zstd\n  b 0644 \"2\"\nlayer plain\n  c 0644 zeros=9000\n";

/// Counts what is opened, and fails on one blob.
#[derive(Debug)]
struct Counting {
    inner: Arc<dyn Blobs>,
    opened: Mutex<Vec<String>>,
    broken: Mutex<Option<String>>,
}

#[async_trait]
impl Blobs for Counting {
    async fn open(&self, blob: &Descriptor) -> Result<BlobStream, ModelError> {
        let digest = blob.digest.to_string();
        if self.broken.lock().unwrap().as_ref() == Some(&digest) {
            // The others are there by then: what is on its way when one fails is cut off.
            tokio::time::sleep(std::time::Duration::from_millis(500)).await;
            return Err(ModelError::Transport("the line is dead".into()));
        }
        self.opened.lock().unwrap().push(digest);
        self.inner.open(blob).await
    }
}

async fn counting(directory: &Path) -> (Arc<Counting>, Item) {
    let item = item(directory).await;
    let (opened, broken) = (Mutex::default(), Mutex::default());
    let blobs = Arc::new(Counting { inner: Arc::clone(&item.blobs), opened, broken });
    (Arc::clone(&blobs), Item { blobs, ..item })
}

fn roots(items: &[Item]) -> impl Iterator<Item = Source> {
    items.iter().cloned().map(Source::Root)
}

#[tokio::test]
async fn a_layout_is_taken_up_where_it_was_left() {
    let fixture = image(TEXT);
    let (source, target) = (layout(&fixture), tempfile::tempdir().unwrap());
    let (blobs, item) = counting(source.path()).await;
    let last = fixture.layers[2].blob.digest.to_string();
    *blobs.broken.lock().unwrap() = Some(last.clone());
    let items = [item];
    let error = into_layout(roots(&items), target.path()).await.unwrap_err();
    assert_eq!(error.to_string(), "the line is dead");
    // What there is, is a layout without the image.
    let index = std::fs::read_to_string(target.path().join("index.json")).unwrap();
    assert!(index.contains("\"manifests\":[]"), "{index}");
    blobs.broken.lock().unwrap().take();
    into_layout(roots(&items), target.path()).await.unwrap();
    let opened = blobs.opened.lock().unwrap().clone();
    let of_blobs: Vec<_> =
        opened.into_iter().filter(|digest| *digest != fixture.digest().to_string()).collect();
    let distinct: BTreeSet<_> = of_blobs.iter().collect();
    assert_eq!(of_blobs.len(), distinct.len(), "{of_blobs:?}");
    assert_eq!(distinct.len(), 4);
    let again = open(target.path()).await;
    assert_eq!(again.digest(), Some(fixture.digest()));
    let names: BTreeSet<_> =
        std::fs::read_dir(target.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["blobs", "index.json", "oci-layout"].map(Into::into).into());
    // Nothing is left to do.
    let pulled = into_layout(roots(&items), target.path()).await.unwrap();
    assert_eq!(pulled, Pulled { kept: 4, ..Pulled::default() });
}

#[tokio::test]
async fn damaged_blobs_are_fetched_again() {
    let fixture = image(TEXT);
    let (source, target) = (layout(&fixture), tempfile::tempdir().unwrap());
    let items = [item(source.path()).await];
    into_layout(roots(&items), target.path()).await.unwrap();
    let blob = target.path().join("blobs/sha256").join(fixture.layers[0].blob.digest.encoded());
    let good = std::fs::read(&blob).unwrap();
    for bad in [vec![0; good.len()], good[..good.len() - 1].to_vec(), Vec::new()] {
        std::fs::write(&blob, bad).unwrap();
        let pulled = into_layout(roots(&items), target.path()).await.unwrap();
        assert_eq!((pulled.fetched, pulled.kept), (1, 3));
        assert_eq!(std::fs::read(&blob).unwrap(), good);
    }
}

#[tokio::test]
async fn images_share_a_layout() {
    let (one, two) = (image(TEXT), image("layer plain\n  other 0644 \"x\"\n"));
    let (first, second, target) = (layout(&one), layout(&two), tempfile::tempdir().unwrap());
    let mut items = [item(first.path()).await, item(second.path()).await];
    items[1].name = ImageName { full: Some("example.org/other:2".into()), tag: Some("2".into()) };
    into_layout(roots(&items), target.path()).await.unwrap();
    let index = std::fs::read_to_string(target.path().join("index.json")).unwrap();
    assert_eq!(index.matches("org.opencontainers.image.ref.name").count(), 2, "{index}");
    // The same name again stands for the new image.
    items[1].name = items[0].name.clone();
    into_layout(roots(&items[1..]), target.path()).await.unwrap();
    assert_eq!(open(target.path()).await.digest(), Some(two.digest()));
}

#[tokio::test]
async fn other_directories_and_other_runs_are_left_alone() {
    let fixture = image(TEXT);
    let (source, target) = (layout(&fixture), tempfile::tempdir().unwrap());
    let items = [item(source.path()).await];
    std::fs::write(target.path().join("precious"), "x").unwrap();
    let error = into_layout(roots(&items), target.path()).await.unwrap_err();
    assert!(matches!(error, Error::Sink(SinkError::Target { .. })), "{error}");
    std::fs::remove_file(target.path().join("precious")).unwrap();
    let partial = target.path().join(".cutaway-partial");
    std::fs::create_dir(&partial).unwrap();
    let lock = std::fs::File::create(partial.join("lock")).unwrap();
    lock.lock().unwrap();
    let error = into_layout(roots(&items), target.path()).await.unwrap_err();
    assert!(error.to_string().contains("another run"), "{error}");
    drop(lock);
    into_layout(roots(&items), target.path()).await.unwrap();
}

/// Hashing what is there is no work for who serves others meanwhile.
#[tokio::test(flavor = "current_thread")]
async fn a_layout_that_is_there_is_hashed_beside_everything_else() {
    let text: String =
        (0..4).map(|layer| format!("layer plain\n  f{layer} 0644 zeros=6000000\n")).collect();
    let fixture = image(&text);
    let (source, target) = (layout(&fixture), tempfile::tempdir().unwrap());
    let items = [item(source.path()).await];
    into_layout(roots(&items), target.path()).await.unwrap();
    let again = into_layout(roots(&items), target.path());
    tokio::pin!(again);
    let mut turns = 0_u32;
    let pulled = loop {
        tokio::select! {
            biased;
            pulled = &mut again => break pulled.unwrap(),
            () = tokio::task::yield_now() => turns += 1,
        }
    };
    assert_eq!((pulled.fetched, pulled.kept), (0, 5));
    assert!(turns > 100, "others had {turns} turns");
}

/// A layout from elsewhere may have links in the place of what a pull writes.
#[tokio::test]
async fn nothing_is_written_through_a_link() {
    use std::os::unix::fs::symlink;
    let fixture = image(TEXT);
    let source = layout(&fixture);
    let blob = fixture.layers[0].blob.digest.encoded().to_owned();
    for (at, is_refused) in [
        (format!(".cutaway-partial/{blob}"), false),
        (".cutaway-partial/index.json".to_owned(), false),
        (".cutaway-partial/oci-layout".to_owned(), false),
        (".cutaway-partial/lock".to_owned(), true),
        (format!("blobs/sha256/{blob}"), false),
        ("index.json".to_owned(), true),
        (".cutaway-partial".to_owned(), true),
        ("blobs".to_owned(), true),
        ("blobs/sha256".to_owned(), true),
    ] {
        let (target, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let is_directory =
            !at.contains(&blob) && !at.contains('j') && !at.contains("lock") && !at.contains("oci");
        let victim = outside.path().join("victim");
        let content = "{\"manifests\":[]}";
        std::fs::write(&victim, content).unwrap();
        let name = target.path().join(&at);
        std::fs::create_dir_all(name.parent().unwrap()).unwrap();
        std::fs::create_dir_all(target.path().join(".cutaway-partial")).ok();
        if at == ".cutaway-partial" {
            std::fs::remove_dir(&name).unwrap();
        }
        if !at.ends_with("oci-layout") {
            std::fs::write(target.path().join("oci-layout"), "{\"imageLayoutVersion\":\"1.0.0\"}")
                .unwrap();
        }
        let to = if is_directory { outside.path().to_owned() } else { victim.clone() };
        symlink(to, &name).unwrap();
        let pulled = into_layout(roots(&[item(source.path()).await]), target.path()).await;
        assert_eq!(std::fs::read_to_string(&victim).unwrap(), content, "{at}");
        let names: Vec<_> = std::fs::read_dir(outside.path()).unwrap().collect();
        assert_eq!(names.len(), 1, "{at}");
        assert_eq!(pulled.is_err(), is_refused, "{at}: {pulled:?}");
    }
}
