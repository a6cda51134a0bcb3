"""The OpenStack Compute API: /v2.1 with microversions, and the older faces /v2 and /v1.1, from one set of controllers."""
