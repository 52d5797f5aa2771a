//! Configurations from the defaults of each containerd that is known.

use super::*;
use proptest::prelude::*;

const DEFAULTS_2: &str = include_str!("../../../tests/data/containerd-1.6-default.toml");
const DEFAULTS_3: &str = include_str!("../../../tests/data/containerd-2.1-default.toml");

#[test]
fn both_versions_get_what_kubernetes_needs() {
    for defaults in [DEFAULTS_2, DEFAULTS_3] {
        let runtime = ContainerRuntime {
            sandbox_image: Some("pause:x".to_owned()),
            ..ContainerRuntime::default()
        };
        let text = configuration(defaults, &runtime).unwrap();
        let expected = ConfigurationFacts {
            cgroup_driver: Some("systemd".to_owned()),
            cri_enabled: true,
            sandbox_image: Some("pause:x".to_owned()),
        };
        assert_eq!(configuration_facts(&text), Some(expected));
        assert!(text.contains("config_path = \"/etc/containerd/certs.d\""));
        assert!(text.contains(CNI_PROGRAMS));
    }
}

#[test]
fn docker_s_file_has_the_cri_turned_on() {
    let text = configuration(
        "version = 2\ndisabled_plugins = [\"cri\", \"other\"]\n",
        &ContainerRuntime::default(),
    )
    .unwrap();
    assert!(configuration_facts(&text).unwrap().cri_enabled);
    assert!(text.contains("disabled_plugins = [\"other\"]"));
    assert!(
        !configuration_facts("version = 2\ndisabled_plugins = [\"cri\"]\n").unwrap().cri_enabled
    );
}

#[test]
fn the_user_has_the_last_word_and_the_rest_stays() {
    let settings = "oom_score = -5\n[plugins.\"io.containerd.grpc.v1.cri\".containerd.runtimes.runc.options]\nSystemdCgroup = false\n";
    let runtime =
        ContainerRuntime { settings: Some(settings.to_owned()), ..ContainerRuntime::default() };
    let text = configuration(DEFAULTS_2, &runtime).unwrap();
    assert_eq!(configuration_facts(&text).unwrap().cgroup_driver.as_deref(), Some("cgroupfs"));
    assert!(
        text.contains("oom_score = -5")
            && text.contains("runtime_type = \"io.containerd.runc.v2\"")
    );
}

#[test]
fn what_cannot_be_read_is_said() {
    let none = ContainerRuntime::default();
    assert!(matches!(configuration("a = ", &none), Err(ConfigurationError::Defaults(_))));
    assert!(matches!(configuration("a = 1", &none), Err(ConfigurationError::Version(1))));
    let broken = ContainerRuntime { settings: Some("x".to_owned()), ..none };
    assert!(matches!(configuration("version = 2", &broken), Err(ConfigurationError::Settings(_))));
}

proptest! {
    #[test]
    fn any_text_is_read(text in "[a-z=\\[\\]\"0-9\n. ]{0,60}") {
        let _ = configuration_facts(&text);
        let _ = configuration(&text, &ContainerRuntime::default());
    }
}
