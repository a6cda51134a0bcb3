"""The one-host cloud: `essex up`, `down`, `status`, `openrc`, `trace`, `demo`.

Starts services by the names of their entry modules and talks to them over HTTP like any client; imports none.
"""
