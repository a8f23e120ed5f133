// Segment's own Node client, sending to the server that is named: its package, URL, write key, how many events.
const [, , where, url, key, count] = process.argv;
const { Analytics } = require(where);

const analytics = new Analytics({ writeKey: key, host: url });
const failed = [];
analytics.on("error", (error) => failed.push(String(error.reason || error.code)));
analytics.identify({ userId: "ann", traits: { plan: "trial", email: "ann@acme.example" } });
analytics.group({ userId: "ann", groupId: "acme", traits: { name: "Acme" } });
for (let number = 0; number < Number(count); number++) {
  analytics.track({ userId: "ann", event: "Login", properties: { number } });
}
analytics.page({ userId: "ann", name: "Docs" });
analytics.closeAndFlush({ timeout: 20000 }).then(() => console.log(failed.length ? "failed: " + failed[0] : "sent"));
