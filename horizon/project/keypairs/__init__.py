"""Key pairs: with which one logs in to servers."""
