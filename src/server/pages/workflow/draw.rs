//! The flow of a workflow as SVG, with who stands where and how often each step was reached.

use crate::graph::{Graph, Laid, Line, Place, Shape, layout};
use crate::server::pages::view::{count, grouped};
use maud::{Markup, html};
use serde_json::Value;

/// The drawing, and what is watched all the time beside it.
pub(super) fn flow(graph: &Graph, workflow: &Value) -> Markup {
    let laid = layout(graph);
    let watched = graph.arrows.iter().filter(|arrow| arrow.dotted);
    let watched =
        watched.filter_map(|arrow| Some((graph.boxes.get(arrow.from)?, graph.boxes.get(arrow.to)?)));
    html! {
        ul.watched {
            @for (what, end) in watched {
                li { span.quiet { "At any time: " } code { (what.label) } span.quiet { " → " (end.label) } }
            }
        }
        div.scroll.flow tabindex="0" role="region" aria-label="The flow as a drawing" {
            svg width=(laid.width) height=(laid.height) viewBox={ "0 0 " (laid.width) " " (laid.height) } role="img" aria-labelledby="flow-title" {
                title #flow-title { "The steps of " (graph.title) " from top to bottom; the table below has the same counts" }
                defs { marker #head viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto-start-reverse" { path.tip d="M0 0L10 5L0 10z" {} } }
                @for line in &laid.lines { (arrow(line, &laid, graph, workflow)) }
                @for place in &laid.places { (node(place, graph, workflow)) }
            }
        }
    }
}

/// What the API says of the step of a box.
fn step<'w>(graph: &Graph, place: &Place, workflow: &'w Value) -> Option<&'w Value> {
    let drawn = graph.boxes.get(place.of)?;
    workflow["steps"].get(drawn.step?)
}

/// How often a step was reached, of one that is counted.
fn reached(step: &Value) -> u64 {
    ["done", "waited", "skipped", "failed"].iter().map(|name| count(&step["counts"][*name])).sum()
}

fn is_counted(shape: Shape) -> bool {
    matches!(shape, Shape::Step | Shape::Wait)
}

fn arrow(line: &Line, laid: &Laid, graph: &Graph, workflow: &Value) -> Markup {
    let mut path = String::new();
    for (at, (x, y)) in line.points.iter().enumerate() {
        match at.checked_sub(1).and_then(|before| line.points.get(before)) {
            None => path.push_str(&format!("M{x} {y}")),
            // Behind every second point a layer is passed, straight down.
            Some(_) if at % 2 == 0 => path.push_str(&format!("L{x} {y}")),
            Some((from, above)) => {
                let middle = i32::midpoint(*above, *y);
                path.push_str(&format!("C{from} {middle} {x} {middle} {x} {y}"));
            }
        }
    }
    let one_way = laid.lines.iter().filter(|other| other.to == line.to).count() == 1;
    let target = laid.places.iter().filter(|_| one_way).nth(line.to);
    let counted = target.and_then(|place| {
        let shape = graph.boxes.get(place.of)?.shape;
        step(graph, place, workflow).filter(|_| is_counted(shape)).map(reached)
    });
    let label = match counted.filter(|count| *count > 0) {
        Some(count) if line.label.is_empty() => grouped(count),
        Some(count) => format!("{} · {}", line.label, grouped(count)),
        None => line.label.clone(),
    };
    let first = line.points.first().copied().unwrap_or_default();
    let second = line.points.get(1).copied().unwrap_or(first);
    let at = (first.0 + (second.0 - first.0) * 3 / 4, first.1 + (second.1 - first.1) * 3 / 5 + 4);
    html! {
        path.arrow d=(path) marker-end="url(#head)" {}
        @if !label.is_empty() { text.along x=(at.0) y=(at.1) text-anchor="middle" { (label) } }
    }
}

fn class(shape: Shape) -> &'static str {
    match shape {
        Shape::Trigger => "trigger",
        Shape::Condition => "condition",
        Shape::Step => "step",
        Shape::Wait => "wait",
        Shape::Watch => "watch",
        Shape::End => "end",
    }
}

fn node(place: &Place, graph: &Graph, workflow: &Value) -> Markup {
    let shape = graph.boxes.get(place.of).map_or(Shape::Step, |drawn| drawn.shape);
    let round = if shape == Shape::End { place.height / 2 } else { 10 };
    let step = step(graph, place, workflow);
    let now = step.map(|step| count(&step["at_now"])).filter(|now| *now > 0 && is_counted(shape));
    let through = step.filter(|_| is_counted(shape)).map(reached);
    let word = match shape {
        Shape::Trigger => "starts it",
        Shape::Condition => "asks",
        Shape::Wait => "waits",
        Shape::Step => "does",
        _ => "",
    };
    let middle = place.x + place.width / 2;
    html! {
        g class={ "box " (class(shape)) } {
            rect x=(place.x) y=(place.y) width=(place.width) height=(place.height) rx=(round) {}
            @if shape == Shape::End {
                text x=(middle) y=(place.y + place.height / 2 + 4) text-anchor="middle" { (place.words.join(" ")) }
            } @else {
                text.kind x=(place.x + 12) y=(place.y + 18) { (word) }
                @if let Some(through) = through { text.through x=(place.x + place.width - 12) y=(place.y + 18) text-anchor="end" { (grouped(through)) " passed" } }
                @for (at, words) in (0i32..).zip(&place.words) {
                    text x=(place.x + 12) y=(place.y + 37 + at * 17) { (words) }
                }
            }
            @if let Some(now) = now {
                @let label = format!("{} here now", grouped(now));
                @let width = label.len() as i32 * 7 + 14;
                rect.now x=(place.x + place.width - width + 8) y=(place.y + place.height - 10) width=(width) height="20" rx="10" {}
                text.now x=(place.x + place.width - width / 2 + 8) y=(place.y + place.height + 4) text-anchor="middle" { (label) }
            }
        }
    }
}
