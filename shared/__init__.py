"""What all functions share, in seven rooms: entry, pipeline, jobs, vendors, cloud, pictures, messages.

Each may use the ones after it. `errors`, which uses only messages, and `log` are for all of them.
"""
