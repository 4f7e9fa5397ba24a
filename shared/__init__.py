"""What all functions share, in rooms: docs/how-it-works.md says what each does, and which of them it may use."""
