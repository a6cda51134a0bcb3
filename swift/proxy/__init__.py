"""The public API: finds the nodes of a name, asks enough of them, answers the client."""
