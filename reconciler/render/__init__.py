"""From a tree and a folder in it to manifests, exactly as kustomize build gives them."""
