//! Explains findings of checks.

use cluster::{Finding, Severity};
use tfplugin::{Context, Diagnostic, Diagnostics, Path};

use super::lines::Lines;
use crate::provider::Kubeadm;

/// Every finding that the user should see, at its attribute.
pub(crate) fn diagnostics(findings: &[Finding]) -> Diagnostics {
    findings.iter().filter_map(explain_finding).collect()
}

/// What an operation that succeeded has to say nonetheless.
pub(crate) fn warn_findings(context: &Context<Kubeadm>, findings: &[Finding]) {
    diagnostics(findings).into_iter().for_each(|finding| context.warn(finding));
}

/// One finding at its attribute; what merely informs goes to the log.
fn explain_finding(finding: &Finding) -> Option<Diagnostic> {
    let summary = format!("{}: {}", finding.code, finding.summary);
    let diagnostic = match finding.severity {
        Severity::Error => Diagnostic::error(summary),
        Severity::Warning => Diagnostic::warning(summary),
        Severity::Info => {
            tracing::info!(code = finding.code, "{}. {}", finding.summary, finding.detail);
            return None;
        }
    };
    Some(diagnostic.detail(detail(finding)).at(Path::of(&finding.path)))
}

fn detail(finding: &Finding) -> String {
    let texts = [finding.detail.as_str(), finding.advice.as_str()];
    let sentences: Vec<String> = texts.into_iter().filter_map(sentence).collect();
    sentences.join("\n\n")
}

fn sentence(text: &str) -> Option<String> {
    let mut letters = text.trim().chars();
    let first = letters.next()?;
    let text: String = first.to_uppercase().chain(letters).collect();
    Some(if text.ends_with(['.', '!', '?', ':']) { text } else { text + "." })
}

/// Findings as lines of a larger explanation.
pub(super) fn listed(lines: &mut Lines, findings: &[Finding]) {
    for finding in findings.iter().filter(|finding| finding.severity != Severity::Info) {
        let kind = if finding.is_error() { "found" } else { "warning" };
        lines.add(kind, format!("{}: {}", finding.code, finding.summary));
        lines.add("", &finding.detail);
        if !finding.advice.is_empty() {
            lines.add("", format!("do: {}", finding.advice));
        }
    }
}
