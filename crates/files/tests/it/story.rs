//! What the layers did, and what is wasted.

use cutaway_layerfs::EntryPath;

use crate::support::Held;

const TEXT: &str = "\
layer plain created_by=\"ADD base\"
  etc/ 0755
  etc/a 0644 \"aaaa\"
  etc/b 0644 \"bb\"
  opt/x/y 0644 \"yyyyyy\"
layer plain created_by=\"RUN change\"
  etc/ 0755
  etc/a 0644 \"AAAAA\"
  etc/.wh.b
  etc/c => etc/a
layer plain created_by=\"RUN clean\"
  .wh.opt
  etc/ 0700
  etc/b 0644 \"b again\"
";

#[tokio::test]
async fn each_layer_did_what_it_did() {
    let view = Held::of_text(TEXT).await.view().await;
    let mut told = vec![Vec::new(); 3];
    for story in view.stories() {
        for event in view.events(&story) {
            told[event.layer].push(format!("{:?} {}", event.deed, event.path));
        }
    }
    assert_eq!(
        told[0],
        ["Added etc", "Added etc/a", "Added etc/b", "Added opt", "Added opt/x", "Added opt/x/y"]
    );
    assert_eq!(told[1], ["Changed etc/a", "Removed etc/b", "Added etc/c"]);
    assert_eq!(
        told[2],
        ["Changed etc", "Added etc/b", "Removed opt", "Removed opt/x", "Removed opt/x/y"]
    );
}

#[tokio::test]
async fn a_path_knows_its_versions() {
    let view = Held::of_text(TEXT).await.view().await;
    let path = |path: &str| EntryPath::clean(path.as_bytes()).unwrap();
    let versions = |name: &str| {
        let story = view.story(&path(name)).unwrap();
        let spans = story.spans.iter();
        spans.map(|span| (span.version.placed_by, span.ended.map(|(by, _)| by))).collect::<Vec<_>>()
    };
    assert_eq!(versions("etc/a"), [(0, Some(1)), (1, None)]);
    assert_eq!(versions("etc/b"), [(0, Some(1)), (2, None)]);
    assert_eq!(versions("opt/x/y"), [(0, Some(2))]);
    assert!(view.story(&path("etc/nothing")).is_none());
    let stories: Vec<_> = view.stories().collect();
    for story in &stories {
        assert_eq!(view.story(&story.path).as_ref(), Some(story));
    }
}

#[tokio::test]
async fn bytes_are_counted_once_and_wasted_ones_are_named() {
    let view = Held::of_text(TEXT).await.view().await;
    let usage = view.usage(&EntryPath::root(), 1);
    let layers: Vec<_> =
        usage.layers.iter().map(|layer| (layer.bytes, layer.visible, layer.wasted())).collect();
    assert_eq!(layers, [(12, 0, 12), (5, 5, 0), (7, 7, 0)]);
    let directory = |path: &str| &usage.directories[&EntryPath::clean(path.as_bytes()).unwrap()];
    let root = directory("");
    assert_eq!((root.bytes, root.names, root.wasted), (12, 4, 12));
    assert_eq!(root.by_layer, [0, 5, 7]);
    assert_eq!((directory("etc").bytes, directory("etc").wasted), (12, 6));
    assert_eq!((directory("opt").bytes, directory("opt").wasted), (0, 6));
    let hidden: Vec<_> = usage
        .hidden
        .iter()
        .map(|copy| format!("{} {} {}-{}", copy.path, copy.bytes, copy.layer, copy.ended_by))
        .collect();
    assert_eq!(hidden, ["opt/x/y 6 0-2", "etc/a 4 0-1", "etc/b 2 0-1"]);
}
