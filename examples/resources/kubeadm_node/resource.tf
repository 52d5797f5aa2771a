# All defaults: swap off, kernel modules and settings, containerd of the distribution.
resource "kubeadm_node" "cp1" {
  name    = "cp1"
  address = "192.0.2.11"
}

# A host with more to say.
resource "kubeadm_node" "w1" {
  name        = "w1"
  address     = "198.51.100.21"
  node_ip     = "192.0.2.21"
  instance_id = "5f9c0b2e-6c1e-4a55-9a40-6d0f3d7f6c11" # another one is another machine
  host_key    = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"

  kernel_modules = ["nf_conntrack"]
  sysctls        = { "fs.inotify.max_user_instances" = "8192" }
  hosts_entries  = { "192.0.2.11" = ["cp1", "cp1.example.org"] }

  container_runtime = {
    registry_mirrors = {
      "registry.k8s.io" = { endpoints = ["http://mirror.example.org:5000"] }
    }
    settings = <<-EOT
      [plugins."io.containerd.grpc.v1.cri"]
      max_container_log_line_size = 32768
    EOT
  }

  proxy = {
    http     = "http://proxy.example.org:3128"
    https    = "http://proxy.example.org:3128"
    no_proxy = ["192.0.2.0/24", "10.96.0.0/12", "10.50.0.0/16", ".svc", ".cluster.local"]
  }

  preflight = { ignore = ["PF-MEM"] } # 1.5 GiB are enough for what runs here
  timeouts  = { create = "20m" }
}
