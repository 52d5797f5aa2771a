# Makes a host ready for kubeadm, as kubeadm_node and the packages of a membership do. ha.sh puts its
# settings before this text and sends both to a root shell on the host.
set -euo pipefail

prepare() {
    settings_of_the_kernel
    names
    packages
    container_runtime
    apt-mark hold kubeadm kubelet kubectl
    echo "KUBELET_EXTRA_ARGS=--node-ip=$address" > /etc/default/kubelet
    if [[ $role == control-plane ]]; then
        kubeadm config images pull --kubernetes-version "v$KUBERNETES_VERSION"
    fi
}

settings_of_the_kernel() {
    swapoff -a
    sed -i -E 's/^([^#].*\sswap\s.*)$/#\1/' /etc/fstab
    printf 'overlay\nbr_netfilter\n' > /etc/modules-load.d/kubernetes.conf
    modprobe -a overlay br_netfilter
    cat > /etc/sysctl.d/99-kubernetes.conf <<'END'
net.bridge.bridge-nf-call-ip6tables = 1
net.bridge.bridge-nf-call-iptables = 1
net.ipv4.ip_forward = 1
END
    sysctl --quiet --load=/etc/sysctl.d/99-kubernetes.conf
}

names() {
    local host
    for host in $CONTROL_PLANE $WORKERS; do
        echo "${host#*=} ${host%%=*}" >> /etc/hosts
    done
}

packages() {
    local own=${APT_PROXY#*://}
    printf 'Acquire::http::Proxy "%s";\nAcquire::http::Proxy::%s "DIRECT";\n' \
        "$APT_PROXY" "${own%%:*}" > /etc/apt/apt.conf.d/90proxy
    mkdir -p /etc/apt/keyrings
    echo "$repository_key" > /etc/apt/keyrings/kubernetes.asc
    echo "deb [signed-by=/etc/apt/keyrings/kubernetes.asc] $KUBERNETES_REPOSITORY /" \
        > /etc/apt/sources.list.d/kubernetes.list
    export DEBIAN_FRONTEND=noninteractive
    apt-get -q update
    apt-get -q -y -o Dpkg::Use-Pty=0 install --no-install-recommends \
        conntrack ethtool iproute2 iptables kmod mount socat containerd \
        "kubeadm=$KUBERNETES_VERSION-*" "kubelet=$KUBERNETES_VERSION-*" "kubectl=$KUBERNETES_VERSION-*"
}

# containerd's own defaults, with systemd as the driver of control groups and mirrors in a directory.
container_runtime() {
    local mirror directory
    for mirror in $REGISTRY_MIRRORS; do
        directory=/etc/containerd/certs.d/${mirror%%=*}
        mkdir -p "$directory"
        printf 'server = "https://%s"\n\n[host."%s"]\ncapabilities = ["pull", "resolve"]\n' \
            "${mirror%%=*}" "${mirror#*=}" > "$directory/hosts.toml"
    done
    containerd config default | sed \
        -e 's|SystemdCgroup = false|SystemdCgroup = true|' \
        -e 's|^\( *\)config_path = ""|\1config_path = "/etc/containerd/certs.d"|' \
        > /etc/containerd/config.toml
    systemctl enable containerd
    systemctl restart containerd
}

# The shell reads this text from its standard input, which no command may take from it.
prepare < /dev/null
