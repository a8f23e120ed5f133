// Segment's own library for browsers, in a page of jsdom, sending to the server that is named: its package, URL, write key, how
// many events, and whether they go in batches. It is the anonymous visitor who signs up.
const path = require("path");
const [, , where, url, key, count, mode] = process.argv;
const { JSDOM } = require(path.join(where, "../../jsdom"));

const page = new JSDOM("<!doctype html><title>Docs</title>", { url: "https://app.acme.example/docs", pretendToBeVisual: true });
const { window } = page;
for (const name of ["window", "document", "location", "localStorage", "history", "CustomEvent", "Event"]) {
  Object.defineProperty(globalThis, name, { value: name === "window" ? window : window[name], configurable: true, writable: true });
}
Object.defineProperty(globalThis, "navigator", { value: window.navigator, configurable: true, writable: true });
let under = 0, refused = 0;
const send = globalThis.fetch;
globalThis.fetch = window.fetch = async (to, options) => {
  under++;
  try {
    // A page of another origin asks first.
    const asked = await send(to, { method: "OPTIONS", headers: { origin: "https://app.acme.example" } });
    const answer = await send(to, { ...options, keepalive: false });
    refused += asked.ok && answer.ok && answer.headers.get("access-control-allow-origin") === "*" ? 0 : 1;
    return answer;
  } finally {
    under--;
  }
};

const { AnalyticsBrowser } = require(where);
const delivery = mode === "batching" ? { strategy: "batching", config: { size: 10, timeout: 200 } } : { strategy: "standard" };
const host = { apiHost: url.replace("http://", "") + "/v1", protocol: "http", deliveryStrategy: delivery };
const cdnSettings = { integrations: { "Segment.io": { apiKey: key, ...host } } };
(async () => {
  const [analytics] = await AnalyticsBrowser.load({ writeKey: key, cdnSettings }, { integrations: { "Segment.io": host } });
  await analytics.page("Docs");
  const visitor = analytics.user().anonymousId();
  await analytics.identify("ann", { plan: "trial", email: "ann@acme.example" });
  await analytics.group("acme", { name: "Acme" });
  await analytics.alias("ann", visitor);
  for (let number = 0; number < Number(count); number++) await analytics.track("Login", { number });
  while (under > 0) await new Promise((done) => setTimeout(done, 50));
  if (mode === "batching") await new Promise((done) => setTimeout(done, 1000));
  console.log(refused ? `failed: ${refused} were refused` : "sent");
  process.exit(0);
})();
