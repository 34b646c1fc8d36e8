# JSON: reading and writing are native.
