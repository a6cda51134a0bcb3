"""The OpenStack Compute API: /v2.1 with microversions, the older faces /v2 and /v1.1, one set of controllers."""
