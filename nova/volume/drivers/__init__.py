"""Ways to keep volumes, behind nova.volume.driver.Driver."""
