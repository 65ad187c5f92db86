"""A Kubernetes control plane of plain processes on this machine, to try things on."""
