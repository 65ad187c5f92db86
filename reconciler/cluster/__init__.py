"""The Kubernetes clusters that environments run in."""
