//! Boxes and arrows as Mermaid and as Graphviz dot. Every label is quoted, so no word of a user's text is syntax.

use super::flow::{Arrow, Graph, Shape};
use std::fmt::Write;

/// A flowchart with one frame a workflow.
pub fn mermaid(graphs: &[Graph]) -> String {
    let mut text = String::from("flowchart TD\n");
    for (frame, graph) in graphs.iter().enumerate() {
        let _ = writeln!(text, "  subgraph w{frame}[\"{}\"]", mermaid_text(&graph.title));
        for (at, drawn) in graph.boxes.iter().enumerate() {
            let (open, close) = mermaid_shape(drawn.shape);
            let _ = writeln!(text, "    w{frame}n{at}{open}\"{}\"{close}", mermaid_text(&drawn.label));
        }
        for arrow in &graph.arrows {
            let _ = writeln!(text, "    w{frame}n{}{}w{frame}n{}", arrow.from, mermaid_line(arrow), arrow.to);
        }
        text.push_str("  end\n");
    }
    text
}

fn mermaid_shape(shape: Shape) -> (&'static str, &'static str) {
    match shape {
        Shape::Trigger => ("([", "])"),
        Shape::Condition => ("{", "}"),
        Shape::Step => ("[", "]"),
        Shape::Wait => ("[/", "/]"),
        Shape::Watch => ("{{", "}}"),
        Shape::End => ("((", "))"),
    }
}

fn mermaid_line(arrow: &Arrow) -> String {
    let line = if arrow.dotted { " -.->" } else { " -->" };
    if arrow.label.is_empty() {
        format!("{line} ")
    } else {
        format!("{line}|\"{}\"| ", mermaid_text(&arrow.label))
    }
}

/// Mermaid has no escapes but entities, written with `#`; between quotes the rest is plain text.
fn mermaid_text(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' => escaped.push_str("#quot;"),
            '#' => escaped.push_str("#35;"),
            // `%%{` begins an order to Mermaid, in quotes too.
            '%' => escaped.push_str("#37;"),
            '&' => escaped.push_str("#amp;"),
            '<' => escaped.push_str("#lt;"),
            ';' => escaped.push_str("#59;"),
            '`' => escaped.push_str("#96;"),
            '\\' => escaped.push_str("#92;"),
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

/// A directed graph with one cluster a workflow.
pub fn dot(graphs: &[Graph]) -> String {
    let mut text = String::from(
        "digraph wayfare {\n  node [fontname=\"sans-serif\"]\n  edge [fontname=\"sans-serif\"]\n",
    );
    for (frame, graph) in graphs.iter().enumerate() {
        let _ = writeln!(text, "  subgraph cluster_{frame} {{\n    label={}", dot_text(&graph.title));
        for (at, drawn) in graph.boxes.iter().enumerate() {
            let _ = writeln!(
                text,
                "    w{frame}n{at} [{}, label={}]",
                dot_shape(drawn.shape),
                dot_text(&wrapped(&drawn.label))
            );
        }
        for arrow in &graph.arrows {
            let style = if arrow.dotted { ", style=dotted" } else { "" };
            let label = dot_text(&arrow.label);
            let _ =
                writeln!(text, "    w{frame}n{} -> w{frame}n{} [label={label}{style}]", arrow.from, arrow.to);
        }
        text.push_str("  }\n");
    }
    text.push_str("}\n");
    text
}

fn dot_shape(shape: Shape) -> &'static str {
    match shape {
        Shape::Trigger => "shape=box, style=rounded",
        Shape::Condition => "shape=diamond",
        Shape::Step => "shape=box",
        Shape::Wait => "shape=parallelogram",
        Shape::Watch => "shape=hexagon",
        Shape::End => "shape=ellipse",
    }
}

/// Graphviz breaks no lines by itself.
fn wrapped(label: &str) -> String {
    let (mut text, mut column) = (String::new(), 0);
    for word in label.split(' ') {
        let width = word.chars().count();
        if column > 0 && column + width >= 32 {
            text.push('\n');
            column = 0;
        } else if column > 0 {
            text.push(' ');
        }
        text.push_str(word);
        column += width + 1;
    }
    text
}

fn dot_text(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("\"{escaped}\"")
}

#[cfg(test)]
mod tests {
    use super::{dot_text, mermaid_text};

    #[test]
    fn no_text_breaks_out_of_its_quotes() {
        assert_eq!(
            mermaid_text("say \"hi\" #1 <b> `x`; %%{init}%% end"),
            "say #quot;hi#quot; #35;1 #lt;b> #96;x#96;#59; #37;#37;{init}#37;#37; end"
        );
        assert_eq!(dot_text("a \"b\" \\ c\nd"), "\"a \\\"b\\\" \\\\ c\\nd\"");
    }
}
