"""Looks at an installation of Argo CD for what makes plugins slow or unsafe."""
