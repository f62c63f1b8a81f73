"""What every HTTP door shares, over Sanic.

- app: a quiet Sanic application whose every error answer comes from its door; `faults` says what went wrong,
  `statuses` what that is in HTTP.
- serving: one door on one socket: start, stop accepting, drain.
- protocol: a connection with total deadlines and a lingering close; `connections` watches over all of them.
- stream: the requests of a connection: strict chunks, bodies that nobody reads, quick answers.
- head: strict request heads. body: the one bounded reader of bodies, with `inflate` under it.
- bearer, cors: credentials, cross-origin answers.
"""
