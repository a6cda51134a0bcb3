"""How the pages look: light or dark, language."""
