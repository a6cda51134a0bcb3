"""One changes the password one logs in with."""
