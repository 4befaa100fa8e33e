"""Problems of the comments that ignore problems."""
