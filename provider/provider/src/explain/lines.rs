//! A table of labelled lines. Core leaves lines that begin with a blank as they are.

/// Labelled lines, each label once, its further lines below its text.
#[derive(Debug, Default)]
pub(crate) struct Lines(String);

/// Width of the labels' column.
const LABEL: usize = 9;

impl Lines {
    /// Adds a text, if there is one.
    pub(crate) fn add(&mut self, label: &str, text: impl AsRef<str>) {
        for (position, line) in text.as_ref().trim_end().lines().enumerate() {
            let label = if position == 0 { label } else { "" };
            let line = format!("  {label:<LABEL$}{}", line.trim_end());
            self.0.push_str(line.trim_end());
            self.0.push('\n');
        }
    }

    /// Adds a text where there is one.
    pub(crate) fn add_some(&mut self, label: &str, text: Option<impl AsRef<str>>) {
        if let Some(text) = text {
            self.add(label, text);
        }
    }

    /// All lines.
    pub(crate) fn into_text(self) -> String {
        self.0.trim_end().to_owned()
    }
}
