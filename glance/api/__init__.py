"""The HTTP faces: v1, v2 and the registry's. Parse, ask the policy, call the rules, render."""
