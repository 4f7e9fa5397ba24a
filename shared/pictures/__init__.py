"""What can be known of a picture from its bytes, without I/O."""
