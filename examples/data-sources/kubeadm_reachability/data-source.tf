resource "kubeadm_node" "cp1" {
  name    = "cp1"
  address = "192.0.2.11"
  node_ip = "172.20.112.11"
}

resource "kubeadm_node" "w1" {
  name    = "w1"
  address = "192.0.2.21"
  node_ip = "10.10.10.21"
}

data "kubeadm_reachability" "this" {
  from    = [kubeadm_node.cp1]
  to      = [kubeadm_node.w1]
  ports   = ["10250/tcp", "8472/udp"]
  between = [{ name = "hypervisor", address = "192.0.2.5" }]
}

check "the_networks_reach_each_other" {
  assert {
    condition     = data.kubeadm_reachability.this.reached != false
    error_message = join("\n", [for it in data.kubeadm_reachability.this.results : "${it.from} to ${it.to}, ${it.port}: ${it.outcome}${it.cause == null ? "" : ", ${it.cause}"}" if it.reached == false])
  }
}
