"""essex-operator: tells over HTTP how the cloud's part on one host is doing. Reads the status and trace files of the
daemons beside it, knows no service and no database.
"""
