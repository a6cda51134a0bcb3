"""SQLite databases of accounts and containers; the only importer of sqlite3 in Swift."""
