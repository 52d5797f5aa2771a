resource "kubeadm_node" "cp1" {
  name    = "cp1"
  address = "192.0.2.11"
}

resource "kubeadm_cluster" "this" {
  name                = "prod"
  kubernetes_version  = "1.35.4"
  endpoint            = { host = "192.0.2.11" }
  networking          = { pod_subnet = "10.50.0.0/16" }
  control_plane_nodes = [kubeadm_node.cp1]
}

resource "kubeadm_control_plane_member" "cp1" {
  cluster = kubeadm_cluster.this
  node    = kubeadm_node.cp1

  labels = { "topology.kubernetes.io/zone" = "a" }
  taints = [] # pods may run here, too

  timeouts = { create = "20m" }
}
