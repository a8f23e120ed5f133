//! Where the boxes and arrows of a drawing go: in layers from top to bottom, as in Sugiyama's method.
//!
//! Each way out gets an end of its own, so that the drawing is nearly a tree; what is watched all the time is left out.
//! Invariant: no two boxes overlap; the same graph is laid out the same way.

use super::wrap::lines;
use super::{Graph, Shape};

/// Width of a box, in pixels.
const WIDTH: i32 = 212;
/// Width of what is passed by an arrow.
const LANE: i32 = 28;
/// Space between two in a layer.
const GAP: i32 = 26;
/// Space between two layers.
const BETWEEN: i32 = 54;
/// Height of a line of text.
pub const LINE: i32 = 17;
/// Space around everything.
const MARGIN: i32 = 12;
/// How often the layers are gone through to bring near what belongs together.
const SWEEPS: usize = 12;

/// A drawing with its measures, in pixels.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Laid {
    /// Its width.
    pub width: i32,
    /// Its height.
    pub height: i32,
    /// Its boxes.
    pub places: Vec<Place>,
    /// Its arrows.
    pub lines: Vec<Line>,
}

/// A box in its place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// Which box of the graph.
    pub of: usize,
    /// Its left edge.
    pub x: i32,
    /// Its upper edge.
    pub y: i32,
    /// Its width.
    pub width: i32,
    /// Its height.
    pub height: i32,
    /// Its words, line by line.
    pub words: Vec<String>,
}

/// An arrow in its place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// From which place.
    pub from: usize,
    /// To which.
    pub to: usize,
    /// What it passes, from the lower edge of one box to the upper edge of another.
    pub points: Vec<(i32, i32)>,
    /// Its words.
    pub label: String,
}

/// A box, or where an arrow passes a layer.
struct Node {
    /// The place; none: an arrow passes.
    place: Option<usize>,
    layer: usize,
    /// Its middle.
    x: i32,
    width: i32,
    height: i32,
}

/// Lays a graph out.
pub fn layout(graph: &Graph) -> Laid {
    let (of, arrows) = untangled(graph);
    let layers = layers(of.len(), &arrows);
    let mut sheet = Sheet::new(graph, &of, &layers);
    let chains: Vec<Vec<usize>> = arrows.iter().map(|(from, to, _)| sheet.chain(*from, *to)).collect();
    sheet.order();
    sheet.spread();
    sheet.drawn(graph, &of, &arrows, &chains)
}

type Arrows = Vec<(usize, usize, String)>;

/// Which box each place shows, and the arrows between places: every way out with an end of its own.
fn untangled(graph: &Graph) -> (Vec<usize>, Arrows) {
    let is_watch = |at: usize| graph.boxes.get(at).is_none_or(|drawn| drawn.shape == Shape::Watch);
    let is_end = |at: usize| graph.boxes.get(at).is_some_and(|drawn| drawn.shape == Shape::End);
    let shown = (0..graph.boxes.len()).filter(|at| !is_watch(*at) && !is_end(*at));
    let mut of: Vec<usize> = shown.collect();
    let mut arrows = Arrows::new();
    let finish = graph.boxes.iter().position(|drawn| drawn.shape == Shape::End && drawn.label == "finished");
    if let Some(finish) = finish {
        of.push(finish);
    }
    for arrow in graph.arrows.iter().filter(|arrow| !is_watch(arrow.from)) {
        let Some(from) = of.iter().position(|at| *at == arrow.from) else { continue };
        let to = match of.iter().position(|at| *at == arrow.to) {
            Some(to) if !is_end(arrow.to) || Some(arrow.to) == finish => to,
            _ => {
                of.push(arrow.to);
                of.len() - 1
            }
        };
        arrows.push((from, to, arrow.label.clone()));
    }
    (of, arrows)
}

/// How far from the top each place is: one behind the last that leads to it.
fn layers(count: usize, arrows: &Arrows) -> Vec<usize> {
    let mut layers = vec![0_usize; count];
    // As long as anything moves, and never longer than a way through all of them.
    for _ in 0..count {
        let mut moved = false;
        for (from, to, _) in arrows {
            let behind = layers.get(*from).map_or(0, |layer| layer + 1);
            if let Some(layer) = layers.get_mut(*to).filter(|layer| **layer < behind) {
                *layer = behind;
                moved = true;
            }
        }
        if !moved {
            break;
        }
    }
    layers
}

struct Sheet {
    nodes: Vec<Node>,
    layers: Vec<Vec<usize>>,
    links: Vec<(usize, usize)>,
    words: Vec<Vec<String>>,
}

