"""The rules of images: what they are, who sees them, what may become of them. Knows no request."""
