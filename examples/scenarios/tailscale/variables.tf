variable "endpoint" {
  description = "An address that no host has, in none of the hosts' networks, or a DNS name that leads to it."
  type        = string
}

variable "tailscale" {
  description = "How the hosts serve it. With a DNS name, address is needed."
  type = object({
    address     = optional(string)
    health_gate = optional(bool)
  })
  default = {}
}

variable "tailscale_api" {
  description = "API of the tailnet's control server, which approves the route; without it the tailnet's policy has to."
  type        = object({ server = optional(string), url = optional(string), key = string })
  default     = null
  sensitive   = true
}

variable "control_plane" {
  description = "Control plane hosts: name to the address at which SSH finds them, their address in the tailnet and, when they are known, SSH host key and what tells one machine of the name from the next, such as a server's id."
  type        = map(object({ address = string, tailnet_address = string, host_key = optional(string), instance_id = optional(string) }))
}

variable "workers" {
  description = "Worker hosts, in the same form."
  type        = map(object({ address = string, tailnet_address = string, host_key = optional(string), instance_id = optional(string) }))
  default     = {}
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
