//! The steps of which every change of membership is made.

use super::claim::Entry;
use std::fmt;

/// One step; carried out, then observed until its goal is true.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// Marks the host as ours, before anything of the cluster is made on it.
    Claim(Entry),
    /// Installs and holds kubeadm, kubelet and kubectl, and enables the kubelet.
    InstallPackages,
    /// Fetches the images of the control plane, so that no other member waits for it later.
    PullImages,
    /// Runs `kubeadm init`, or what is left of it.
    Initialize(InitPhases),
    /// Waits until the API server on the host is ready.
    AwaitApiServer,
    /// Deletes the node object of a machine that is no more.
    DeleteGhost,
    /// Waits until etcd can take one more member, and removes what an earlier attempt of this host
    /// has left in it.
    AdmitMember,
    /// Runs `kubeadm join` with a token of its own.
    Join,
    /// Waits until the host's member of etcd is a voter that serves.
    AwaitVoter,
    /// Starts the kubelet again where it has stopped.
    StartKubelet,
    /// Makes the API server's certificate anew where it is for other names than wanted.
    CertifyNames,
    /// Writes the kubelet's configuration as kubeadm renders it, and restarts it where it changed.
    ConfigureKubelet,
    /// Renews the certificates that end soon and brings the control plane's static pods to what kubeadm
    /// renders: all that restarts components, since a turn may not outlive that.
    RenewControlPlane,
    /// Makes the host serve the cluster's endpoint as it should, or no longer.
    AttachEndpoint(Serving),
    /// Leaves the cluster's endpoint to others.
    WithdrawEndpoint,
    /// Waits until the node object of this machine is there.
    AwaitRegistration,
    /// Adds the hash of the cluster's CA to the host's mark.
    RecordAuthority,
    /// Brings the node's labels, annotations and taints to what is wanted.
    ApplyMetadata,
    /// Waits until the node is ready, or lacks nothing but a pod network.
    AwaitReady,
    /// Cordons the node and moves its pods away.
    Drain,
    /// Hands the leadership of etcd to a member that stays.
    MoveLeader,
    /// Removes the host's member from etcd, through a member that stays.
    RemoveMember,
    /// Deletes the node object.
    DeleteNode,
    /// Runs `kubeadm reset`.
    Reset,
    /// Removes what `kubeadm reset` leaves: files, links and packet filter chains of the cluster.
    CleanUp,
    /// Removes and releases the packages that were installed for the membership.
    RemovePackages,
    /// Takes the mark off the host.
    Disclaim,
}

/// What a host serves the endpoint with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Serving {
    /// Nothing yet: the cluster is about to begin on it, and kubeadm goes by the endpoint.
    BeforeCluster,
    /// Its API server.
    Cluster,
}

/// Which phases of `kubeadm init` are run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InitPhases {
    /// All: the host is clean.
    All,
    /// All but preflight, which would refuse our own files of an interrupted run. The others keep
    /// the certificates they find and write the rest anew, so that a corrected setting counts.
    AfterPreflight,
    /// Those that only talk to the API server, which is up already.
    AfterStart,
}

impl InitPhases {
    /// The value of `--skip-phases`; empty when none is skipped.
    #[must_use]
    pub fn skipped(self) -> &'static [&'static str] {
        match self {
            Self::All => &[],
            Self::AfterPreflight => &["preflight"],
            Self::AfterStart => &[
                "preflight",
                "certs",
                "kubeconfig",
                "etcd",
                "control-plane",
                "kubelet-start",
                "wait-control-plane",
            ],
        }
    }
}

/// The steps of a plan after the last that needs the turn: the host's own affair, for which no
/// other has to wait.
#[must_use]
pub fn after_turn(steps: &[Step]) -> &[Step] {
    let last = steps.iter().rposition(|step| step.is_shared());
    last.map_or(steps, |last| steps.get(last + 1..).unwrap_or_default())
}

impl Step {
    /// Whether it prepares its host and nothing else, so that no other host has to wait for it.
    #[must_use]
    pub fn prepares(self) -> bool {
        matches!(self, Self::Claim(_) | Self::InstallPackages | Self::PullImages)
    }

