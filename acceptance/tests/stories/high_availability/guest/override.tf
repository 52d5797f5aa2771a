# Over the scenario: a member of a cluster that another configuration made, and nothing else.
resource "kubeadm_cluster" "this" {
  control_plane_nodes = concat([var.first], values(kubeadm_node.control_plane))
}

resource "kubeadm_control_plane_member" "this" {
  certificate_transfer = "ssh"
}

resource "kubeadm_cni" "this" {
  count = 0
}

resource "kubeadm_worker" "this" {
  control_plane = values(kubeadm_control_plane_member.this)
}
