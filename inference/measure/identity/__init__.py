"""Which crack it is: two photos of one face laid upon each other, their cracks compared."""
