"""What ``tools/make_docs.py`` writes: pages of laws, their lists, and the pictures of the guide."""
