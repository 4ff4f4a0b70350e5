//! Archives that pass by: any bytes, cut anyhow, give the same members, and an image or an error.

#![no_main]

use std::collections::HashMap;
use std::sync::Arc;

use cutaway_model::source::{self, Files, Form, Members, Passed, Selector};
use cutaway_model::{Error, Limits};
use cutaway_ref::Platform;
use libfuzzer_sys::fuzz_target;
use tokio::io::BufReader;

fuzz_target!(|data: &[u8]| {
    let Some((&chunk, archive)) = data.split_first() else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("it needs nothing");
    runtime.block_on(async {
        let whole = pass(archive, 1 << 20).await;
        let pieces = pass(archive, usize::from(chunk).max(1)).await;
        match (&whole, &pieces) {
            (Ok((_, one)), Ok((_, other))) => assert_eq!(one, other),
            (Err(one), Err(other)) => assert_eq!(one.to_string(), other.to_string()),
            _ => panic!("the size of the pieces makes the difference"),
        }
        let Ok((passed, _)) = whole else { return };
        let files: Arc<dyn Files> = Arc::new(passed);
        for form in [Form::Oci, Form::Docker] {
            let (platform, limits) = (Platform::linux("amd64"), Limits::default());
            let opened =
                source::open(Arc::clone(&files), form, &Selector::Only, &platform, &limits).await;
            if let Err(error) = opened {
                let text = error.to_string();
                assert!(text.len() <= 1024 && !text.chars().any(char::is_control), "{text:?}");
            }
        }
    });
});

/// Lets an archive pass, and returns its documents and all members with their bytes.
async fn pass(
    archive: &[u8],
    chunk: usize,
) -> Result<(Passed, HashMap<String, (Option<String>, Vec<u8>)>), Error> {
    let stream = BufReader::with_capacity(chunk, archive);
    let mut members = Members::new(stream, "archive", &Limits::default());
    let mut passed = Passed::new("archive");
    let mut found = HashMap::new();
    while let Some(member) = members.next().await? {
        let mut bytes = Vec::new();
        members.read(&mut bytes, 1 << 20).await?;
        match &member.link {
            Some(target) => passed.link(member.name.clone(), target.clone()),
            None if matches!(bytes.first(), Some(b'{' | b'[')) => {
                passed.document(member.name.clone(), bytes.clone())?;
            }
            None => passed.other(member.name.clone(), member.size),
        }
        found.insert(member.name, (member.link, bytes));
    }
    Ok((passed, found))
}
