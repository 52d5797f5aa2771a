//! Running under a debugger: core is told to connect to a provider that runs already.

use std::io::{self, Write as _};
use std::path::Path;

use serde_json::json;

/// Tells the developer what to set in core's environment.
pub(super) fn announce(address: &str, socket: &Path) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(
        stdout,
        "Set this for the programs that are to use this provider:\n\n\
         export TF_REATTACH_PROVIDERS='{}'\n\nEnd it with Ctrl-C.",
        variable(address, socket, std::process::id())
    )?;
    stdout.flush()
}

fn variable(address: &str, socket: &Path, process: u32) -> String {
    let reattach = json!({
        address: {
            "Protocol": "grpc",
            "ProtocolVersion": 6,
            "Pid": process,
            "Test": true,
            "Addr": { "Network": "unix", "String": socket.to_string_lossy() },
        }
    });
    reattach.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_is_what_core_reads() {
        assert_eq!(
            variable("test/shelf", Path::new("/run/s"), 7),
            r#"{"test/shelf":{"Protocol":"grpc","ProtocolVersion":6,"Pid":7,"Test":true,"Addr":{"Network":"unix","String":"/run/s"}}}"#
        );
    }
}
