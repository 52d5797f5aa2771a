//! Secrets that were given to the provider or made by it are nowhere to be found.

use std::fs;
use std::io::Read as _;

use acceptance::{Core, Story, Topology};
use anyhow::{Result, ensure};
use serde_json::json;

const LOG: &str = "provider.log";

/// The administrator's credentials are used in the run and are what they should be.
const KUBECONFIG: &str = r#"
ephemeral "kubeadm_kubeconfig" "this" {
  control_plane = values(kubeadm_control_plane_member.this)

  lifecycle {
    postcondition {
      condition     = strcontains(self.raw, "client-key-data") && startswith(self.client_key, "-----BEGIN")
      error_message = "the kubeconfig should hold the administrator's key"
    }
    postcondition {
      condition     = self.host == "https://10.77.0.12:6443"
      error_message = "the kubeconfig should lead to the endpoint, not to ${self.host}"
    }
  }
}
"#;

/// sudo's password, the inline SSH key, bootstrap tokens: not in state, plan, log or process list.
#[test]
fn planted_secrets_are_found_nowhere() -> Result<()> {
    let topology = Topology::new(&["cp2"], &["w3"]);
    let mut story = Story::begin(Core::OpenTofu, &topology, &[])?;
    let password = operator_password(&story)?;
    log_in_as_operator(&story, &topology)?;
    story.workspace.set_environment("TF_VAR_sudo_password", &password);
    for host in ["cp2", "w3"] {
        watch_processes(&story, host)?;
    }

    story.workspace.plan()?;
    let first_plan = plan_text(&story)?;
    let printed = logged(&story, &["apply", "-auto-approve", "-no-color", "-input=false"])?;
    story.workspace.plan()?;
    let mut places = vec![("output", printed), ("state", story.workspace.state())];
    places.push(("first plan", first_plan));
    places.push(("log", fs::read_to_string(story.workspace.directory().join(LOG))?));
    places.push(("plan", plan_text(&story)?));
    for host in ["cp2", "w3"] {
        places.push(("process list", story.lab.ssh(host, "cat /run/seen-processes")?));
    }

    let secrets = secrets(&story, password)?;
    for (place, text) in &places {
        ensure!(!text.is_empty(), "the {place} should have been looked at");
        for (what, secret) in &secrets {
            ensure!(!text.contains(secret.as_str()), "{what} is in the {place}");
        }
        ensure!(!has_bootstrap_token(text), "a bootstrap token is in the {place}");
    }
    let left =
        story.lab.ssh("cp2", "kubeadm --kubeconfig /etc/kubernetes/admin.conf token list")?;
    ensure!(!left.contains("terraform"), "tokens should be revoked:\n{left}");
    story.workspace.destroy()?;
    story.end()
}

fn operator_password(story: &Story) -> Result<String> {
    let users = &story.lab.status().ssh.other_users;
    let password = users.get("operator").and_then(|user| user.password.clone());
    password.ok_or_else(|| anyhow::anyhow!("the lab has no user operator with a password"))
}

/// The scenario with an inline key and a sudo password in the provider block. The password is an
/// ephemeral variable: core itself would write any other variable into the plan.
fn log_in_as_operator(story: &Story, topology: &Topology) -> Result<()> {
    let directory = story.workspace.directory();
    let main = fs::read_to_string(directory.join("main.tf"))?.replace(
        "private_key_file = var.ssh_private_key_file",
        "private_key = file(var.ssh_private_key_file)\n    sudo = { password = var.sudo_password }",
    );
    fs::write(directory.join("main.tf"), main)?;
    fs::write(directory.join("kubeconfig.tf"), KUBECONFIG)?;
    fs::write(
        directory.join("sudo.tf"),
        "variable \"sudo_password\" {\n  type      = string\n  ephemeral = true\n}\n",
    )?;
    story.rearrange_with(topology, &[("ssh_user", json!("operator"))])
}

/// Collects every command line that is ever seen on a host while the apply runs.
fn watch_processes(story: &Story, host: &str) -> Result<()> {
    let loop_ = "while :; do cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' >> /run/seen-processes; \
                 echo >> /run/seen-processes; sleep 0.05; done";
    story
        .lab
        .ssh(host, &format!("systemd-run --quiet --unit=watch-processes sh -c \"{loop_}\""))?;
    Ok(())
}

fn logged(story: &Story, arguments: &[&str]) -> Result<String> {
    let mut command = story.workspace.command(arguments);
    command.env("TF_LOG", "TRACE").env("TF_LOG_PATH", LOG);
    acceptance::Run::of(&command.output()?).require_success()
}

/// The plan file is a zip archive: core itself shows it, and its raw bytes are searched too.
fn plan_text(story: &Story) -> Result<String> {
    let mut bytes = Vec::new();
    fs::File::open(story.workspace.directory().join("test.plan"))?.read_to_end(&mut bytes)?;
    let shown = story.workspace.run(&["show", "-json", "test.plan"])?.require_success()?;
    Ok(shown + &String::from_utf8_lossy(&bytes))
}

fn secrets(story: &Story, password: String) -> Result<Vec<(&'static str, String)>> {
    let key = fs::read_to_string(&story.lab.status().ssh.private_key_file)?;
    let body = key.lines().nth(2).unwrap_or_default().to_owned();
    let client_key = "grep client-key-data /etc/kubernetes/admin.conf | cut -d: -f2";
    let admin = story.lab.ssh("cp2", client_key)?.trim().chars().take(80).collect();
    Ok(vec![
        ("sudo's password", password),
        ("the SSH private key", body),
        ("the administrator's client key", admin),
    ])
}

/// `[a-z0-9]{6}.[a-z0-9]{16}` between characters of neither kind.
fn has_bootstrap_token(text: &str) -> bool {
    text.split(|character: char| {
        !(character.is_ascii_lowercase() || character.is_ascii_digit() || character == '.')
    })
    .any(is_bootstrap_token)
}

fn is_bootstrap_token(word: &str) -> bool {
    let parts: Vec<&str> = word.split('.').collect();
    let has_digit = |text: &str| text.contains(|character: char| character.is_ascii_digit());
    matches!(parts.as_slice(), [id, secret] if id.len() == 6 && secret.len() == 16 && has_digit(secret))
}
