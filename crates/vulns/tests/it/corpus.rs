//! Real records: the verdict for every version that the index of the corpus lists.

use cutaway_vulns::{Answer, Database, Importer, Limits, query};

use crate::support::{corpus, open};

#[test]
fn every_verdict_of_the_index() {
    let Some(folder) = corpus("osv") else { return };
    let mut importer = Importer::new(Limits::default());
    importer.add(&folder).unwrap();
    assert!(importer.problems().is_empty(), "{:?}", importer.problems());
    let mut database = open(importer.into_builder());
    database.verify().unwrap();

    let index = std::fs::read_to_string(folder.join("INDEX.tsv")).unwrap();
    let mut judged = 0_usize;
    let mut wrong = Vec::new();
    for line in index.lines().filter(|line| !line.starts_with('#')) {
        let fields: Vec<&str> = line.split('\t').collect();
        let [file, ecosystem, package, affected, unaffected, ..] = fields[..] else {
            panic!("{line}");
        };
        let json = std::fs::read_to_string(folder.join(file)).unwrap();
        let id = serde_json::from_str::<serde_json::Value>(&json).unwrap()["id"].clone();
        for (versions, expected) in [(affected, true), (unaffected, false)] {
            for version in versions.split(' ').filter(|it| !matches!(*it, "-" | "?")) {
                let told = holds(&mut database, ecosystem, package, version, id.as_str().unwrap());
                judged += 1;
                if told != Ok(expected) {
                    wrong.push(format!("{file} {ecosystem} {package} {version}: {told:?}"));
                }
            }
        }
    }
    assert!(judged > 600, "{judged} verdicts");
    assert_eq!(wrong, Vec::<String>::new(), "of {judged}");
}

/// Says whether a record is among those that hold a version.
fn holds(
    database: &mut Database,
    ecosystem: &str,
    package: &str,
    version: &str,
    id: &str,
) -> Result<bool, String> {
    let versions = [version.to_owned()];
    let answers = query(database, ecosystem, package, &versions).unwrap();
    match answers.ok_or("no such ecosystem")?.first() {
        Some(Answer::Records(ids)) => Ok(ids.iter().any(|it| it == id)),
        told => Err(format!("{told:?}")),
    }
}
