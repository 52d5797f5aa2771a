"""The lab: real hosts, their network, their packages and images, on one machine."""
