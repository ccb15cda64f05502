"""Marker cards: families of markers, what our cards carry and where, and the page that is printed.

Facts and drawing that instrument, register and portal share; no Django, NumPy or OpenCV here.
"""
