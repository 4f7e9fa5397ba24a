"""Everything that touches the network: OSS, the vendors' HTTP, Function Compute."""
