//! A real OpenTofu or Terraform, run inside the lab's network.

use std::path::PathBuf;
use std::process::Output;

use anyhow::{Result, bail};

use crate::Lab;

/// Which core runs a configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Core {
    /// OpenTofu, as the lab built it.
    OpenTofu,
    /// Terraform, as the machine has it.
    Terraform,
}

impl Core {
    /// The cores there are: OpenTofu always, since the lab builds it; Terraform where the machine
    /// has it, since it cannot be built from its modules.
    #[must_use]
    pub fn all(lab: &Lab) -> Vec<Self> {
        [Self::OpenTofu, Self::Terraform]
            .into_iter()
            .filter(|core| *core == Self::OpenTofu || core.path(lab).is_some())
            .collect()
    }

    /// Where its command is.
    #[must_use]
    pub fn path(self, lab: &Lab) -> Option<PathBuf> {
        let found = lab.inside("which").arg(self.program()).output().ok()?;
        let path = String::from_utf8_lossy(&found.stdout).trim().to_owned();
        (found.status.success() && !path.is_empty()).then(|| PathBuf::from(path))
    }

    /// Name of its command.
    #[must_use]
    pub fn program(self) -> &'static str {
        match self {
            Self::OpenTofu => "tofu",
            Self::Terraform => "terraform",
        }
    }
}

/// What one run of a core printed and how it ended.
#[derive(Debug, Clone)]
pub struct Run {
    /// Exit status; none when a signal ended it.
    pub code: Option<i32>,
    /// Standard output and standard error, in this order.
    pub text: String,
}

impl Run {
    /// Takes what a finished process left.
    #[must_use]
    pub fn of(output: &Output) -> Self {
        let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.push_str(&String::from_utf8_lossy(&output.stderr));
        Self { code: output.status.code(), text }
    }

    /// The text, when the run ended well.
    ///
    /// # Errors
    /// When it did not, with all it printed.
    pub fn require_success(self) -> Result<String> {
        if self.code != Some(0) {
            bail!("exit status {:?}\n{}", self.code, self.text);
        }
        Ok(self.text)
    }

    /// The text, when the run failed as it should.
    ///
    /// # Errors
    /// When it ended well.
    pub fn require_failure(self) -> Result<String> {
        if self.code == Some(0) {
            bail!("it should have failed\n{}", self.text);
        }
        Ok(self.text)
    }
}

/// A text of a core as one line: core breaks lines where it likes and frames them.
#[must_use]
pub fn one_line(text: &str) -> String {
    let words = text.split(|letter: char| letter.is_whitespace() || letter == '│');
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}
