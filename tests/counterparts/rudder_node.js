// RudderStack's own Node client, which packs its batches as a form: its package, URL, write key, how many events.
const [, , where, url, key, count] = process.argv;
const Analytics = require(where).default || require(where);

const client = new Analytics(key, { dataPlaneUrl: url, gzip: true });
const failed = [];
const noted = (error) => error && failed.push(String(error));
client.identify({ userId: "ann", traits: { plan: "trial", email: "ann@acme.example" } }, noted);
for (let number = 0; number < Number(count); number++) {
  client.track({ userId: "ann", event: "Login", properties: { number } }, noted);
}
client.flush().then(() => console.log(failed.length ? "failed: " + failed[0] : "sent"), (error) => console.log("failed: " + error));
