"""Networks: what servers are connected to."""