    /// Whether it changes what other hosts of the control plane see, and so needs the turn. The rest
    /// is the host's own affair, also when the cluster is gone.
    #[must_use]
    pub fn is_shared(self) -> bool {
        matches!(
            self,
            Self::Initialize(_)
                | Self::AdmitMember
                | Self::Join
                | Self::RecordAuthority
                | Self::RenewControlPlane
                | Self::Reset
                | Self::DeleteGhost
                | Self::MoveLeader
                | Self::Drain
                | Self::RemoveMember
                | Self::DeleteNode
        )
    }

    /// Short name, as shown in errors: `step 4 of 9, initialize`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Claim(_) => "claim",
            Self::InstallPackages => "install-packages",
            Self::PullImages => "pull-images",
            Self::Initialize(_) => "initialize",
            Self::AwaitApiServer => "await-api-server",
            Self::DeleteGhost => "delete-ghost",
            Self::AdmitMember => "admit-member",
            Self::Join => "join",
            Self::AwaitVoter => "await-voter",
            Self::StartKubelet => "start-kubelet",
            Self::RenewControlPlane => "renew-control-plane",
            Self::CertifyNames => "certify-names",
            Self::ConfigureKubelet => "configure-kubelet",
            Self::AttachEndpoint(_) => "attach-endpoint",
            Self::WithdrawEndpoint => "withdraw-endpoint",
            Self::AwaitRegistration => "await-registration",
            Self::RecordAuthority => "record-authority",
            Self::ApplyMetadata => "apply-metadata",
            Self::AwaitReady => "await-ready",
            Self::Drain => "drain",
            Self::MoveLeader => "move-leader",
            Self::RemoveMember => "remove-member",
            Self::DeleteNode => "delete-node",
            Self::Reset => "reset",
            Self::CleanUp => "clean-up",
            Self::RemovePackages => "remove-packages",
            Self::Disclaim => "disclaim",
        }
    }

    /// What the step must have made true, for the text of a failure.
    #[must_use]
    pub fn goal(self) -> &'static str {
        match self {
            Self::Claim(_) => "the host is marked as a member of this cluster",
            Self::InstallPackages => {
                "kubeadm, kubelet and kubectl are installed at the cluster's version"
            }
            Self::PullImages => "the images of the control plane are on the host",
            Self::Initialize(_) => "the cluster's configuration, tokens and addons are in its API",
            Self::AwaitApiServer => "the API server on the host is ready",
            Self::DeleteGhost => "the node object of the former machine is gone",
            Self::AdmitMember => "etcd can take one more member, and has none of this host",
            Self::AwaitVoter => "the host's member of etcd is a voter and serves",
            Self::Join => "the kubelet has its own credentials",
            Self::StartKubelet => "the kubelet is healthy",
            Self::CertifyNames => "the API server's certificate is for the wanted names",
            Self::ConfigureKubelet => "the kubelet is healthy with the wanted configuration",
            Self::RenewControlPlane => {
                "the control plane's static pods run as kubeadm renders them, with certificates that last"
            }
            Self::AttachEndpoint(Serving::BeforeCluster) => {
                "the host has what it needs for the cluster's endpoint, and leads there where it can"
            }
            Self::AttachEndpoint(Serving::Cluster) => {
                "the host has what it needs for the cluster's endpoint, and the API answers there"
            }
            Self::WithdrawEndpoint => "the host has nothing of the cluster's endpoint",
            Self::AwaitRegistration => "the node object of this machine exists",
            Self::RecordAuthority => "the cluster's CA is noted in the host's mark",
            Self::ApplyMetadata => "the node has the wanted labels, annotations and taints",
            Self::AwaitReady => "the node is ready, or waits for a pod network only",
            Self::Drain => "the node is cordoned and free of pods that can move",
            Self::MoveLeader => "another member leads etcd",
            Self::RemoveMember => "etcd has no member of this host, and serves",
            Self::DeleteNode => "the node object is gone",
            Self::Reset => "nothing of the cluster runs or is configured on the host",
            Self::CleanUp => "no files, links and packet filter chains of the cluster are left",
            Self::RemovePackages => "the packages that were installed for the membership are gone",
            Self::Disclaim => "the host bears no mark of the cluster",
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
