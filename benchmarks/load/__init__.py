"""Load for the judging server: a workspace to serve, and judges that ask."""
