"""What a cluster, or whoever runs it, would have against an app: found before it gets there."""
