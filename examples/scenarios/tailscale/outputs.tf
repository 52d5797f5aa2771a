data "kubeadm_cluster_status" "this" {
  control_plane = values(kubeadm_control_plane_member.this)
  depends_on    = [kubeadm_control_plane_member.this, kubeadm_cni.this, kubeadm_worker.this]
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

data "kubeadm_etcd_members" "this" {
  control_plane = values(kubeadm_control_plane_member.this)
  depends_on    = [kubeadm_control_plane_member.this]
}

output "etcd" {
  description = "How many of etcd's voters there are, how many must serve, how many may still fail, and each member."
  value = {
    voters            = data.kubeadm_etcd_members.this.voters
    quorum            = data.kubeadm_etcd_members.this.quorum
    failure_tolerance = data.kubeadm_etcd_members.this.failure_tolerance
    members = [
      for member in coalesce(data.kubeadm_etcd_members.this.members, []) : {
        name    = member.name
        healthy = member.healthy
        learner = member.learner
      }
    ]
  }
}
