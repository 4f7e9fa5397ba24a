"""Where the functions log: project, logstore and index of Simple Log Service."""
