//! Composing: the bytes are the same for the same letter, parse back to what went in, and hold no header that a text
//! brought along.

use super::letter;
use mail_parser::{MessageParser, MimeHeaders};
use proptest::prelude::*;
use wayfare::connect::mail::*;

fn composed(letter: &Letter) -> String {
    String::from_utf8(compose(letter).unwrap().bytes).unwrap()
}

#[test]
fn a_whole_message_byte_for_byte() {
    let mut letter = letter("Welcome — 50% off ✓", "Hi\n.leading dot\nbye ✓\n", Some("<p>Hi <b>✓</b></p>"));
    letter.unsubscribe = Some(Unsubscribe {
        url: "https://t.acme.example/u/abcdefghijklmnopqrstuvwxyz234567abcdefghijklmnopqrstuvwxyz".into(),
        mailto: Some(Address::parse("u@reply.acme.example").unwrap()),
    });
    letter.thread = Some(Thread {
        messages: vec!["<wf_first@acme.example>".into(), "wf_second@acme.example".into()],
        subject: "Your trial".into(),
    });
    insta::assert_snapshot!(composed(&letter));
}

#[test]
fn the_same_letter_is_the_same_bytes() {
    let one = letter("Hello", "Text", Some("<p>Text</p>"));
    assert_eq!(compose(&one).unwrap(), compose(&one.clone()).unwrap());
    let other = Letter { key: "wf_ffeeddccbbaa99887766554433221100".into(), ..one.clone() };
    assert_ne!(compose(&one).unwrap().message_id, compose(&other).unwrap().message_id);
}

#[test]
fn a_reply_keeps_the_subject_of_its_thread() {
    let subject = |first: &str| {
        let mut letter = letter("Another subject", "x", None);
        letter.thread = Some(Thread { messages: vec!["a@b.c".into()], subject: first.into() });
        MessageParser::default()
            .parse(&compose(&letter).unwrap().bytes)
            .unwrap()
            .subject()
            .unwrap()
            .to_owned()
    };
    assert_eq!(subject("Your trial"), "Re: Your trial");
    assert_eq!(subject("re: Your trial"), "re: Your trial");
}

#[test]
fn a_long_thread_names_its_first_and_last_messages() {
    let mut letter = letter("x", "x", None);
    let messages: Vec<String> = (0..30).map(|n| format!("m{n}@acme.example")).collect();
    letter.thread = Some(Thread { messages, subject: "x".into() });
    let all = headers(&letter);
    let value = |name: &str| all.iter().find(|header| header.name == name).unwrap().value.clone();
    assert_eq!(value("In-Reply-To"), "<m29@acme.example>");
    let references = value("References");
    assert!(references.starts_with("<m0@acme.example> <m19@acme.example>"), "{references}");
    assert!(references.ends_with("<m29@acme.example>"));
}

#[test]
fn addresses_are_checked_and_domains_become_ascii() {
    assert_eq!(Address::parse("Ann@bücher.example").unwrap().as_str(), "Ann@xn--bcher-kva.example");
    for bad in [
        "",
        "@",
        "ann",
        "ann@",
        "@acme.example",
        "ann@acme.example\r\nBcc: x@y.z",
        "ann @acme.example",
        "a\0@acme.example",
        "ann@a..b",
        "ann@acme.example>",
        "<ann@acme.example",
        "ann,bo@acme.example",
        "ann@-acme.example",
        "a@b@c.example",
    ] {
        assert!(Address::parse(bad).is_err(), "{bad:?}");
    }
    let named = Mailbox::parse("\"Acme, \\\"Inc.\\\"\" <team@acme.example>").unwrap();
    assert_eq!(named.name(), Some("Acme, \"Inc.\""));
    assert_eq!(named.to_string(), "\"Acme, \\\"Inc.\\\"\" <team@acme.example>");
    assert_eq!(Mailbox::parse("team@acme.example").unwrap().name(), None);
    assert!(Mailbox::parse("Acme <team@acme.example").is_err());
}

