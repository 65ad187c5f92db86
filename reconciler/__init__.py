"""A GitOps system for fleets of long-running nodes."""

__version__ = "0.1.0"
DISTRIBUTION = "gitops-reconciler"  # on package indexes, where `reconciler` is somebody else's
