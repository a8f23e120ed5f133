//! A document that knows where it may break, and the laying out of it in lines of at most [`WIDTH`] characters.
//!
//! In: a flat list of pieces (texts, gaps, comments, the edges of groups and of indentation), pushed in the order of
//! the source. Out: [`Row`]s. A group stands on one line if it fits together with what follows it up to the next gap
//! that may break; else every line gap directly in it becomes a new line (Wadler's rule). Invariant: nothing ever
//! follows a comment on its line, so no comment swallows code. Measuring and laying out are two passes over the list
//! without recursion, linear in its length. Not here: what is laid out how. Tests: `tests/it/format.rs`.

/// The longest line that is not broken where it may be.
pub const WIDTH: usize = 100;

/// Spaces for each step of indentation.
const STEP: usize = 2;

/// What stands between two texts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Gap {
    /// Nothing.
    Tight,
    /// A space.
    Space,
    /// So many spaces where the group is broken, else one: columns.
    Column(usize),
    /// A space, or a new line where the group is broken and what follows, up to the next gap that may be one, does not
    /// fit.
    Fill,
    /// So many spaces, or a new line where the group is broken.
    Line(usize),
    /// A new line.
    Hard,
    /// A new line with an empty one before it.
    Blank,
}

#[derive(Debug)]
enum Piece {
    Text(String),
    Gap(Gap),
    /// `own`: on a line of its own.
    Comment {
        text: String,
        own: bool,
    },
    Open,
    Close,
    Indent,
    Dedent,
}

/// A line of the result.
#[derive(Debug, Default)]
pub struct Row {
    /// Its code with indentation, or a comment with a line of its own.
    pub code: String,
    /// The comment behind it.
    pub comment: Option<String>,
}

/// Pieces in the order of the source.
#[derive(Debug, Default)]
pub struct Doc {
    pieces: Vec<Piece>,
    depth: usize,
    /// The gap since the last text, if there was one.
    gap: Option<Gap>,
}

impl Doc {
    /// A text; line breaks in it are kept as they are and break the groups around it.
    pub fn text(&mut self, text: String) {
        self.pieces.push(Piece::Text(text));
        self.gap = None;
    }

    /// A gap before the next text; of several the widest counts. A new line stands as far in as the last gap before
    /// it was asked for: so the first text of what is indented stands before it.
    pub fn gap(&mut self, gap: Gap) {
        if self.gap.is_none_or(|before| before < gap) {
            self.pieces.push(Piece::Gap(gap));
            self.gap = Some(gap);
        }
    }

    /// Whether a gap was asked for since the last text.
    pub fn has_gap(&self) -> bool {
        self.gap.is_some()
    }

    /// A comment, behind the last text or (`own`) on a line of its own.
    pub fn comment(&mut self, text: &str, own: bool) {
        self.pieces.push(Piece::Comment { text: text.to_owned(), own });
        self.gap = None;
    }

    /// Begins a group.
    pub fn open(&mut self) {
        self.pieces.push(Piece::Open);
    }

    /// Ends a group.
    pub fn close(&mut self) {
        self.pieces.push(Piece::Close);
    }

    /// New lines from here on stand one step further in.
    pub fn indent(&mut self) {
        self.depth += 1;
        self.pieces.push(Piece::Indent);
    }

    /// Takes an [`indent`](Self::indent) back.
    pub fn dedent(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        self.pieces.push(Piece::Dedent);
    }

    /// The steps of indentation at this place.
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// Lays the pieces out.
    pub fn rows(&self) -> Vec<Row> {
        let measures = Measures::of(&self.pieces);
        let mut layout = Layout { owed: Owed::Line, ..Layout::default() };
        for (at, piece) in self.pieces.iter().enumerate() {
            match piece {
                Piece::Gap(gap) => layout.gap(*gap, measures.tail(at + 1)),
                Piece::Open => layout.open(measures.groups.get(at).copied().flatten().flatten()),
                _ => layout.piece(piece),
            }
        }
        layout.rows
    }
}

/// Spaces for `depth` steps.
pub fn indentation(depth: usize) -> String {
    " ".repeat(depth * STEP)
}

/// What a group needs to stand on one line; `None` if it can't.
type Need = Option<usize>;

struct Measures {
    /// For the place of each group's beginning, what it needs.
    groups: Vec<Option<Need>>,
    /// For each place, the width from there up to the next gap that may be a new line.
    tails: Vec<usize>,
}

impl Measures {
    fn of(pieces: &[Piece]) -> Self {
        let tails = tails(pieces);
        let mut groups = vec![None; pieces.len()];
        let mut open: Vec<Group> = Vec::new();
        let mut width = 0;
        let mut comment = None;
        for (at, piece) in pieces.iter().enumerate() {
            match piece {
                Piece::Open => open.push(Group { at, start: width, broken: false }),
                Piece::Close => {
                    let Some(group) = open.pop() else { continue };
                    let tail = tails.get(at).copied().unwrap_or(0);
                    let need = (!group.broken).then(|| width - group.start + tail);
                    if let Some(slot) = groups.get_mut(group.at) {
                        *slot = Some(need);
                    }
                }
                Piece::Comment { .. } => comment = Some(at),
                Piece::Text(text) => {
                    // A comment breaks the groups that go on behind it.
                    if let Some(at) = comment.take() {
                        break_open(&mut open, at);
                    }
                    if text.contains('\n') {
                        break_open(&mut open, at);
                    }
                }
                Piece::Gap(Gap::Hard | Gap::Blank) => break_open(&mut open, at),
                Piece::Gap(_) | Piece::Indent | Piece::Dedent => {}
            }
            width += flat_width(piece);
        }
        Self { groups, tails }
    }

