//! How a host presents itself as a node.

use std::collections::BTreeMap;

use cluster::checks::{DrainDraft, RegistrationDraft, TaintDraft};
use cluster::intent;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tfplugin::attribute::required;
use tfplugin::{Set, Tf};

use super::read::{lists, map, planned, set};

/// A taint: pods without a matching toleration stay away.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
pub(crate) struct Taint {
    /// Key, such as `example.org/dedicated`.
    #[schemars(extend("x-tf" = required()))]
    pub(crate) key: Tf<String>,
    /// Value; may be absent.
    pub(crate) value: Tf<String>,
    /// What happens to pods that do not tolerate it: `NoSchedule`, `PreferNoSchedule` or
    /// `NoExecute`.
    #[schemars(extend("x-tf" = required()))]
    pub(crate) effect: Tf<String>,
}

/// How pods leave the node before it is removed.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq, Default)]
pub(crate) struct Drain {
    /// How long it may take; then the removal fails and the node stays cordoned. Default `5m`.
    pub(crate) timeout: Tf<String>,
    /// What is done with the pods: `evict` (default) respects disruption budgets and refuses while
    /// pods without a controller are there, `force` moves those too and deletes what a budget still
    /// holds at the end, `skip` leaves them to end with the node. Data in `emptyDir` volumes is
    /// lost. A control plane member with `skip` is removed even when no API server answers that
    /// could tell of other nodes. A removal goes by what was applied last: set it, apply, then remove.
    pub(crate) policy: Tf<String>,
}

/// Packages of Kubernetes on the host.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq, Default)]
pub(crate) struct KubernetesPackages {
    /// Version of kubeadm.
    pub(crate) kubeadm: Tf<String>,
    /// Version of kubelet.
    pub(crate) kubelet: Tf<String>,
    /// Version of kubectl.
    pub(crate) kubectl: Tf<String>,
    /// Whether the packages are held, so that the host's own upgrades leave them alone.
    pub(crate) held: Tf<bool>,
}

/// The kubelet's unit on the host.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq, Default)]
pub(crate) struct Kubelet {
    /// Whether it starts at boot.
    pub(crate) enabled: Tf<bool>,
    /// Whether it runs.
    pub(crate) active: Tf<bool>,
    /// Whether it was started since its arguments and its configuration file were written last.
    pub(crate) current: Tf<bool>,
    /// Its configuration file, `/var/lib/kubelet/config.yaml`, by the paths of its settings.
    pub(crate) configuration: Tf<BTreeMap<String, Tf<String>>>,
}

impl Taint {
    fn draft(&self) -> TaintDraft {
        TaintDraft {
            key: planned(&self.key),
            value: planned(&self.value),
            effect: planned(&self.effect),
        }
    }
}

/// Taints that were found, in the form of the configuration: an absent value and an empty one are
/// the same to Kubernetes, so what was written before is kept.
pub(crate) fn taints_found(found: &[intent::Taint], before: &Tf<Vec<Taint>>) -> Vec<Taint> {
    let before = before.known().map_or(&[][..], Vec::as_slice);
    let mut left: Vec<Taint> = found.iter().map(|taint| as_written(taint, before)).collect();
    let place = |taint: &Taint| before.iter().position(|other| other == taint);
    left.sort_by_key(|taint| place(taint).unwrap_or(usize::MAX));
    left
}

fn as_written(found: &intent::Taint, before: &[Taint]) -> Taint {
    let plain = Taint {
        key: Tf::Known(found.key.clone()),
        value: found.value.clone().into(),
        effect: found.effect.as_str().into(),
    };
    let empty = Taint { value: "".into(), ..plain.clone() };
    if plain.value.is_null() && before.contains(&empty) { empty } else { plain }
}

impl Drain {
    /// The policy as written.
    pub(crate) fn draft(drain: &Tf<Self>) -> DrainDraft {
        let text = |pick: fn(&Self) -> &Tf<String>| drain.known().and_then(|it| pick(it).known());
        DrainDraft {
            timeout: text(|drain| &drain.timeout).cloned(),
            policy: text(|drain| &drain.policy).cloned(),
        }
    }
}

/// The registration parts of a member or a worker.
pub(crate) struct RegistrationParts<'a> {
    pub(crate) labels: &'a Tf<BTreeMap<String, Tf<String>>>,
    pub(crate) annotations: &'a Tf<BTreeMap<String, Tf<String>>>,
    pub(crate) taints: &'a Tf<Vec<Taint>>,
    pub(crate) kubelet_extra_args: &'a Tf<BTreeMap<String, Tf<Vec<Tf<String>>>>>,
    pub(crate) ignore_preflight_errors: &'a Tf<Set<Tf<String>>>,
}

impl RegistrationParts<'_> {
    /// The draft: what is known of it.
    pub(crate) fn draft(&self) -> RegistrationDraft {
        let taints = |taints: &Vec<Taint>| taints.iter().map(Taint::draft).collect();
        RegistrationDraft {
            labels: map(self.labels),
            annotations: map(self.annotations),
            taints: planned(&self.taints.as_ref().map(taints)),
            kubelet_extra_args: lists(self.kubelet_extra_args).into(),
            ignore_preflight_errors: set(self.ignore_preflight_errors),
        }
    }
}
