"""The demo organisation: structures with invented names at plausible places, and their pictures.

Nothing here is a result. Pictures are rendered with cracks of known width and go through the real
pipeline, like anybody's photos.
"""
