provider "kubeadm" {
  ssh = {
    user             = var.ssh_user
    private_key_file = var.ssh_private_key_file
    host_key_policy  = "accept_new"
  }
  tailscale_api = var.tailscale_api
}

locals {
  hosts = merge(var.control_plane, var.workers)

  # Along with the hosts' other packages, so that members and workers find them when their turn comes.
  kubernetes_packages = {
    version        = var.kubernetes_version
    repository_url = try(var.kubernetes_repository.url, null)
    repository_key = try(var.kubernetes_repository.key, null)
  }
}

resource "kubeadm_node" "control_plane" {
  for_each = var.control_plane

  name              = each.key
  address           = each.value.address
  host_key          = each.value.host_key
  instance_id       = each.value.instance_id
  node_ip           = each.value.tailnet_address
  sysctls           = var.sysctls
  hosts_entries     = { for name, host in local.hosts : host.tailnet_address => [name] }
  container_runtime = { registry_mirrors = { for name, url in var.registry_mirrors : name => { endpoints = [url] } } }
  packages          = { proxy = var.package_proxy, kubernetes = local.kubernetes_packages }
  preflight         = { ignore = var.ignore_findings }
}

resource "kubeadm_node" "worker" {
  for_each = var.workers

  name              = each.key
  address           = each.value.address
  host_key          = each.value.host_key
  instance_id       = each.value.instance_id
  node_ip           = each.value.tailnet_address
  sysctls           = var.sysctls
  hosts_entries     = { for name, host in local.hosts : host.tailnet_address => [name] }
  container_runtime = { registry_mirrors = { for name, url in var.registry_mirrors : name => { endpoints = [url] } } }
  packages          = { proxy = var.package_proxy, kubernetes = local.kubernetes_packages }
  preflight         = { ignore = var.ignore_findings }
}

resource "kubeadm_cluster" "this" {
  name                = "tailscale"
  kubernetes_version  = var.kubernetes_version
  endpoint            = { host = var.endpoint, tailscale = var.tailscale }
  networking          = { pod_subnet = var.pod_subnet }
  control_plane_nodes = values(kubeadm_node.control_plane)

  kubelet_configuration    = jsonencode(var.kubelet_configuration)
  kube_proxy_configuration = jsonencode(var.kube_proxy_configuration)
  ignore_preflight_errors  = var.ignore_preflight_errors

  packages = var.kubernetes_repository == null ? null : {
    repository_url = var.kubernetes_repository.url
    repository_key = var.kubernetes_repository.key
  }
}

resource "kubeadm_control_plane_member" "this" {
  for_each = kubeadm_node.control_plane

  cluster = kubeadm_cluster.this
  node    = each.value
}

resource "kubeadm_cni" "this" {
  control_plane = values(kubeadm_control_plane_member.this)
  flannel       = { interface = "tailscale0" }
}

# Control plane hosts have the endpoint's address themselves, and their members see to that.
resource "kubeadm_endpoint_route" "worker" {
  for_each = kubeadm_node.worker

  node      = each.value
  tailscale = { accept_routes = true }
  cluster   = kubeadm_cluster.this
}

resource "kubeadm_worker" "this" {
  for_each = kubeadm_endpoint_route.worker

  # Not through kubeadm_cni: workers join while the pod network comes up.
  control_plane = values(kubeadm_control_plane_member.this)
  node          = each.value.node
  labels        = var.worker_labels
}
