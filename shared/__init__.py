"""What all functions share, in packages: docs/how-it-works.md says what each does, and which of them it may use."""
