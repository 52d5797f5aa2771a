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
}

resource "kubeadm_cni" "this" {
  control_plane = [kubeadm_control_plane_member.cp1]
  flannel       = {}
}

resource "kubeadm_node" "worker" {
  for_each = {
    w1 = "192.0.2.21"
    w2 = "192.0.2.22"
  }

  name    = each.key
  address = each.value
}

resource "kubeadm_worker" "this" {
  for_each = kubeadm_node.worker

  control_plane = kubeadm_cni.this.control_plane # the network is there before the workers
  node          = each.value

  labels = { "node-role.kubernetes.io/worker" = "" }
  taints = [
    { key = "example.org/dedicated", value = "batch", effect = "NoSchedule" },
  ]
  kubelet_extra_args = { "v" = ["2"] }
}
