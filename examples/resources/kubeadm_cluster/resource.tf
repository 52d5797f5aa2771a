resource "kubeadm_node" "cp1" {
  name    = "cp1"
  address = "192.0.2.11"
}

resource "kubeadm_cluster" "this" {
  name                = "prod"
  kubernetes_version  = "1.35.4"
  endpoint            = { host = "api.prod.example.org", external = {} }
  networking          = { pod_subnet = "10.50.0.0/16" }
  control_plane_nodes = [kubeadm_node.cp1]

  api_server = {
    extra_args = { "audit-log-maxage" = ["30"] }
    cert_sans  = ["api.example.org"]
  }

  etcd = {
    local = {
      extra_args = { "quota-backend-bytes" = ["4294967296"] }
    }
  }

  kubelet_configuration = yamlencode({
    maxPods             = 200
    serializeImagePulls = false
    systemReserved      = { cpu = "200m", memory = "256Mi" }
  })

  kube_proxy_configuration = yamlencode({
    mode = "nftables"
  })

  renew_before = "720h" # certificates that end within a month are renewed by the next apply
}
