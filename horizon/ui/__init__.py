"""What pages are made of: tables, forms, views, errors, charts and template tags."""
