"""What Argo CD is told of the environments: projects and sets of Applications."""
