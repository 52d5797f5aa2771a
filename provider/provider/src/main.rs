//! The provider plugin.

use std::process::ExitCode;

fn main() -> ExitCode {
    tfplugin::serve(provider::Kubeadm::new())
}
