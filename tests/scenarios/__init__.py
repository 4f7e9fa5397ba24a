"""The whole line in the cloud in a box: real functions in processes of their own, real HTTP, real pictures."""
