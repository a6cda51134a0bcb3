"""Overview: what matters now, what the project may have, what it used."""
