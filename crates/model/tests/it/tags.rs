//! Names in archives of several images: one image, one of several platforms, or none.

use cutaway_fixtures::{DockerArchive, FixtureImage, LayerNames, Layout, image};
use cutaway_model::Class;
use cutaway_ref::Platform;

use crate::support::{OnDisk, assert_error};

fn of(architecture: &str, content: &str) -> FixtureImage {
    image(&format!("platform linux/{architecture}\nlayer gzip\n  a 0644 \"{content}\"\n"))
}

#[test]
fn a_tag_of_two_images_is_refused() {
    let (one, two) = (of("amd64", "1"), of("amd64", "2"));
    for (first, second, selector) in [
        // Exactly.
        ("app:1", "app:1", ":app:1"),
        // By what stands behind the last colon.
        ("one:1", "two:1", ":1"),
        // One name in two forms.
        ("app:1", "docker.io/library/app:1", ":app:1"),
        ("docker.io/library/app:1", "index.docker.io/library/app:1", ":app:1"),
    ] {
        let words = ["is ambiguous: it holds several images under that name; name one of"];
        for names in [LayerNames::Classic, LayerNames::Skopeo, LayerNames::Stored, LayerNames::V1] {
            // A name of the form before 1.10 cannot stand there twice.
            if names == LayerNames::V1 && first == second {
                continue;
            }
            let archive = DockerArchive::new().layer_names(names);
            let archive = archive.image(&[first], &one).image(&[second], &two);
            let disk = OnDisk::archive(&archive.archive()).unwrap();
            assert_error(disk.open(selector), Class::Usage, &words);
        }
        let layout = OnDisk::layout(&Layout::new().image(first, &one).image(second, &two));
        assert_error(layout.open(selector), Class::Usage, &words);
    }
}

#[test]
fn a_tag_of_one_image_is_taken_however_often_it_is_there() {
    let (one, two) = (of("amd64", "1"), of("amd64", "2"));
    let tags = ["app:1", "docker.io/library/app:1", "other:1"];
    let archive = DockerArchive::new().image(&tags, &one).image(&["app:2"], &two);
    let archive = archive.image(&["again:1"], &one).archive();
    let disk = OnDisk::archive(&archive).unwrap();
    for (selector, wanted) in [(":app:1", &one), (":1", &one), (":2", &two), (":other:1", &one)] {
        assert_eq!(disk.open(selector).unwrap().id(), wanted.id(), "{selector}");
    }
    assert_error(disk.open(":3"), Class::Transport, &["\"3\" is not in"]);
}

#[test]
fn one_name_for_several_platforms_is_chosen_from_by_platform() {
    let (amd64, arm64) = (of("amd64", "1"), of("arm64", "2"));
    let archive = DockerArchive::new().image(&["app:1"], &amd64).image(&["app:1"], &arm64);
    let disk = OnDisk::archive(&archive.archive()).unwrap();
    for (architecture, wanted) in [("amd64", &amd64), ("arm64", &arm64)] {
        let opened = disk.open_for(":app:1", &Platform::linux(architecture)).unwrap();
        assert_eq!(opened.id(), wanted.id(), "{architecture}");
    }
    let words = ["platform linux/s390x is not in", "linux/amd64, linux/arm64"];
    assert_error(disk.open_for(":1", &Platform::linux("s390x")), Class::Transport, &words);
    // Two names are two images, whatever they are built for.
    let archive = DockerArchive::new().image(&["one:1"], &amd64).image(&["two:1"], &arm64);
    let disk = OnDisk::archive(&archive.archive()).unwrap();
    assert_error(disk.open(":1"), Class::Usage, &["under that name; name one of one:1 ("]);
}
