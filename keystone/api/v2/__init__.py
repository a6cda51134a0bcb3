"""Identity API v2.0, the face of Essex: the default domain alone, projects called tenants."""
