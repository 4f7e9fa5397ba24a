"""The alarms that report photos which are not served, and the dashboard."""
