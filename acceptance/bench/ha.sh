#!/usr/bin/env bash
# A cluster of several control plane hosts and workers behind a load balancer, made by hand: what
# `tofu apply` of the scenario high-availability is measured against (`make bench`). It does the same
# steps in the order of kubeadm's own guide: hosts side by side, the control plane one after the
# other, workers side by side, and it ends when every node is Ready.
set -euo pipefail

# Hosts are given as "NAME=ADDRESS NAME=ADDRESS", mirrors as "REGISTRY=URL REGISTRY=URL".
settings=(CONTROL_PLANE WORKERS ENDPOINT KUBERNETES_VERSION KUBERNETES_REPOSITORY APT_PROXY
    REGISTRY_MIRRORS)
for name in "${settings[@]}" KUBERNETES_REPOSITORY_KEY SSH_KEY SSH_KNOWN_HOSTS; do
    : "${!name:?set $name}"
done

here=$(cd "$(dirname "$0")" && pwd)
connections=$(mktemp -d /tmp/ha.XXXXXX)
repository_key=$(cat "$KUBERNETES_REPOSITORY_KEY")
read -ra members <<< "$CONTROL_PLANE"
read -ra workers <<< "$WORKERS"
first=${members[0]}

main() {
    trap close_connections EXIT
    side_by_side prepare "${members[@]}" "${workers[@]}"
    initialize
    local join member
    join=$(on "$first" kubeadm token create --print-join-command)
    for member in "${members[@]:1}"; do
        join_member "$member"
    done
    side_by_side join_worker "${workers[@]}"
    wait_until_ready
}

# Runs a command on a host as root. All commands on a host share one connection.
on() {
    local host=$1
    shift
    ssh -F none -i "$SSH_KEY" -o IdentitiesOnly=yes -o BatchMode=yes -o LogLevel=ERROR \
        -o StrictHostKeyChecking=yes -o UserKnownHostsFile="$SSH_KNOWN_HOSTS" \
        -o ControlMaster=auto -o ControlPath="$connections/%C" -o ControlPersist=10m \
        "root@${host#*=}" "$@"
}

close_connections() {
    local socket
    for socket in "$connections"/*; do
        [[ ! -S $socket ]] || ssh -F none -o ControlPath="$socket" -O exit any 2> /dev/null || true
    done
    rm -rf "$connections"
}

# Runs a function for each host at once, with the host's name before each line that it prints.
side_by_side() {
    local work=$1 host process processes=()
    shift
    for host in "$@"; do
        { "$work" "$host" 2>&1 | sed "s/^/${host%%=*}: /"; } &
        processes+=($!)
    done
    for process in "${processes[@]}"; do
        wait "$process"
    done
}

prepare() {
    local address=${1#*=} role=worker
    [[ " $CONTROL_PLANE " != *" $1 "* ]] || role=control-plane
    {
        declare -p "${settings[@]}" repository_key address role | sed -E 's/^declare -[-a-z]+/declare --/'
        cat "$here/prepare-host.sh"
    } | on "$1" bash -s
}

# The pod network comes right after, as kubeadm's guide has it, so that nodes become Ready as they
# join.
initialize() {
    certificate_key=$(on "$first" kubeadm certs certificate-key)
    configuration | on "$first" 'umask 077; cat > /root/kubeadm.yaml'
    on "$first" kubeadm init --config /root/kubeadm.yaml --upload-certs
    on "$first" rm /root/kubeadm.yaml
    kubectl apply -f - < "$here/flannel.yaml"
}

# The settings of kubelet and kube-proxy, and the ignored check, are for hosts that are containers on
# one machine; the scenario gets the same ones.
configuration() {
    cat <<END
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
certificateKey: $certificate_key
nodeRegistration:
  name: ${first%%=*}
  ignorePreflightErrors: [SystemVerification]
localAPIEndpoint:
  advertiseAddress: ${first#*=}
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
clusterName: high-availability
kubernetesVersion: v$KUBERNETES_VERSION
controlPlaneEndpoint: $ENDPOINT:6443
networking:
  podSubnet: 10.50.0.0/16
---
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
cgroupDriver: systemd
failCgroupV1: false
evictionHard:
  imagefs.available: 1%
  memory.available: 50Mi
  nodefs.available: 1%
  nodefs.inodesFree: 1%
imageGCHighThresholdPercent: 100
imageGCLowThresholdPercent: 99
---
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
conntrack:
  maxPerCore: 0
  min: 0
END
}

# $join is a command with a token and the CA's hash, as kubeadm prints it.
join_member() {
    on "$1" "$join --control-plane --certificate-key $certificate_key" \
        "--apiserver-advertise-address ${1#*=} --node-name ${1%%=*}" \
        "--ignore-preflight-errors SystemVerification"
}

join_worker() {
    on "$1" "$join --node-name ${1%%=*} --ignore-preflight-errors SystemVerification"
}

wait_until_ready() {
    local nodes=("${members[@]%%=*}" "${workers[@]%%=*}")
    kubectl wait --for=create --timeout=60s "${nodes[@]/#/node/}"
    kubectl label node "${workers[@]%%=*}" node-role.kubernetes.io/worker=
    kubectl wait --for=condition=Ready --timeout=300s "${nodes[@]/#/node/}"
}

kubectl() {
    on "$first" kubectl --kubeconfig /etc/kubernetes/admin.conf "$@"
}

main
