"""Kubernetes objects as data: what they are called, what is in them, what must not be shown."""
