//! What is wrong with a server's certificate, in words.

use jiff::Timestamp;
use rustls::pki_types::UnixTime;
use rustls::{AlertDescription, CertificateError, Error};

/// Says what keeps two sides from trusting each other; moments are dates (RFC 3339).
pub(crate) fn complaint(error: &Error) -> String {
    use CertificateError::{ExpiredContext, NotValidYetContext};
    match error {
        Error::InvalidCertificate(ExpiredContext { time, not_after }) => {
            format!("the certificate expired at {}, and it is {}", date(not_after), date(time))
        }
        Error::InvalidCertificate(NotValidYetContext { time, not_before }) => {
            let (begins, now) = (date(not_before), date(time));
            format!("the certificate is not valid before {begins}, and it is {now}")
        }
        other => other.to_string(),
    }
}

/// Says what helps two sides to trust each other.
pub(crate) fn advice(error: &Error) -> &'static str {
    use AlertDescription as Alert;
    match error {
        Error::AlertReceived(
            Alert::AccessDenied
            | Alert::BadCertificate
            | Alert::CertificateExpired
            | Alert::CertificateRequired
            | Alert::CertificateRevoked
            | Alert::CertificateUnknown
            | Alert::NoCertificate
            | Alert::UnknownCA
            | Alert::UnsupportedCertificate,
        ) => {
            "the server wants to see a certificate that it trusts: --client-cert and --client-key name one"
        }
        _ => "an authority of your own is trusted by its CA certificate, which --ca-cert names",
    }
}

fn date(time: &UnixTime) -> String {
    let seconds = i64::try_from(time.as_secs()).ok();
    let moment = seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
    moment.map_or_else(|| "a year beyond 9999".to_owned(), |moment| moment.to_string())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn moments_are_dates() {
        let at = |seconds| UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        let expired =
            CertificateError::ExpiredContext { time: at(1_795_497_438), not_after: at(86_400) };
        assert_eq!(
            complaint(&Error::InvalidCertificate(expired)),
            "the certificate expired at 1970-01-02T00:00:00Z, and it is 2026-11-24T05:17:18Z"
        );
        let early = CertificateError::NotValidYetContext { time: at(0), not_before: at(u64::MAX) };
        assert_eq!(
            complaint(&Error::InvalidCertificate(early)),
            "the certificate is not valid before a year beyond 9999, and it is 1970-01-01T00:00:00Z"
        );
    }
}
