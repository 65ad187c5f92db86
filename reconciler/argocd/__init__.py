"""Argo CD's config management plugin: its protocol, served straight from the warm kernel."""
