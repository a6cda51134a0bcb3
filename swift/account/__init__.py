"""Account databases: the containers of an account."""