impl Sheet {
    fn new(graph: &Graph, of: &[usize], layers: &[usize]) -> Self {
        let label = |at: &usize| graph.boxes.get(*at).map_or("", |drawn| drawn.label.as_str());
        let is_end = |at: &usize| graph.boxes.get(*at).is_some_and(|drawn| drawn.shape == Shape::End);
        let words: Vec<Vec<String>> = of.iter().map(|at| lines(label(at))).collect();
        let mut sheet =
            Self { nodes: Vec::new(), layers: Vec::new(), links: Vec::new(), words: words.clone() };
        for (place, ((at, layer), words)) in of.iter().zip(layers).zip(&words).enumerate() {
            let (width, extra) = if is_end(at) { (118, 14) } else { (WIDTH, 34) };
            let height = words.len() as i32 * LINE + extra;
            sheet.add(Node { place: Some(place), layer: *layer, x: 0, width, height });
        }
        sheet
    }

    fn add(&mut self, node: Node) -> usize {
        let at = self.nodes.len();
        while self.layers.len() <= node.layer {
            self.layers.push(Vec::new());
        }
        if let Some(layer) = self.layers.get_mut(node.layer) {
            layer.push(at);
        }
        self.nodes.push(node);
        at
    }

    /// The nodes that an arrow goes through.
    fn chain(&mut self, from: usize, to: usize) -> Vec<usize> {
        let layer = |sheet: &Self, at: usize| sheet.nodes.get(at).map_or(0, |node| node.layer);
        let mut chain = vec![from];
        for layer in layer(self, from) + 1..layer(self, to) {
            chain.push(self.add(Node { place: None, layer, x: 0, width: LANE, height: 0 }));
        }
        chain.push(to);
        self.links.extend(chain.iter().copied().zip(chain.iter().copied().skip(1)));
        chain
    }

    fn x(&self, at: usize) -> i32 {
        self.nodes.get(at).map_or(0, |node| node.x)
    }

    /// The mean of those above (or below) that a node is linked to.
    fn mean(&self, at: usize, above: bool) -> Option<i32> {
        let near = self.links.iter().filter_map(|(from, to)| match above {
            true if *to == at => Some(*from),
            false if *from == at => Some(*to),
            _ => None,
        });
        let xs: Vec<i32> = near.map(|near| self.x(near)).collect();
        xs.iter().sum::<i32>().checked_div(xs.len() as i32)
    }

    /// Brings the nodes of each layer into the order of what they hang on.
    fn order(&mut self) {
        self.number();
        for sweep in 0..SWEEPS {
            let above = sweep % 2 == 0;
            for at in self.downwards(above) {
                let Some(layer) = self.layers.get(at).cloned() else { continue };
                let mut keyed: Vec<(i32, usize)> = layer
                    .iter()
                    .map(|node| (self.mean(*node, above).unwrap_or(self.x(*node)), *node))
                    .collect();
                keyed.sort_by_key(|(mean, _)| *mean);
                if let Some(layer) = self.layers.get_mut(at) {
                    *layer = keyed.into_iter().map(|(_, node)| node).collect();
                }
                self.number_layer(at);
            }
        }
    }

    fn downwards(&self, down: bool) -> Vec<usize> {
        let all = 0..self.layers.len();
        if down { all.collect() } else { all.rev().collect() }
    }

    fn number(&mut self) {
        (0..self.layers.len()).for_each(|at| self.number_layer(at));
    }

    /// Puts the nodes of a layer side by side, around the middle.
    fn number_layer(&mut self, at: usize) {
        let layer = self.layers.get(at).cloned().unwrap_or_default();
        let widths: Vec<i32> =
            layer.iter().filter_map(|node| self.nodes.get(*node)).map(|node| node.width).collect();
        let mut x = -(widths.iter().sum::<i32>() + GAP * (widths.len() as i32 - 1)) / 2;
        for (node, width) in layer.into_iter().zip(widths) {
            if let Some(node) = self.nodes.get_mut(node) {
                node.x = x + width / 2;
            }
            x += width + GAP;
        }
    }

    /// Moves nodes towards what they are linked to, as far as there is room.
    fn spread(&mut self) {
        for sweep in 0..=SWEEPS {
            let above = sweep % 2 == 0;
            for at in self.downwards(above) {
                self.settle(at, above);
            }
        }
    }

