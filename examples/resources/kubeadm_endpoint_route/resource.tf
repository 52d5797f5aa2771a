resource "kubeadm_node" "w1" {
  name    = "w1"
  address = "192.0.2.21"
  node_ip = "10.10.10.21"
}

# The worker reaches the control plane's network by the hypervisor.
resource "kubeadm_endpoint_route" "w1" {
  node = kubeadm_node.w1

  static_routes = [
    { to = "172.20.112.0/24", via = "10.10.10.1" },
  ]
}

# The hypervisor is no node: it has a name and an address. It lets both networks pass, whatever libvirt's
# own rules say.
resource "kubeadm_endpoint_route" "hypervisor" {
  node = { name = "hypervisor", address = "192.0.2.5" }

  forward   = { between = ["172.20.112.0/24", "10.10.10.0/24"] }
  rp_filter = { virbr10 = "loose" }
}

# A worker in a tailnet reaches an endpoint of the kind tailscale by the route that its control plane advertises.
resource "kubeadm_endpoint_route" "w2" {
  node      = { name = "w2", address = "192.0.2.22" }
  tailscale = { accept_routes = true }
}
