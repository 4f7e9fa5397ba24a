"""Who is told when photos are not served, and the dashboard."""
