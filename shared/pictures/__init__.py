"""What can be known of a picture from its bytes: pure. Uses no other room."""
