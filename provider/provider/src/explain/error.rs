//! Explains failures of operations.

use std::error::Error;

use operate::{CommandReport, OperateError};
use tfplugin::{Diagnostic, Path};

use super::finding::listed;
use super::lines::Lines;

/// What failed, on which host, in which command, why and what to do.
pub(crate) fn explain(error: &OperateError) -> Diagnostic {
    Diagnostic::error(error.to_string()).detail(detail(error)).at(Path::root())
}

/// The same for a failure that stops nothing; `consequence` says what follows from it.
pub(crate) fn explain_as_warning(error: &OperateError, consequence: &str) -> Diagnostic {
    let detail = format!("{consequence}\n\n{}", detail(error));
    Diagnostic::warning(error.to_string()).detail(detail).at(Path::root())
}

fn detail(error: &OperateError) -> String {
    let details = &error.details;
    let mut lines = Lines::default();
    lines.add_some("step", details.step.as_ref().map(ToString::to_string));
    lines.add_some("host", details.host.as_ref().map(ToString::to_string));
    if let Some(command) = &details.command {
        lines.add("command", command_line(command));
        lines.add("output", &command.output_tail);
    }
    lines.add_some("journal", details.journal_tail.as_deref());
    for note in &details.notes {
        lines.add("note", note);
    }
    lines.add_some("reason", reason(error));
    listed(&mut lines, &details.findings);
    let cause = details.cause.as_ref();
    lines.add_some("cause", cause.map(|cause| format!("{}: {}", cause.code, cause.text)));
    lines.add_some("do", details.advice.as_deref());
    lines.into_text()
}

fn command_line(report: &CommandReport) -> String {
    let unit = report.unit.as_ref().map(|unit| format!(", unit {unit}")).unwrap_or_default();
    format!("{}{unit}, {}", report.command, report.status)
}

/// The chain of errors below, outermost first.
fn reason(error: &OperateError) -> Option<String> {
    let mut texts: Vec<String> = Vec::new();
    let mut source = error.source();
    while let Some(error) = source {
        let text = error.to_string();
        if texts.last().is_none_or(|last| !last.ends_with(&text)) {
            texts.push(text);
        }
        source = error.source();
    }
    (!texts.is_empty()).then(|| texts.join(": "))
}
