"""Measurements beside kustomize: make bench. Ratios count, absolute times are the machine's."""
