// What a page of https://shop.example has that Node lacks, so that examples for pages run as they stand: requests
// carry the page's origin, a preflight comes before those that need one, and answers it may not read are failures.
const ORIGIN = "https://shop.example";
const SIMPLE_TYPES = ["text/plain"];
const send = globalThis.fetch;

function require(holds, what) {
  if (!holds) throw new Error(what);
}

async function ask(url, options) {
  const headers = new Headers(options.headers);
  const method = options.method ?? "GET";
  const custom = [...headers.keys()].filter((name) => name !== "content-type" || !SIMPLE_TYPES.includes(headers.get(name)));
  if (custom.length) {
    const preflight = await send(url, { method: "OPTIONS", headers: { origin: ORIGIN, "access-control-request-method": method } });
    const allowed = preflight.headers.get("access-control-allow-headers").split(", ");
    require(preflight.ok && custom.every((name) => allowed.includes(name)), `The preflight of ${url} refuses ${custom}`);
  }
  headers.set("origin", ORIGIN);
  const answer = await send(url, { ...options, headers });
  require(answer.headers.get("access-control-allow-origin") === ORIGIN, `The page may not read the answer of ${url}`);
  require(answer.ok, `${url} answers ${answer.status} ${await answer.clone().text()}`);
  return answer;
}

function sendBeacon(url, data) {
  ask(url, { method: "POST", headers: { "content-type": "text/plain" }, body: data });
  return true;
}

globalThis.fetch = ask;
// The page is left as soon as it listens.
globalThis.addEventListener = (_, listener) => listener();
Object.defineProperty(globalThis, "navigator", { value: { sendBeacon } });
Object.defineProperty(globalThis, "location", { value: { href: `${ORIGIN}/cart` } });
