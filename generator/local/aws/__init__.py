"""The emulated AWS: one WSGI application in front of moto that really runs jobs and endpoints."""
