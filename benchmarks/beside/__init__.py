"""The same broken commits, applied by Argo CD, by Flux and by `reconciler run`."""
