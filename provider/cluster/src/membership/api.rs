//! What the cluster's API says, reduced to what membership decisions need.

/// The cluster as seen through its API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Api {
    /// No API server answers, and why.
    Silent(String),
    /// An API server answers.
    Answering(ApiState),
}

/// Facts of an answering API.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ApiState {
    /// Hash of the CA that signs the API server's certificate.
    pub ca_hash: String,
    /// How far `kubeadm init` has come.
    pub bootstrap: Bootstrap,
    /// The node object of the host in question.
    pub node: Option<NodeState>,
    /// Names of all other nodes.
    pub other_nodes: Vec<String>,
    /// Names of those of them that are control plane members.
    pub other_members: Vec<String>,
    /// Names of those of them whose kubelets report that they are well, a pod network or not.
    pub serving_members: Vec<String>,
}

/// How far `kubeadm init` has come, as its objects in the API tell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bootstrap {
    /// Some object that its last phases make is missing.
    #[default]
    Unfinished,
    /// All are there.
    Finished,
}

/// A node object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NodeState {
    /// The machine id that its kubelet reported.
    pub machine_id: String,
    /// Its condition `Ready`.
    pub readiness: Readiness,
    /// Whether it is labelled as a control plane node: the last thing that kubeadm does to one.
    pub control_plane: bool,
}

/// The `Ready` condition of a node.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Readiness {
    /// It takes pods.
    Ready,
    /// It lacks nothing but a pod network, as every node does before a CNI is there.
    AwaitsNetwork,
    /// It does not, and the kubelet's reason.
    NotReady(String),
    /// No kubelet has reported for a while, or none ever has.
    #[default]
    Unknown,
}

impl Api {
    /// The facts, when there are any.
    #[must_use]
    pub fn answering(&self) -> Option<&ApiState> {
        match self {
            Self::Silent(_) => None,
            Self::Answering(state) => Some(state),
        }
    }

    /// The host's node object, when the API answers and has it.
    #[must_use]
    pub fn node(&self) -> Option<&NodeState> {
        self.answering()?.node.as_ref()
    }

    /// The hash of the cluster's CA, when it is known.
    #[must_use]
    pub fn ca_hash(&self) -> Option<&str> {
        self.answering().map(|state| state.ca_hash.as_str())
    }
}

impl NodeState {
    /// Whether its kubelet reports that it is well, be it without a pod network.
    #[must_use]
    pub fn serves(&self) -> bool {
        matches!(self.readiness, Readiness::Ready | Readiness::AwaitsNetwork)
    }

    /// Whether the object is of another machine than `machine_id`, whose kubelet reports. Where no
    /// id is known there is no other.
    #[must_use]
    pub fn lives_elsewhere(&self, machine_id: Option<&str>) -> bool {
        machine_id.is_some() && !self.is_machine(machine_id) && self.readiness != Readiness::Unknown
    }

    /// Whether the object is of the machine `machine_id`; an unknown id is nobody's.
    #[must_use]
    pub fn is_machine(&self, machine_id: Option<&str>) -> bool {
        machine_id.is_some_and(|id| !id.is_empty() && id == self.machine_id)
    }
}
