"""Services, endpoints, regions, and the catalog made of them."""
