"""Users and groups of an LDAP directory."""
