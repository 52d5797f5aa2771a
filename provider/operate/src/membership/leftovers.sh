# Removes what `kubeadm reset` leaves of a cluster with flannel. Everything named here was made by
# the kubelet, kubeadm or flannel; directories that others may use go only when they are empty.
# /etc/cni/net.d stays: a running containerd watches it, and would not see it come back.
set -u
failed=0
for path in /sys/class/net/cni0 /sys/class/net/flannel.* /sys/class/net/flannel-v6.*; do
  [ -e "$path" ] || continue
  ip link delete "${path##*/}" || failed=1
done
if command -v nft >/dev/null; then
  for family in ip ip6; do
    nft list table "$family" kube-proxy >/dev/null 2>&1 || continue
    nft delete table "$family" kube-proxy || failed=1
  done
fi
rm -rf /run/flannel /etc/kubernetes/tmp || failed=1
# Other programs keep networks of their own beside these.
rm -rf /var/lib/cni/networks/cbr0 /var/lib/cni/flannel /var/lib/cni/cache/flannel || failed=1
for results in /var/lib/cni/results /var/lib/cni/cache/results; do
  rm -f "$results"/cbr0-* "$results"/cni-loopback-* || failed=1
done
rm -f /etc/cni/net.d/10-flannel.conflist /opt/cni/bin/flannel || failed=1
rm -rf /var/lib/etcd/member || failed=1
for name in admin super-admin kubelet bootstrap-kubelet controller-manager scheduler; do
  rm -f "/etc/kubernetes/$name.conf" || failed=1
done
for name in etcd kube-apiserver kube-controller-manager kube-scheduler; do
  rm -f "/etc/kubernetes/manifests/$name.yaml" || failed=1
done
for directory in /var/lib/cni/networks /var/lib/cni/results /var/lib/cni/cache/results \
  /var/lib/cni/cache /var/lib/cni /var/lib/etcd /etc/kubernetes/pki/etcd /etc/kubernetes/pki \
  /usr/libexec/kubernetes/kubelet-plugins/volume/exec /usr/libexec/kubernetes/kubelet-plugins/volume \
  /usr/libexec/kubernetes/kubelet-plugins /usr/libexec/kubernetes; do
  rmdir "$directory" 2>/dev/null
done
exit "$failed"
