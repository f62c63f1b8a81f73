-- Posts the bodies of a file (separated by 0x1e) in turn. Arguments: the file, the API key, the media type.

local requests, position = {}, 0

function init(arguments)
   wrk.method = "POST"
   wrk.headers["Authorization"] = "Bearer " .. arguments[2]
   wrk.headers["Content-Type"] = arguments[3]
   local file = assert(io.open(arguments[1], "rb"))
   for body in file:read("*a"):gmatch("[^\30]+") do
      requests[#requests + 1] = wrk.format(nil, nil, nil, body)
   end
   file:close()
end

function request()
   position = position % #requests + 1
   return requests[position]
end

function done(summary, latency)
   local errors = summary.errors
   io.write(string.format(
      '{"requests": %d, "microseconds": %d, "p50_microseconds": %d, "p99_microseconds": %d, "refused": %d, "broken": %d}\n',
      summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
      errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
