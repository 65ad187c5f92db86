"""What a testbed can have beside the control plane; each module starts one thing."""
