//! Calendars: zones that there are, hours that do not overlap, days in their order.

use super::checked::*;
use super::cx::Cx;
use super::lookup::quoted;
use super::once::Once;
use crate::base::{Node, Span};
use crate::diag::{Code, Diagnostic, suggest};
use crate::syntax::ast::{self, CalendarItemKind};
use std::sync::Arc;

/// Minutes of a day.
const DAY: u16 = 1440;
/// The days of a week, Monday first.
const WEEK: [Weekday; 7] =
    [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];

/// Checks all calendars.
pub(super) fn calendars(cx: &mut Cx<'_>) {
    let names = cx.names;
    for entry in names.calendars.iter() {
        let calendar = calendar(cx, entry.decl, Arc::clone(&entry.name), entry.span);
        cx.out.calendars.push(calendar);
    }
}

/// A stretch of minutes of a week, with its place in the text.
struct Stretch {
    from: u32,
    to: u32,
    span: Span,
}

fn calendar(cx: &mut Cx<'_>, decl: &ast::Calendar, name: Arc<str>, span: Span) -> Calendar {
    let mut made = Calendar { name, zone: None, hours: Default::default(), closed: Vec::new(), span };
    let mut zone_name = Once::default();
    let mut stretches = Vec::new();
    for item in &decl.items {
        match &item.kind {
            CalendarItemKind::Zone(text) => {
                zone_name.put(cx, text, item.at.0, (Code::DuplicateItem, "the zone"));
            }
            CalendarItemKind::Hours { first, last, from, to } => {
                hours(cx, &mut made, (first, last), (from, to), &mut stretches);
            }
            CalendarItemKind::Closed { first, last } => {
                if last.node < first.node {
                    backward(cx, item.at.0, "these days end before they begin");
                } else {
                    made.closed.push((first.node, last.node));
                }
            }
        }
    }
    made.zone = zone_name.value().and_then(|text| zone(cx, text));
    made.hours.iter_mut().for_each(|day| day.sort());
    overlaps(cx, stretches);
    made
}

fn backward(cx: &mut Cx<'_>, span: Span, message: &str) {
    cx.report(Diagnostic::new(Code::BackwardDays, span, message).help("write the earlier day first"));
}

fn hours(
    cx: &mut Cx<'_>,
    made: &mut Calendar,
    (first, last): (&Node<Weekday>, &Node<Weekday>),
    (from, to): (&Node<Clock>, &Node<Clock>),
    stretches: &mut Vec<Stretch>,
) {
    if last.node < first.node {
        let message = "these days of the week end before they begin";
        return backward(cx, first.span().to(last.span()), message);
    }
    if from.node == to.node {
        let empty =
            Diagnostic::new(Code::EmptyHours, from.span().to(to.span()), "these hours have no length");
        return cx.report(empty.help("for a whole day write `00:00..24:00`"));
    }
    for (day, hours) in WEEK.iter().zip(&mut made.hours) {
        if (first.node..=last.node).contains(day) {
            hours.push((from.node, to.node));
            let start = *day as u32 * u32::from(DAY);
            let (from, to_) = (u32::from(from.node.0), u32::from(to.node.0));
            let end = if to_ <= from { to_ + u32::from(DAY) } else { to_ };
            stretches.push(Stretch { from: start + from, to: start + end, span: first.span().to(to.span()) });
        }
    }
}

/// Hours that overlap, the night from Sunday to Monday too.
fn overlaps(cx: &mut Cx<'_>, mut stretches: Vec<Stretch>) {
    let week = 7 * u32::from(DAY);
    let over: Vec<Stretch> = stretches
        .iter()
        .filter(|stretch| stretch.to > week)
        .map(|stretch| Stretch { from: 0, to: stretch.to - week, span: stretch.span })
        .collect();
    stretches.extend(over);
    stretches.sort_by_key(|stretch| (stretch.from, stretch.to));
    for pair in stretches.windows(2) {
        if let [one, two] = pair
            && two.from < one.to
        {
            let (first, second) = if one.span <= two.span { (one, two) } else { (two, one) };
            let overlap =
                Diagnostic::new(Code::OverlappingHours, second.span, "these hours overlap with others");
            return cx.report(overlap.other(first.span, "with these").help("let each hour stand once"));
        }
    }
}

/// The zone of that name of the IANA database.
pub(super) fn zone(cx: &mut Cx<'_>, text: &ast::Text) -> Option<Arc<str>> {
    if text.value.parse::<chrono_tz::Tz>().is_ok() {
        return Some(cx.intern(&text.value));
    }
    let message = format!("there is no time zone `{}`", text.value);
    let unknown = Diagnostic::new(Code::UnknownZone, text.at.0, message);
    let names = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name());
    let city = names
        .clone()
        .find(|name| name.rsplit('/').next().is_some_and(|city| city.eq_ignore_ascii_case(&text.value)));
    cx.fail(match city.or_else(|| suggest::nearest(&text.value, names)) {
        Some(near) => unknown.help(format!("did you mean `{near}`?")).fix(text.at.0, quoted(near)),
        None => unknown.help("write it as the IANA time zone database does: `Europe/Paris`"),
    })
}
