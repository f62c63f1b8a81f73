"""The store on MongoDB: a replica set or a sharded cluster, shared by any number of server processes."""
