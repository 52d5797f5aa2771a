//! What an answer of the API that is none means.

use crate::error::{ErrorKind, OperateError};
use host::HostError;
use std::error::Error;

/// Whether the same request may well succeed in a moment: the API server restarts, is overloaded,
/// or the connection was lost.
pub(crate) fn passes(error: &kube::Error) -> bool {
    match error {
        kube::Error::Api(status) => status.code >= 500 || status.code == 429,
        kube::Error::SerdeError(_) | kube::Error::BuildRequest(_) => false,
        _ => true,
    }
}

/// Whether there is no such object: one that is to be deleted is as good as deleted.
pub(crate) fn is_gone(error: &kube::Error) -> bool {
    matches!(error, kube::Error::Api(status) if status.code == 404)
}

/// As [`passes`], of an operation that failed for it.
pub(crate) fn may_pass(error: &OperateError) -> bool {
    error.source().and_then(|source| source.downcast_ref()).is_some_and(passes)
}

/// An operation that the API refused or did not answer, with what it said as a note.
pub(crate) fn api_error(intent: impl Into<String>, error: kube::Error) -> OperateError {
    let note = match &error {
        kube::Error::Api(status) => {
            format!("the API answered {} {}: {}", status.code, status.reason, status.message)
        }
        other => format!("the API did not answer: {}", innermost(other)),
    };
    OperateError::new(intent, ErrorKind::Api).note(note).caused_by(error)
}

/// The bottom of a chain of errors: the layers above it only say that something failed. What a
/// host says is told with the host.
pub(crate) fn innermost(error: &(dyn Error + 'static)) -> String {
    let (mut bottom, mut host) = (error, None);
    while let Some(source) = bottom.source() {
        host = host.or(source.downcast_ref::<HostError>());
        bottom = source;
    }
    host.map_or_else(|| bottom.to_string(), |host| format!("{host}: {bottom}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use kube::core::Status;
    use std::sync::Arc;

    fn answer(code: u16) -> kube::Error {
        kube::Error::Api(Status::failure("no", "Because").with_code(code).boxed())
    }

    #[test]
    fn what_passes() {
        for (code, expected) in
            [(429, true), (500, true), (503, true), (404, false), (403, false), (409, false)]
        {
            assert_eq!(passes(&answer(code)), expected, "{code}");
        }
        assert!(passes(&kube::Error::Service("connection refused".into())));
    }

    #[test]
    fn what_is_gone() {
        assert!(is_gone(&answer(404)));
        assert!(!is_gone(&answer(410)) && !is_gone(&kube::Error::Service("404".into())));
    }

    #[test]
    fn what_a_host_says_is_told_with_the_host() {
        let (login, purpose) = ("root@cp1".to_owned(), "a connection to cp1:6443".to_owned());
        let closed: Arc<dyn Error + Send + Sync> = Arc::from(Box::from("connection refused"));
        let refused = HostError::ChannelRefused { login, purpose, source: Some(closed) };
        assert_eq!(
            innermost(&kube::Error::Service(refused.into())),
            "root@cp1 refused to open a channel for a connection to cp1:6443: connection refused"
        );
    }

    #[test]
    fn the_answer_is_told() {
        let error = api_error("delete node w1", answer(403));
        assert_eq!(error.to_string(), "failed to delete node w1");
        assert_eq!(error.details.notes, ["the API answered 403 Because: no"]);
    }
}
