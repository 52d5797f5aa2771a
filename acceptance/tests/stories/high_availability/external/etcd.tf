variable "etcd_endpoints" {
  description = "Where the servers of etcd are reached."
  type        = list(string)
}
