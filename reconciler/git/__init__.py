"""Trees, blobs and commits; nothing here knows Kubernetes."""
