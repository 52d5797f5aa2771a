//! Makes messages point at a line: core finds the line of a top-level attribute only, and marks
//! the whole block for anything deeper.

use crate::Path;
use crate::proto::tfplugin6::{self as proto, attribute_path::step::Selector};

/// Points each message at the top-level attribute that holds what it is about; the text says the
/// rest.
pub(super) fn point(messages: &mut [proto::Diagnostic]) {
    for message in messages {
        let Some(path) = message.attribute.as_mut().filter(|path| path.steps.len() > 1) else {
            continue;
        };
        let whole = text(path);
        path.steps.truncate(1);
        if !message.summary.contains(&whole) && !message.detail.contains(&whole) {
            let separator = if message.detail.is_empty() { "" } else { "\n\n" };
            message.detail = format!("{}{separator}Attribute: {whole}", message.detail);
        }
    }
}

fn text(path: &proto::AttributePath) -> String {
    let selectors = path.steps.iter().filter_map(|step| step.selector.as_ref());
    let path = selectors.fold(Path::root(), |path, selector| match selector {
        Selector::AttributeName(name) => path.attribute(name),
        Selector::ElementKeyString(key) => path.key(key),
        Selector::ElementKeyInt(index) => path.index(usize::try_from(*index).unwrap_or_default()),
    });
    path.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(detail: &str, names: &[&str]) -> proto::Diagnostic {
        let steps = names.iter().map(|name| proto::attribute_path::Step {
            selector: Some(Selector::AttributeName((*name).to_owned())),
        });
        proto::Diagnostic {
            detail: detail.to_owned(),
            attribute: Some(proto::AttributePath { steps: steps.collect() }),
            ..Default::default()
        }
    }

    #[test]
    fn deep_paths_are_told_in_the_text() {
        let cases = [
            ("wrong", vec!["a"], "wrong"),
            ("wrong", vec!["a", "b"], "wrong\n\nAttribute: a.b"),
            ("", vec!["a", "b"], "Attribute: a.b"),
            ("a.b is wrong", vec!["a", "b"], "a.b is wrong"),
        ];
        for (detail, names, expected) in cases {
            let mut messages = [message(detail, &names)];
            point(&mut messages);
            assert_eq!(messages[0].detail, expected);
            assert_eq!(messages[0].attribute.as_ref().unwrap().steps.len(), 1);
        }
    }
}
