"""Where image data lives: one abstract class, and a module for each kind of store."""
