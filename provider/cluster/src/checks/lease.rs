use crate::duration::parse_duration;
use crate::finding::Finding;
use crate::intent::ExtraArguments;
use std::time::Duration;

const LEASE: &str = "leader-elect-lease-duration";
const RENEW: &str = "leader-elect-renew-deadline";
const RETRY: &str = "leader-elect-retry-period";

/// Remarks on leader election: lease, renewal and retry must be in this order, or the component
/// does not start. Paths begin at the attribute that holds the arguments.
pub(super) fn check_lease(arguments: &ExtraArguments) -> Vec<Finding> {
    if [LEASE, RENEW, RETRY].iter().all(|name| arguments.last(name).is_none()) {
        return Vec::new();
    }
    let mut findings = Vec::new();
    let lease = take(arguments, LEASE, 15, &mut findings);
    let renew = take(arguments, RENEW, 10, &mut findings);
    let retry = take(arguments, RETRY, 2, &mut findings);
    let (Some(lease), Some(renew), Some(retry)) = (lease, renew, retry) else {
        return findings;
    };
    if lease <= renew {
        findings.push(order(LEASE, RENEW, (lease, renew)));
    }
    // The component waits up to a fifth longer between tries, so that members do not try at once.
    if renew <= retry.saturating_mul(6) / 5 {
        findings.push(order(RENEW, RETRY, (renew, retry)));
    }
    findings
}

fn take(
    arguments: &ExtraArguments,
    name: &str,
    default_seconds: u64,
    findings: &mut Vec<Finding>,
) -> Option<Duration> {
    let Some(text) = arguments.last(name) else {
        return Some(Duration::from_secs(default_seconds));
    };
    match parse_duration(text) {
        Ok(duration) if !duration.is_zero() => Some(duration),
        _ => {
            findings.push(no_duration(name, text));
            None
        }
    }
}

fn no_duration(name: &str, text: &str) -> Finding {
    Finding::error("PLAN-LEASE", format!("{name} {text:?} is not a duration above zero"))
        .at([name])
        .because("Leader election is a matter of time spans.")
        .advise("Write it like 15s.")
}

fn order(longer: &str, shorter: &str, (long, short): (Duration, Duration)) -> Finding {
    let summary = format!("{longer} {long:?} is too short beside {shorter} {short:?}");
    Finding::error("PLAN-LEASE", summary)
        .at([longer])
        .because(
            "The lease must outlast the renewal deadline, and that 1.2 times the retry period; the \
             component refuses to start otherwise. Kubernetes' own values are 15s, 10s and 2s.",
        )
        .advise("Raise the first or lower the second.")
}
