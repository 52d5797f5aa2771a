variable "first" {
  description = "The member by which the cluster is reached."
  type        = object({ name = string, address = string, node_ip = string, host_key = string })
}