    /// Half of what pushing to the right gives and half of pushing to the left: both keep the distances.
    fn settle(&mut self, at: usize, above: bool) {
        let layer = self.layers.get(at).cloned().unwrap_or_default();
        let wanted: Vec<i32> =
            layer.iter().map(|node| self.mean(*node, above).unwrap_or(self.x(*node))).collect();
        let half: Vec<i32> =
            layer.iter().filter_map(|node| self.nodes.get(*node)).map(|node| node.width / 2).collect();
        let mut right = Vec::with_capacity(layer.len());
        let mut edge = i32::MIN / 2;
        for (wanted, half) in wanted.iter().zip(&half) {
            let x = (*wanted).max(edge + half);
            edge = x + half + GAP;
            right.push(x);
        }
        let mut left = Vec::with_capacity(layer.len());
        let mut edge = i32::MAX / 2;
        for (wanted, half) in wanted.iter().zip(&half).rev() {
            let x = (*wanted).min(edge - half);
            edge = x - half - GAP;
            left.push(x);
        }
        left.reverse();
        for ((node, right), left) in layer.into_iter().zip(right).zip(left) {
            if let Some(node) = self.nodes.get_mut(node) {
                node.x = i32::midpoint(left, right);
            }
        }
    }

    /// The upper edge and the height of each layer.
    fn heights(&self) -> Vec<(i32, i32)> {
        let mut y = MARGIN;
        let mut heights = Vec::new();
        for layer in &self.layers {
            let of = layer.iter().filter_map(|node| self.nodes.get(*node)).map(|node| node.height);
            let height = of.max().unwrap_or(0);
            heights.push((y, height));
            y += height + BETWEEN;
        }
        heights
    }

    fn drawn(&self, graph: &Graph, of: &[usize], arrows: &Arrows, chains: &[Vec<usize>]) -> Laid {
        let heights = self.heights();
        let left = self.nodes.iter().map(|node| node.x - node.width / 2).min().unwrap_or(0) - MARGIN;
        let right = self.nodes.iter().map(|node| node.x + node.width / 2).max().unwrap_or(0) + MARGIN;
        let top = |node: &Node| heights.get(node.layer).map_or(0, |(y, _)| *y);
        let deep = |node: &Node| heights.get(node.layer).map_or(0, |(_, height)| *height);
        let boxes = self.nodes.iter().filter_map(|node| Some((node, node.place?)));
        let places = boxes.filter_map(|(node, place)| {
            let (of, words) = (*of.get(place)?, self.words.get(place)?.clone());
            let x = node.x - node.width / 2 - left;
            graph.boxes.get(of).map(|_| Place {
                of,
                x,
                y: top(node),
                width: node.width,
                height: node.height,
                words,
            })
        });
        let lines = arrows.iter().zip(chains).map(|((from, to, label), chain)| {
            let mut points = Vec::new();
            for (place, node) in chain.iter().filter_map(|at| self.nodes.get(*at)).enumerate() {
                let (x, y) = (node.x - left, top(node));
                let bottom = if node.place.is_some() { y + node.height } else { y + deep(node) };
                let (is_first, is_last) = (place == 0, place + 1 == chain.len());
                if !is_first {
                    points.push((x, y));
                }
                if !is_last {
                    points.push((x, bottom));
                }
            }
            Line { from: *from, to: *to, points, label: label.clone() }
        });
        let height = heights.last().map_or(0, |(y, height)| y + height) + MARGIN;
        Laid { width: right - left, height, places: places.collect(), lines: lines.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Arrow, Box};

    fn graph(shapes: &[Shape], arrows: &[(usize, usize)]) -> Graph {
        let boxes = shapes.iter().map(|shape| Box { shape: *shape, label: "x".into(), step: None }).collect();
        let arrow =
            |(from, to): &(usize, usize)| Arrow { from: *from, to: *to, label: String::new(), dotted: false };
        Graph { title: "t".into(), boxes, arrows: arrows.iter().map(arrow).collect() }
    }

    #[test]
    fn boxes_do_not_overlap_and_each_way_out_has_its_own_end() {
        use Shape::{Condition, End, Step, Trigger, Watch};
        let shapes = [Trigger, Condition, Step, Condition, Step, End, Watch, Step];
        let arrows = [(0, 1), (1, 2), (1, 3), (3, 4), (3, 5), (1, 5), (2, 7), (4, 7), (6, 5), (0, 7)];
        let laid = layout(&graph(&shapes, &arrows));
        assert_eq!(laid.places.len(), 8, "{laid:?}");
        assert_eq!(laid.lines.len(), 9);
        for (at, one) in laid.places.iter().enumerate() {
            for other in &laid.places[at + 1..] {
                let apart = one.x + one.width <= other.x
                    || other.x + other.width <= one.x
                    || one.y + one.height <= other.y
                    || other.y + other.height <= one.y;
                assert!(apart, "{one:?} {other:?}");
            }
            assert!(one.x >= 0 && one.x + one.width <= laid.width && one.y + one.height <= laid.height);
        }
        for line in &laid.lines {
            assert!(line.points.windows(2).all(|pair| pair[0].1 <= pair[1].1), "{line:?}");
        }
        assert!(layout(&graph(&[], &[])).places.is_empty());
    }
}
