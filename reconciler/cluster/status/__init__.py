"""Whether an object is well, by what its controller writes of it: a file a family of kinds."""
