"""Log-in, project and region switch, log-out."""
