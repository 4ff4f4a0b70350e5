//! Whether an image may pass: policies, the facts that they are about, and verdicts.
//!
//! A [`Policy`] is read whole or refused with the line and column of what is wrong: every key, word,
//! type, date and reference in it is known. [`judge`] holds it against [`Facts`], each of which is known
//! or unknown with a cause, and fails closed: what is not known is no pass. A [`Verdict`] names every
//! rule with what shows that it is broken, and says until when it holds.
//!
//! Nothing here reads a file, a clock or the network.
//!
//! ```
//! use cutaway_policy::Policy;
//!
//! let text = "schema: cutaway.policy/1\nname: p\nrules:\n  - {id: pinned, image.pined: true}\n";
//! let error = Policy::read(text, jiff::civil::date(2026, 1, 1)).unwrap_err();
//! assert_eq!(error.to_string(), "4:5: the rule asks nothing that is known");
//! ```

mod about;
mod canonical;
mod choice;
mod early;
mod error;
mod exception;
mod facts;
mod fields;
mod glob;
mod judge;
mod judgement;
mod policy;
mod rule;
mod rules;
mod text;
mod verdict;
mod words;
mod yaml;

pub use canonical::settings;
pub use error::{Error, Place};
pub use exception::ExceptionReport;
pub use facts::{Asked, Facts};
pub use judge::judge;
pub use judgement::{Evidence, Outcome};
pub use policy::{Policy, RuleName};
pub use rules::has_named_user;
pub use text::text;
pub use verdict::{Decision, Exceptions, JudgedImage, PolicyName, RuleReport, Verdict};
