"""Marker cards: families of markers, layouts of our cards, and the page to print.

Facts and drawing that instrument, register and portal share; no Django, NumPy or OpenCV here.
"""
