//! Two images side by side.

use cutaway_files::{Comparison, Fingerprints, Side, Which, shared_layers};
use cutaway_layerfs::EntryPath;

use crate::support::Held;

/// Returns each difference as `path a-side b-side`, content marked, and which layers were opened.
async fn differences(a: &str, b: &str) -> (Vec<String>, [Vec<usize>; 2]) {
    let (a, b) = (Held::of_text(a).await, Held::of_text(b).await);
    let first = shared_layers(&a.image, &b.image);
    let key = Fingerprints::default();
    let view_a = a.view_from(first, Some(key.clone())).await;
    let view_b = b.view_from(first, Some(key)).await;
    let side = |side: &Side| match side {
        Side::Base => "base".to_owned(),
        Side::Absent => "absent".to_owned(),
        Side::Present(present) => present.layer.to_string(),
    };
    let comparison = Comparison::new(&view_a, &view_b);
    let told = comparison.differences().map(|d| {
        let content = if d.content { " content" } else { "" };
        format!("{} {} {}{content}", d.path, side(&d.a), side(&d.b))
    });
    (told.collect(), [a.opened(), b.opened()])
}

#[tokio::test]
async fn what_only_the_base_can_tell_is_said() {
    let base = "layer gzip\n  d/ 0755\n  d/f 0644 \"base\"\n";
    let upper = |lines: &str| format!("{base}layer plain\n{lines}");
    // What the first image has above the base, whether d/f needs the base, who empties d.
    for (a, b, needs, emptied) in [
        ("", "", false, None),
        ("  d/f 0644 \"a\"\n", "  d/f 0644 \"b\"\n", false, None),
        ("  d/f 0644 \"a\"\n", "  x 0644\n", true, None),
        ("  d/.wh.f\n", "  x 0644\n", true, None),
        ("  d/.wh.f\n", "  d/f 0644\n", false, None),
        (".wh.d", "  x 0644\n", true, Some(Which::A)),
        ("  x 0644\n", "  d/.wh..wh..opq\n", true, Some(Which::B)),
        ("  .wh..wh..opq\n", "  .wh.d\n", false, None),
        ("  d 0644\n", "  d/g 0644\n", true, Some(Which::A)),
        ("  d/ 0700\n", "  d/g 0644\n", false, None),
    ] {
        let text = |lines: &str| match lines {
            "" => base.to_owned(),
            lines => upper(&format!("  {}\n", lines.trim())),
        };
        let (held_a, held_b) = (Held::of_text(&text(a)).await, Held::of_text(&text(b)).await);
        let view_a = held_a.view_from(1, None).await;
        let view_b = held_b.view_from(1, None).await;
        let comparison = Comparison::new(&view_a, &view_b);
        let path = |path: &[u8]| EntryPath::clean(path).unwrap();
        assert_eq!(comparison.needs_base(&path(b"d/f")), needs, "{a} | {b}");
        assert_eq!(comparison.emptied(&path(b"d")), emptied, "{a} | {b}");
        let opaque =
            if b.contains("d/.wh..wh..opq") { vec![(path(b"d"), Which::B)] } else { vec![] };
        if !a.contains("opq") {
            assert_eq!(comparison.opaque(), opaque, "{a} | {b}");
        }
    }
}

#[tokio::test]
async fn images_without_a_common_base() {
    let (told, _) = differences(
        "layer plain\n  d/ 0755\n  d/same 0644 \"s\"\n  d/old 0644 \"o\"\n  d/content 0644 \"a\"\n  d/mode 0644 \"m\"\n  d/kind 0644 \"k\"\n",
        "layer plain\n  d/ 0755\n  d/same 0644 \"s\"\n  d/new 0644 \"n\"\n  d/content 0644 \"b\"\n  d/mode 0600 \"m\"\n  d/kind -> same\n",
    )
    .await;
    assert_eq!(
        told,
        ["d/content 0 0 content", "d/kind 0 0", "d/mode 0 0", "d/new absent 0", "d/old 0 absent"]
    );
}

#[tokio::test]
async fn no_layer_of_the_shared_base_is_opened() {
    let base = "layer gzip\n  etc/ 0755\n  etc/a 0644 \"a\"\n  etc/b 0644 \"b\"\nlayer gzip\n  opt/ 0755\n";
    let (told, opened) = differences(
        &format!(
            "{base}layer plain\n  etc/ 0755\n  etc/a 0644 \"one\"\n  etc/x 0644 \"x\"\n  etc/.wh.b\n"
        ),
        &format!(
            "{base}layer plain\n  etc/ 0755\n  etc/a 0644 \"two\"\n  etc/x 0644 \"x\"\n  n/m 0644 \"m\"\n"
        ),
    )
    .await;
    assert_eq!(opened, [vec![2], vec![2]]);
    assert_eq!(told, ["etc/a 2 2 content", "etc/b absent base", "n/m base 2"]);
    let (told, opened) =
        differences(base, &format!("{base}layer plain\n  .wh..wh..opq\n  z 0644 \"\"\n")).await;
    assert_eq!(opened, [vec![], vec![2]]);
    assert_eq!(told, ["z base 2"]);
    let (told, opened) = differences(base, base).await;
    assert_eq!((told, opened), (vec![], [vec![], vec![]]));
}
