"""The Block Storage API, v3; v2 is the same without microversions."""
