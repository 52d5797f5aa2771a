data "kubeadm_cluster_status" "this" {
  control_plane = values(kubeadm_control_plane_member.this)
  depends_on    = [kubeadm_cni.this, kubeadm_worker.this]
}

output "nodes" {
  description = "The cluster's nodes: name to roles, readiness and kubelet version."
  value = {
    for node in data.kubeadm_cluster_status.this.nodes : node.name => {
      roles           = node.roles
      ready           = node.ready
      kubelet_version = node.kubelet_version
      internal_ip     = node.internal_ip
    }
  }
}
