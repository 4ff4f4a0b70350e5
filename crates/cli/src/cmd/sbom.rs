//! `cutaway sbom`: bills of materials, apart from images.

use cutaway::sbom::{Check, Field};

use crate::args::{self, Common};
use crate::failure::{Exit, Failure};
use crate::print::{Column, Style, Table, counted};
use crate::{client, output};

pub(crate) fn check(args: &args::sbom::Check, common: &Common) -> Result<Exit, Failure> {
    let check = client::of(common)?.check_bill(&args.file, args.profile)?;
    output::answer(args.format, &check, text)?;
    let missing: Vec<&str> =
        check.fields.iter().filter(|field| field.missing > 0).map(|field| field.name).collect();
    if check.conforms {
        return Ok(Exit::Done);
    }
    let message = format!("{} lacks {}", args.file.display(), missing.join(", "));
    Err(Failure::new(Exit::Invalid, message))
}

fn text(check: &Check) -> String {
    let components = counted(check.components, "component");
    let mut text = format!("{} {}, {components}\n", check.form, check.form_version);
    let mut table = Table::new(&[
        Column::Left("FIELD"),
        Column::Left("OF"),
        Column::Right("PRESENT"),
        Column::Right("MISSING"),
        Column::Flexible("SUCH AS"),
    ]);
    for Field { name, scope, present, missing, examples } in &check.fields {
        let such = examples.join(", ");
        let (present, missing) = (present.to_string(), missing.to_string());
        table.row([(*name).to_owned(), (*scope).to_owned(), present, missing, such]);
    }
    table.render(Style::new(false, None), &mut text);
    text
}
