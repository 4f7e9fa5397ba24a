"""What `s.yaml` asks for, what Function Compute has, and how the one becomes the other."""
