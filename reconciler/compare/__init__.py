"""What differs between two lists of Kubernetes objects, by object and field."""