#[test]
fn which_texts_a_message_has() {
    let parts = Parts { text: Some("T"), html: Some("<p>H</p>"), markdown: None };
    assert_eq!(body(Form::Text, &parts).unwrap().html, None);
    let html = body(Form::Html, &parts).unwrap();
    assert_eq!(html.text, "T");
    assert!(html.html.unwrap().contains("<p>H</p>"));
    let markdown =
        Parts { markdown: Some("**Hello**\nAnn, [see](https://acme.example/a?b=1&c=2)"), ..Parts::default() };
    let made = body(Form::Text, &markdown).unwrap();
    assert_eq!(made.text, "Hello\nAnn, see <https://acme.example/a?b=1&c=2>\n");
    assert!(
        made.html
            .unwrap()
            .contains("<p><strong>Hello</strong><br>\nAnn, <a href=\"https://acme.example/a?b=1&amp;c=2\">")
    );
    assert_eq!(body(Form::Html, &Parts { text: Some("T"), ..Parts::default() }), Err(Unfit::Nothing));
    assert_eq!(body(Form::Text, &Parts { html: Some("<p>H</p>"), ..Parts::default() }), Err(Unfit::Nothing));
    assert_eq!(body(Form::Text, &Parts { text: Some(" \n"), ..Parts::default() }), Err(Unfit::Empty));
}

#[test]
fn markdown_brings_no_html_and_no_script() {
    let source = "<script>alert(1)</script>\n\n<b onclick=x>bold</b> [a](javascript:alert(1)) ![p](data:text/html,x) \
                  [b](JaVaScRiPt:x) <javascript:x>";
    let html = body(Form::Text, &Parts { markdown: Some(source), ..Parts::default() }).unwrap().html.unwrap();
    for bad in ["<script", "<b ", "javascript:alert", "\"data:"] {
        assert!(!html.to_lowercase().contains(&bad.to_lowercase()), "{bad} in {html}");
    }
    assert!(html.contains("&lt;script&gt;"));
}

#[test]
fn a_name_in_markdown_stays_a_name() {
    let source = "# Hello {{ name }}\n\n{{ name }}\n- {{ name }}\n\n| a |\n| - |\n| {{ name }} |\n";
    let (template, errors) = wayfare::template::parse(source, wayfare::template::Options::default());
    assert!(errors.is_empty());
    for name in [
        "[free](https://evil.example)",
        "<https://evil.example>",
        "![x](https://evil.example/p.png)",
        "# Big\n\n---\n> x",
        "    code",
        "1. one",
        "a | b",
        "\\[x](y)",
        "&lt;b&gt;",
        "`code` *a* _b_ ~~c~~",
        "[x]: https://evil.example",
    ] {
        let data: wayfare::template::Map =
            [("name", wayfare::template::Value::Text(name.into()))].into_iter().collect();
        let now = wayfare::template::Now { ms: 0, zone: chrono_tz::UTC };
        let limits = wayfare::template::Limits::default();
        let rendered =
            wayfare::template::render(&template, &data, &limits, now, wayfare::template::Escape::Markdown)
                .unwrap();
        let html = body(Form::Text, &Parts { markdown: Some(&rendered.text), ..Parts::default() })
            .unwrap()
            .html
            .unwrap();
        let tags: Vec<&str> =
            html.split('<').skip(1).map(|tag| tag.split(['>', ' ']).next().unwrap()).collect();
        for brought in ["a", "img", "code", "hr", "blockquote", "em", "ol", "del", "pre"] {
            assert!(!tags.contains(&brought), "{brought} from {name}: {html}");
        }
        assert_eq!(tags.iter().filter(|tag| **tag == "h1").count(), 1, "{html}");
        // A value of several lines makes more rows of a table, and brings nothing else.
        let cells = tags.iter().filter(|tag| **tag == "td").count();
        assert!(cells == 1 || name.contains('\n'), "{html}");
    }
}

