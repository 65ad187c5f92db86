"""YAML and JSON: read with places, edited line by line, written so that nobody misreads it."""
