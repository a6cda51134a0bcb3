"""What is stuck or failed, why, and how to end it."""
