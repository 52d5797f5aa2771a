provider "kubeadm" {
  ssh = {
    user             = var.ssh_user
    private_key_file = var.ssh_private_key_file
    host_key_policy  = "accept_new"
  }
}

locals {
  hosts = merge(var.control_plane, var.workers)
}

# No node: it only lets the networks talk to each other, whatever libvirt's own rules say.
resource "kubeadm_endpoint_route" "hypervisor" {
  for_each = var.hypervisors

  node    = { name = each.key, address = each.value.address, host_key = each.value.host_key }
  forward = { between = [var.control_plane_network.cidr, var.worker_network.cidr] }
}

resource "kubeadm_node" "control_plane" {
  for_each = var.control_plane

  name              = each.key
  address           = each.value.address
  host_key          = each.value.host_key
  node_ip           = each.value.node_ip
  sysctls           = var.sysctls
  hosts_entries     = { for name, host in local.hosts : host.node_ip => [name] }
  container_runtime = { registry_mirrors = { for name, url in var.registry_mirrors : name => { endpoints = [url] } } }
  packages          = { proxy = var.package_proxy }
  preflight         = { ignore = var.ignore_findings }
}

resource "kubeadm_node" "worker" {
  for_each = var.workers

  name              = each.key
  address           = each.value.address
  host_key          = each.value.host_key
  node_ip           = each.value.node_ip
  sysctls           = var.sysctls
  hosts_entries     = { for name, host in local.hosts : host.node_ip => [name] }
  container_runtime = { registry_mirrors = { for name, url in var.registry_mirrors : name => { endpoints = [url] } } }
  packages          = { proxy = var.package_proxy }
  preflight         = { ignore = var.ignore_findings }
}

resource "kubeadm_cluster" "this" {
  name                = "two-networks"
  kubernetes_version  = var.kubernetes_version
  endpoint            = { host = values(var.control_plane)[0].node_ip }
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

resource "kubeadm_endpoint_route" "control_plane" {
  for_each = kubeadm_node.control_plane

  node          = each.value
  static_routes = [{ to = var.worker_network.cidr, via = var.control_plane_network.gateway }]
  cluster       = kubeadm_cluster.this
  peers         = values(kubeadm_node.worker)
  depends_on    = [kubeadm_endpoint_route.hypervisor]
}

resource "kubeadm_endpoint_route" "worker" {
  for_each = kubeadm_node.worker

  node          = each.value
  static_routes = [{ to = var.control_plane_network.cidr, via = var.worker_network.gateway }]
  cluster       = kubeadm_cluster.this
  depends_on    = [kubeadm_endpoint_route.hypervisor]
}

# Hosts are taken from their routes, which are there before anything of the cluster is made on them.
resource "kubeadm_control_plane_member" "this" {
  for_each = kubeadm_endpoint_route.control_plane

  cluster = kubeadm_cluster.this
  node    = each.value.node
}

resource "kubeadm_cni" "this" {
  control_plane = values(kubeadm_control_plane_member.this)
  flannel       = { interface_regex = var.interface }
}

resource "kubeadm_worker" "this" {
  for_each = kubeadm_endpoint_route.worker

  control_plane = kubeadm_cni.this.control_plane
  node          = each.value.node
  labels        = var.worker_labels
}
