"""Where renders are kept: on disk, in memory, or shared between replicas."""
