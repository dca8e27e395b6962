"""The SCIM 2.0 server (RFC 7642 to 7644): people and groups, written by somebody's directory.

Only `door` is loaded with the process: everything else stands on pydantic, which waits for the first request.
"""
