//! Inventories of the upper layers of an image.

use cutaway::{Client, analyzers};
use cutaway_fixtures::{ImageBuilder, LayerBuilder, Layout, image};

const DATABASE: &str = "lib/apk/db/installed";

fn records(packages: &[&str]) -> String {
    packages.iter().map(|package| format!("P:{package}\\nV:1-r0\\nA:x86_64\\n\\n")).collect()
}

/// Layers are numbered as in the whole image, in every part of the report, wherever reading began.
#[tokio::test]
async fn numbers_of_layers_agree_above_a_base_that_is_not_read() {
    // What is in the upper layer is labelled as something else, which a diagnostic says.
    let upper =
        image(&format!("layer zstd\n  {DATABASE} 0644 \"{}\"\n", records(&["new", "kept"])));
    let upper = &upper.layers[0];
    let gzip = "application/vnd.oci.image.layer.v1.tar+gzip";
    let upper = LayerBuilder::from_stored(gzip, upper.blob.bytes.clone(), upper.tar.clone());
    let lower = format!(
        "layer gzip\n  base 0644 \"x\"\nlayer gzip\n  etc/os-release 0644 \"ID=alpine\\n\"\n  \
         {DATABASE} 0644 \"{}\"\n",
        records(&["gone", "kept"])
    );
    let fixture = ImageBuilder::parse(&lower).unwrap().layer(upper).build();
    let directory = tempfile::tempdir().unwrap();
    Layout::new().image("1", &fixture).write_dir(directory.path()).unwrap();
    let client = Client::builder().build();
    let image = client.open(&format!("oci:{}", directory.path().display())).await.unwrap();
    let whole = image.inventory(&analyzers(), 0, None).await.unwrap();
    let above = image.inventory(&analyzers(), 1, None).await.unwrap();
    assert_eq!((whole.first, whole.files.len(), above.first, above.files.len()), (0, 3, 1, 2));
    for inventory in [&whole, &above] {
        let report = &inventory.report;
        assert!(report.layers.iter().map(|it| it.index).eq(inventory.first..3));
        assert_eq!(report.distro.as_ref().unwrap().layer, 1);
        let of = |name: &str| report.packages.iter().find(|it| it.name == name).unwrap().layer;
        assert_eq!((of("kept"), of("new")), (1, 2));
        let gone = &report.removed[0];
        assert_eq!(
            (gone.package.name.as_str(), gone.package.layer, gone.hidden_by),
            ("gone", 1, 2)
        );
        let said: Vec<_> = report.diagnostics.iter().map(|it| it.layer).collect();
        assert_eq!(said, [Some(2)], "{:?}", report.diagnostics);
        let events = |name: &str| -> Vec<usize> {
            let stories = report.history.as_ref().unwrap();
            let story = stories.iter().find(|story| story.name == name).unwrap();
            story.events.iter().map(|event| event.layer).collect()
        };
        assert_eq!((events("kept"), events("new"), events("gone")), (vec![1], vec![2], vec![1, 2]));
    }
}
