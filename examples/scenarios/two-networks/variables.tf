variable "control_plane" {
  description = "Control plane hosts: name to the address that SSH connects to, the address in their network, and the SSH host key when it is known."
  type        = map(object({ address = string, node_ip = string, host_key = optional(string) }))
}

variable "workers" {
  description = "Worker hosts, in the same form."
  type        = map(object({ address = string, node_ip = string, host_key = optional(string) }))
  default     = {}
}

variable "hypervisors" {
  description = "Hosts between the networks: name to address and, when it is known, SSH host key."
  type        = map(object({ address = string, host_key = optional(string) }))
}

variable "control_plane_network" {
  description = "The network of the control plane hosts, and the hypervisor's address in it."
  type        = object({ cidr = string, gateway = string })
}

variable "worker_network" {
  description = "The network of the worker hosts, and the hypervisor's address in it."
  type        = object({ cidr = string, gateway = string })
}

variable "interface" {
  description = "Regular expression of the interface or address by which hosts are in their network."
  type        = string
}

variable "ssh_user" {
  description = "Who logs in; sudo is used when it is not root."
  type        = string
  default     = "root"
}

variable "ssh_private_key_file" {
  description = "Private key of ssh_user."
  type        = string
}

variable "kubernetes_version" {
  description = "Version of the cluster."
  type        = string
}

variable "pod_subnet" {
  description = "Addresses of pods."
  type        = string
  default     = "10.50.0.0/16"
}

variable "package_proxy" {
  description = "HTTP proxy of the hosts' package manager."
  type        = string
  default     = null
}

variable "kubernetes_repository" {
  description = "Package repository of Kubernetes in place of the community's."
  type        = object({ url = string, key = string })
  default     = null
}

variable "registry_mirrors" {
  description = "Registry name to the URL of a mirror of it."
  type        = map(string)
  default     = {}
}

variable "kubelet_configuration" {
  description = "Further settings of the kubelets, as KubeletConfiguration knows them."
  type        = any
  default     = {}
}

variable "kube_proxy_configuration" {
  description = "Further settings of kube-proxy, as KubeProxyConfiguration knows them."
  type        = any
  default     = {}
}

variable "ignore_preflight_errors" {
  description = "Checks of kubeadm to leave out."
  type        = set(string)
  default     = []
}

variable "ignore_findings" {
  description = "Preflight findings of this provider (PF-...) that are known and accepted."
  type        = set(string)
  default     = []
}

variable "sysctls" {
  description = "Further kernel settings of every host."
  type        = map(string)
  default     = {}
}

variable "worker_labels" {
  description = "Labels of every worker."
  type        = map(string)
  default     = { "node-role.kubernetes.io/worker" = "" }
}