#[test]
fn styles_are_inlined_and_media_queries_kept() {
    let source = "<html><head><style>p { color: red } @media (max-width: 600px) { p { color: blue } } a:hover { color: green }\
                  </style></head><body><p>Hi</p></body></html>";
    let html = body(Form::Html, &Parts { html: Some(source), ..Parts::default() }).unwrap().html.unwrap();
    assert!(html.contains("<p style=\"color: red;\">Hi</p>"), "{html}");
    assert!(html.contains("@media (max-width: 600px)") && html.contains("a:hover"), "{html}");
    let linked = "<link rel=\"stylesheet\" href=\"https://evil.example/x.css\"><p>Hi</p>";
    let refused =
        body(Form::Html, &Parts { html: Some(linked), ..Parts::default() }).unwrap_err().to_string();
    assert!(refused.contains("https://evil.example/x.css"), "{refused}");
    let file = linked.replace("https://evil.example/x.css", "/etc/passwd");
    assert!(body(Form::Html, &Parts { html: Some(&file), ..Parts::default() }).is_err());
}

const MJML: &str = include_str!("../../cases/mail/welcome.mjml");

#[test]
fn mjml_becomes_html_with_a_readable_text() {
    assert!(is_mjml(MJML) && is_mjml("<!-- x -->\n<mjml>") && !is_mjml("<mjmlx>") && !is_mjml("<p>mjml</p>"));
    let made = body(Form::Html, &Parts { html: Some(MJML), ..Parts::default() }).unwrap();
    let html = made.html.unwrap();
    assert!(html.contains("&lt;b&gt;Ann&lt;/b&gt;"), "a value stays escaped: {html}");
    assert!(html.contains("@media") && !html.contains("<mj-"));
    insta::assert_snapshot!(made.text);
}

#[test]
fn mjml_includes_nothing_and_says_what_is_wrong() {
    for source in [
        "<mjml><mj-body><mj-include path=\"/etc/passwd\" /></mj-body></mjml>",
        "<mjml><mj-head><mj-include path=\"https://evil.example/x.mjml\" /></mj-head><mj-body></mj-body></mjml>",
        "<mjml><mj-body><mj-section></mj-body></mjml>",
    ] {
        let wrong = body(Form::Html, &Parts { html: Some(source), ..Parts::default() }).unwrap_err();
        assert!(matches!(wrong, Unfit::Mjml(_)), "{wrong}");
    }
}

#[test]
fn plain_text_of_html() {
    let html = include_str!("../../cases/mail/newsletter.html");
    insta::assert_snapshot!(plain(html));
}

#[test]
fn leaving_a_list_as_another_parser_reads_it() {
    let mut letter = letter("x", "x", None);
    let both = |letter: &Letter| {
        let all = headers(letter);
        let value =
            |name: &str| all.iter().find(|header| header.name == name).map(|header| header.value.clone());
        (value("List-Unsubscribe").unwrap_or_default(), value("List-Unsubscribe-Post"))
    };
    letter.unsubscribe = Some(Unsubscribe { url: "https://t.acme.example/u/abc".into(), mailto: None });
    let (list, post) = both(&letter);
    let read = list_unsubscribe::parse_with_post(&list, post.as_deref());
    assert_eq!(format!("{read:?}").split([' ', '{', '(']).next(), Some("OneClick"), "{read:?}");
    letter.unsubscribe = Some(Unsubscribe {
        url: "http://t.acme.example/u/abc".into(),
        mailto: Some(Address::parse("u@reply.acme.example").unwrap()),
    });
    let (list, post) = both(&letter);
    assert_eq!(post, None);
    assert!(list.ends_with("<mailto:u@reply.acme.example?subject=unsubscribe>"), "{list}");
    letter.unsubscribe =
        Some(Unsubscribe { url: "https://t.acme.example/>,<https://evil.example".into(), mailto: None });
    assert_eq!(both(&letter), (String::new(), None));
}

