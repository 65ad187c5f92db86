"""What somebody asks of a cluster, with whatever rights they have: nothing is written."""
