"""Users of other identity providers: who they are, how they map to users here, and this service as a provider."""
