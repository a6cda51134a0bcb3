"""The metadata service: what a server learns about itself at 169.254.169.254, or from its config drive."""