    fn tail(&self, at: usize) -> usize {
        self.tails.get(at).copied().unwrap_or(0)
    }
}

struct Group {
    at: usize,
    start: usize,
    broken: bool,
}

/// Breaks every group that was open at `at`; one that is broken has broken those around it.
fn break_open(open: &mut [Group], at: usize) {
    for group in open.iter_mut().rev().filter(|group| group.at < at) {
        if std::mem::replace(&mut group.broken, true) {
            break;
        }
    }
}

/// What [`Measures::tails`] holds.
fn tails(pieces: &[Piece]) -> Vec<usize> {
    let mut tail = 0;
    let mut tails: Vec<usize> = pieces
        .iter()
        .rev()
        .map(|piece| {
            tail = match piece {
                Piece::Gap(Gap::Fill | Gap::Line(_) | Gap::Hard | Gap::Blank) => 0,
                Piece::Text(text) if text.contains('\n') => flat_width(piece),
                _ => tail + flat_width(piece),
            };
            tail
        })
        .collect();
    tails.reverse();
    tails
}

fn flat_width(piece: &Piece) -> usize {
    match piece {
        Piece::Text(text) => text.lines().next().map_or(0, |line| line.chars().count()),
        Piece::Gap(Gap::Space | Gap::Column(_) | Gap::Fill) => 1,
        Piece::Gap(Gap::Line(spaces)) => *spaces,
        _ => 0,
    }
}

/// White space that is owed before the next text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
enum Owed {
    #[default]
    Nothing,
    Spaces(usize),
    Line,
    Blank,
}

#[derive(Default)]
struct Layout {
    rows: Vec<Row>,
    column: usize,
    owed: Owed,
    /// Steps of indentation of the line that is owed.
    owed_depth: usize,
    depth: usize,
    /// Whether each open group is broken.
    broken: Vec<bool>,
}

impl Layout {
    fn piece(&mut self, piece: &Piece) {
        match piece {
            Piece::Text(text) => self.text(text),
            Piece::Comment { text, own } => self.comment(text, *own),
            Piece::Close => {
                self.broken.pop();
            }
            Piece::Indent => self.depth += 1,
            Piece::Dedent => self.depth = self.depth.saturating_sub(1),
            Piece::Gap(_) | Piece::Open => {}
        }
    }

    fn gap(&mut self, gap: Gap, tail: usize) {
        self.owed_depth = self.depth;
        self.owed = self.owed.max(self.owed_for(gap, tail));
    }

    fn is_broken(&self) -> bool {
        self.broken.last().copied().unwrap_or(true)
    }

    fn open(&mut self, need: Need) {
        let column = match self.owed {
            Owed::Nothing => self.column,
            Owed::Spaces(spaces) => self.column + spaces,
            Owed::Line | Owed::Blank => self.owed_depth * STEP,
        };
        let fits = need.is_some_and(|need| column + need <= WIDTH);
        self.broken.push(self.is_broken() && !fits);
    }

    fn owed_for(&self, gap: Gap, tail: usize) -> Owed {
        match gap {
            Gap::Tight => Owed::Nothing,
            Gap::Space => Owed::Spaces(1),
            Gap::Column(spaces) => Owed::Spaces(if self.is_broken() { spaces } else { 1 }),
            Gap::Fill if self.is_broken() && self.column + 1 + tail > WIDTH => Owed::Line,
            Gap::Fill => Owed::Spaces(1),
            Gap::Line(_) if self.is_broken() => Owed::Line,
            Gap::Line(spaces) => Owed::Spaces(spaces),
            Gap::Hard => Owed::Line,
            Gap::Blank => Owed::Blank,
        }
    }

    fn pay(&mut self) {
        match std::mem::take(&mut self.owed) {
            Owed::Nothing => {}
            Owed::Spaces(spaces) => self.append(&" ".repeat(spaces)),
            Owed::Line => self.new_line(),
            Owed::Blank => {
                self.rows.push(Row::default());
                self.new_line();
            }
        }
    }

    fn new_line(&mut self) {
        self.rows.push(Row { code: indentation(self.owed_depth), comment: None });
        self.column = self.owed_depth * STEP;
    }

    fn append(&mut self, text: &str) {
        if let Some(row) = self.rows.last_mut() {
            row.code.push_str(text);
        }
        self.column += text.chars().count();
    }

    fn text(&mut self, text: &str) {
        self.pay();
        let mut lines = text.split('\n');
        self.append(lines.next().unwrap_or(""));
        for line in lines {
            self.rows.push(Row::default());
            self.column = 0;
            self.append(line);
        }
    }

    fn comment(&mut self, text: &str, own: bool) {
        if self.owed < Owed::Line {
            self.owed_depth = self.depth;
        }
        if own {
            self.owed = self.owed.max(Owed::Line);
            self.pay();
            self.append(text);
        } else if let Some(row) = self.rows.last_mut() {
            row.comment = Some(text.to_owned());
        }
        self.owed = Owed::Line;
    }
}

/// The rows as a text: comments behind neighbouring lines start in one column.
pub fn join(rows: &[Row]) -> String {
    let mut out = String::new();
    for run in rows.chunk_by(|a, b| a.comment.is_some() && b.comment.is_some()) {
        let column = run.iter().map(|row| row.code.chars().count()).max().unwrap_or(0) + STEP;
        for row in run {
            match &row.comment {
                None => out.push_str(&row.code),
                Some(comment) => {
                    let pad = column - row.code.chars().count();
                    out.extend([row.code.as_str(), &" ".repeat(pad), comment]);
                }
            }
            out.push('\n');
        }
    }
    out
}
