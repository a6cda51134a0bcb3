"""The parts of tools/build-guest-image; standard library only, as it runs before any virtual environment exists."""
