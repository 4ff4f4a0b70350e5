//! The same bytes, however many layers are in flight.

use cutaway_fixtures::image;

use crate::support::{apk, options, scan_image};

#[test]
fn reports_do_not_depend_on_timing() {
    let mut text = String::new();
    for layer in 0..12 {
        let names: Vec<String> = (0..=layer).map(|n| format!("p{n} {layer}-r0")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        text += &format!(
            "layer gzip\n  fill{layer} 0644 zeros={}\n{}",
            (12 - layer) * 40_000,
            apk("lib/apk/db/installed", &names)
        );
    }
    let image = image(&text);
    let mut reports = Vec::new();
    for in_flight in [1, 2, 16, 1, 16] {
        let mut options = options();
        options.read.limits.layers_in_flight = in_flight;
        reports.push(serde_json::to_string(&scan_image(&image, &options).unwrap()).unwrap());
    }
    reports.dedup();
    assert_eq!(reports.len(), 1);
    assert_eq!(reports[0].matches("\"name\":\"p").count(), 12);
}

#[test]
fn a_scan_can_be_a_task() {
    let image = image("layer gzip\n");
    let spawned = crate::support::block_on(async move {
        tokio::spawn(async move { crate::support::scan_async(&image).await }).await
    });
    assert_eq!(spawned.unwrap().unwrap().layers.len(), 1);
}
