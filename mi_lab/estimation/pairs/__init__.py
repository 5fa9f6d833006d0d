"""MI of pairs that are given: read, checked, estimated, and told with what speaks against it."""