#[test]
fn only_the_one_click_of_rfc_8058_unsubscribes() {
    let form = "application/x-www-form-urlencoded";
    assert!(is_one_click(form, b"List-Unsubscribe=One-Click"));
    assert!(is_one_click(form, b"a=b&List-Unsubscribe=One-Click\r\n"));
    let multipart =
        b"--x\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x--\r\n";
    assert!(is_one_click("multipart/form-data; boundary=x", multipart));
    for (kind, body) in [
        (form, b"".as_slice()),
        (form, b"List-Unsubscribe=No"),
        (form, b"XList-Unsubscribe=One-Click"),
        ("multipart/form-data; boundary=y", multipart),
        (
            "multipart/form-data; boundary=x",
            b"--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nOne-Click\r\n--x--",
        ),
    ] {
        assert!(!is_one_click(kind, body), "{kind} {body:?}");
    }
}

/// Names of the headers of a message, as its lines say.
fn header_names(message: &str) -> Vec<&str> {
    let head = message.split("\r\n\r\n").next().unwrap();
    head.lines()
        .filter(|line| !line.starts_with([' ', '\t']))
        .map(|line| line.split(':').next().unwrap())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn what_is_composed_parses_back(subject in any::<String>(), name in any::<String>(), text in any::<String>(), html in any::<String>()) {
        let mut letter = letter(&subject, &text, Some(&html));
        letter.to = Mailbox::new(Some(&name), letter.to.address);
        let bytes = compose(&letter).unwrap().bytes;
        let message = MessageParser::default().parse(&bytes).unwrap();
        let lines = |text: &str| text.replace("\r\n", "\n").replace('\r', "\n");
        prop_assert_eq!(message.subject().unwrap_or_default(), one_line(&subject));
        let to = message.to().unwrap().first().unwrap();
        prop_assert_eq!(to.name().unwrap_or_default(), one_line(&name));
        prop_assert_eq!(to.address(), Some("ann@customer.example"));
        prop_assert_eq!(lines(&message.body_text(0).unwrap()), lines(&text));
        prop_assert_eq!(lines(&message.body_html(0).unwrap()), lines(&html));
        prop_assert!(message.text_part(0).unwrap().content_type().unwrap().subtype() == Some("plain"));
    }

    #[test]
    fn no_text_adds_a_header(
        subject in "(\r|\n|\r\n|\u{85}|\u{2028}|Bcc: x@y.z|=\\?utf-8\\?q\\?=0D=0ABcc:|[ -~]|ä|\0){0,40}",
        name in "(\r|\n|\r\n|\u{2029}|Bcc: x@y.z|\"|\\\\|<|>|,|[ -~]|ß){0,30}",
        first in "(\r\n|Bcc: x@y.z|[ -~]|ö){0,30}",
        id in "(\r\n|<|>|@|[ -~]){0,30}",
    ) {
        let mut letter = letter(&subject, "text", None);
        let plain = compose(&letter).unwrap();
        letter.from = Mailbox::new(Some(&name), letter.from.address);
        letter.to = Mailbox::new(Some(&name), letter.to.address);
        letter.thread = Some(Thread { messages: vec![id], subject: first });
        letter.unsubscribe = Some(Unsubscribe { url: format!("https://x.example/{name}"), mailto: None });
        let message = composed(&letter);
        let known = ["From", "Date", "To", "Subject", "Message-ID", "In-Reply-To", "References", "List-Unsubscribe",
            "List-Unsubscribe-Post", "MIME-Version", "Content-Type", "Content-Transfer-Encoding"];
        let names = header_names(&message);
        for name in &names {
            prop_assert!(known.contains(name), "{} in {}", name, message);
        }
        let mut once = names.clone();
        once.sort_unstable();
        once.dedup();
        prop_assert_eq!(once.len(), names.len());
        prop_assert!(message.is_ascii());
        for line in message.split("\r\n") {
            prop_assert!(line.len() <= 998 && !line.contains(['\r', '\n']), "{:?}", line);
        }
        prop_assert_eq!(compose(&letter).unwrap().recipient, plain.recipient);
    }
}
