"""How requests come in: processes, connections, bodies and threads, before Django sees any."""
