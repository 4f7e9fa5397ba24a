"""What a user would do instead: functions as the samples of Alibaba's documentation have them, run in the same box."""
