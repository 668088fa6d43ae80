// Filled by the forgetting file system.
