"""Pictures of cracked concrete with exact truth, for the demo, the tests, training and benchmarks.

>>> from inference.render.scenes import random_scene, random_view
>>> from inference.render.photo import render
>>> photo = render(random_scene(7, 512, 512), random_view(7))
"""
