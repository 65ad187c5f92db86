"""Argo CD's plugin protocol over a socket, answered from the warm kernel."""
