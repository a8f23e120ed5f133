//! Tracking: what is rewritten and what is left alone; people and machines.

use proptest::prelude::*;
use wayfare::connect::mail::*;

fn keys() -> Keys {
    Keys::new([b"0123456789abcdef0123456789abcdef".as_slice()]).unwrap()
}

fn message() -> MessageKey {
    MessageKey::parse("wf_00112233445566778899aabbccddeeff").unwrap()
}

fn tracking<'a>(keys: &'a Keys, utm: Option<&'a Utm>) -> Tracking<'a> {
    Tracking {
        base: "https://t.acme.example",
        keys,
        message: message(),
        opens: true,
        clicks: true,
        utm,
        unsubscribe: Some("https://t.acme.example/u/abc"),
    }
}

const HTML: &str = include_str!("../../cases/mail/links.html");

#[test]
fn links_of_the_web_are_counted_and_all_else_is_left_alone() {
    let keys = keys();
    let utm = Utm { source: Some("wayfare".into()), medium: Some("e-mail & more".into()), campaign: None };
    let rewritten = rewrite(HTML, &tracking(&keys, Some(&utm)));
    let mut html = rewritten.html;
    for (place, _) in rewritten.links.iter().enumerate() {
        html = html.replace(&keys.token(Purpose::Click(place as u16), message()), &format!("CLICK{place}"));
    }
    html = html.replace(&keys.token(Purpose::Open, message()), "OPEN");
    insta::assert_snapshot!(format!("{html}\n---\n{}", rewritten.links.join("\n")));
}

#[test]
fn off_is_off() {
    let keys = keys();
    let off = Tracking { opens: false, clicks: false, ..tracking(&keys, None) };
    let rewritten = rewrite(HTML, &off);
    assert_eq!((rewritten.html.as_str(), rewritten.links.len()), (HTML, 0));
}

#[test]
fn people_and_machines() {
    let person = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)";
    let judge = |method, agent, more: &[(&str, &str)], since_sent, other_links| {
        let mut headers = vec![("User-Agent", agent)];
        headers.extend(more);
        classify(&Hit { method, headers: &headers, since_sent, other_links })
    };
    assert_eq!(judge("GET", person, &[], Some(60_000), 0), Visitor::Person);
    assert_eq!(judge("GET", person, &[], None, 2), Visitor::Person);
    assert_eq!(judge("HEAD", person, &[], None, 0), Visitor::Probe);
    assert_eq!(judge("GET", "Mozilla/5.0", &[], None, 0), Visitor::Machine(Machine::ApplePrivacy));
    let gmail = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)";
    assert_eq!(judge("GET", gmail, &[], None, 0), Visitor::Machine(Machine::ImageProxy));
    assert_eq!(
        judge("GET", "YahooMailProxy; https://help.yahoo.com", &[], None, 0),
        Visitor::Machine(Machine::ImageProxy)
    );
    assert_eq!(judge("GET", "", &[], None, 0), Visitor::Machine(Machine::Scanner));
    assert_eq!(judge("GET", "python-requests/2.32", &[], None, 0), Visitor::Machine(Machine::Scanner));
    assert_eq!(
        judge("GET", person, &[("Sec-Purpose", "prefetch;prerender")], None, 0),
        Visitor::Machine(Machine::Prefetch)
    );
    assert_eq!(judge("GET", person, &[], Some(800), 0), Visitor::Machine(Machine::TooFast));
    assert_eq!(judge("GET", person, &[], Some(60_000), 5), Visitor::Machine(Machine::TooFast));
}

#[test]
fn the_pixel_is_a_gif_of_43_bytes() {
    assert_eq!((&PIXEL[..6], PIXEL[42]), (b"GIF89a".as_slice(), b';'));
}

proptest! {
    #[test]
    fn any_html_can_be_rewritten(html in "(<a href=\"https://x.example/?a=1&b\">|<a href='//y'>|</a>|<body>|</body>|<!--|-->|<script>|</script>|<area href=http://z.example>|<|>|\"|[a-z é&=]){0,40}") {
        let keys = keys();
        let rewritten = rewrite(&html, &tracking(&keys, None));
        prop_assert!(rewritten.html.len() >= html.len() / 2);
        // Rewriting again finds only our own links, each of which leads nowhere but to us.
        prop_assert!(rewritten.links.iter().all(|link| link.starts_with("http")));
        let off = Tracking { opens: false, clicks: false, ..tracking(&keys, None) };
        prop_assert_eq!(rewrite(&html, &off).html, html);
    }
}
