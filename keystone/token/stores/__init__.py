"""Where UUID tokens are kept: `[token] driver`."""
