//! `cutaway schema`: the JSON Schemas of what commands print.

use cutaway_tar::Escaped;

use crate::args::Schema;
use crate::failure::{Exit, Failure};
use crate::output;

pub(crate) fn run(args: &Schema) -> Result<Exit, Failure> {
    let Some(name) = &args.name else {
        let names = cutaway_report::schemas().iter().map(|schema| format!("{}\n", schema.name));
        output::write(names.collect::<String>().as_bytes(), None)?;
        return Ok(Exit::Done);
    };
    let schema = cutaway_report::schema(name).ok_or_else(|| {
        Failure::usage(format!(
            "there is no schema \"{}\": `cutaway schema` lists them",
            Escaped::new(name)
        ))
    })?;
    output::write(schema.text.as_bytes(), None)?;
    Ok(Exit::Done)
}
