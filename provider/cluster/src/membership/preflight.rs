//! kubeadm's own preflight failures, parsed from its output.

use std::fmt;

/// One `[ERROR Name]: text` line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// kubeadm's name of the check, as `ignore_preflight_errors` takes it.
    pub name: String,
    /// What kubeadm says about it.
    pub text: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.name, self.text)
    }
}

/// All preflight failures in kubeadm's output, in its order.
#[must_use]
pub fn failures(output: &str) -> Vec<Failure> {
    output.lines().filter_map(failure).collect()
}

fn failure(line: &str) -> Option<Failure> {
    let (name, text) = line.trim().strip_prefix("[ERROR ")?.split_once("]:")?;
    Some(Failure { name: name.to_owned(), text: text.trim().to_owned() })
}

impl Failure {
    /// What the user can do about it.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        ADVICE
            .iter()
            .find(|(prefix, _)| self.name.starts_with(prefix))
            .map_or(UNKNOWN, |(_, advice)| advice)
    }
}

const UNKNOWN: &str = "correct it on the host, or name the check in ignore_preflight_errors when it is known to be harmless";

/// Advice by the beginning of the check's name, longest first where one begins another.
const ADVICE: &[(&str, &str)] = &[
    (
        "NumCPU",
        "a control plane host needs 2 CPUs: give the machine more, or name NumCPU in ignore_preflight_errors",
    ),
    (
        "Mem",
        "a control plane host needs 1700 MB of memory: give the machine more, or name Mem in ignore_preflight_errors",
    ),
    (
        "Port-",
        "another program listens on the port: find it with `ss -lntp` on the host and stop it",
    ),
    (
        "ImagePull",
        "check that the host reaches the image registry, or give a mirror in kubeadm_node.container_runtime.registry_mirrors or kubeadm_cluster.image_repository",
    ),
    ("CRI", "the container runtime does not answer: see `systemctl status containerd` on the host"),
    (
        "FileContent--proc-sys-net-ipv4-ip_forward",
        "IP forwarding is off: kubeadm_node turns it on; look for another program that turns it off again",
    ),
    (
        "DirAvailable--var-lib-etcd",
        "the host holds data of an earlier etcd: save it if it matters and empty /var/lib/etcd",
    ),
    (
        "DirAvailable--",
        "the host holds files of an earlier cluster: run `kubeadm reset` there if they are not needed",
    ),
    (
        "FileAvailable--",
        "the host holds files of an earlier cluster: run `kubeadm reset` there if they are not needed",
    ),
    ("FileExisting-", "a program is missing: install its package on the host"),
    (
        "SystemVerification",
        "the kernel or its cgroups lack something that the kubelet needs; the text names it",
    ),
    (
        "KubeletVersion",
        "kubelet and kubeadm differ too much: both come from kubeadm_cluster.kubernetes_version, so look for a package that was installed by hand",
    ),
    (
        "KubernetesVersion",
        "this kubeadm cannot install that version: kubeadm and kubeadm_cluster.kubernetes_version must be of the same minor version",
    ),
    ("IsPrivilegedUser", "kubeadm must run as root: give ssh.user root or a user who may use sudo"),
    ("ExternalEtcdVersion", "the external etcd is too old for this version of Kubernetes"),
    ("Swap", "turn swap off: kubeadm_node does it with swap = \"off\""),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_parsed_and_others_ignored() {
        let output = "W1 preflight: x\n\t[WARNING Hostname]: hostname could not be reached\n[preflight] Some fatal errors occurred:\n\t[ERROR DirAvailable--var-lib-etcd]: /var/lib/etcd is not empty\n\t[ERROR broken\n[ERROR Odd]: a]: b\n";
        let names: Vec<_> =
            failures(output).into_iter().map(|failure| (failure.name, failure.text)).collect();
        assert_eq!(
            names,
            [
                ("DirAvailable--var-lib-etcd".to_owned(), "/var/lib/etcd is not empty".to_owned()),
                ("Odd".to_owned(), "a]: b".to_owned()),
            ]
        );
    }

    #[test]
    fn the_more_specific_advice_wins() {
        let advice = |name: &str| Failure { name: name.to_owned(), text: String::new() }.advice();
        assert!(advice("DirAvailable--var-lib-etcd").contains("etcd"));
        assert!(advice("DirAvailable--etc-kubernetes-manifests").contains("kubeadm reset"));
        assert_eq!(advice("Something"), UNKNOWN);
    }
}
