"""What every function runs on."""
