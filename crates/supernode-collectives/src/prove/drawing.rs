//! What moves, as a drawing: a line a rank, a column a round, an arrow a message.

use std::fmt::Write;

use super::explain::{chunks, way};
use super::{Options, run};
use crate::{CollectiveError, Schedule};

/// More lines than these, or more arrows, nobody tells apart.
const MAX_RANKS: u32 = 64;
const MAX_MESSAGES: usize = 4_096;

/// Pixels from one round to the next, from one rank to the next, and around them.
const ROUND: u64 = 130;
const RANK: u64 = 48;
const LEFT: u64 = 70;
const TOP: u64 = 70;

/// Arrows and letters for which there is room beside the arrows.
const MAX_WORDS: usize = 80;
const MAX_LETTERS: usize = 16;

/// Colours of lanes: they stand out on white as on black.
const COLOURS: [&str; 6] = ["#3b8fd1", "#d55e00", "#009e73", "#cc79a7", "#b58900", "#8a6fd1"];

/// The movement of data as an SVG that stands by itself, for light and dark pages.
///
/// Messages of a round leave at its left and arrive at its right; a full dot adds what arrives, a ring
/// stores it, a square is a switch that adds for its rank. Lanes have colours, signals are dashed. Each arrow
/// says what it carries when pointed at, and beside it where there are few.
///
/// # Errors
/// [`CollectiveError::TooMuchToDraw`] for more than 64 ranks or 4,096 messages, and as
/// [`prove`](super::prove).
pub fn draw(schedule: &dyn Schedule, title: &str) -> Result<String, CollectiveError> {
    let shape = schedule.shape();
    let too_much = |messages| CollectiveError::TooMuchToDraw {
        ranks: shape.ranks,
        max_ranks: MAX_RANKS,
        messages,
        max_messages: MAX_MESSAGES,
    };
    if shape.ranks > MAX_RANKS {
        return Err(too_much(0));
    }
    let run = run(schedule, &Options::default(), true)?;
    let moved = &run.trace.moved;
    if moved.len() > MAX_MESSAGES {
        return Err(too_much(moved.len()));
    }
    let few = moved.len() <= MAX_WORDS;
    let rounds = moved.iter().map(|moved| moved.round).max().unwrap_or(0);
    let (width, height) = (x(rounds) + LEFT, y(shape.ranks) + 40);
    let mut svg = head(width, height, title);
    for rank in 0..shape.ranks {
        let at = y(rank);
        let _ = writeln!(svg, "<path class=\"rank\" d=\"M{LEFT} {at}H{}\"/>", x(rounds));
        svg += &text(LEFT - 8, at + 4, "end", &format!("rank {rank}"));
    }
    for round in 1..=rounds {
        svg += &text(x(round) - ROUND / 2, TOP - 26, "middle", &format!("round {round}"));
    }
    for moved in moved {
        let carried = chunks(&run.memory, &moved.values);
        let (from, to) = (moved.sender.rank, moved.to);
        let colour = COLOURS[moved.sender.lane as usize % COLOURS.len()];
        let dash = if moved.values.is_empty() { " stroke-dasharray=\"4 3\"" } else { "" };
        let [x0, y0, x1, y1] = [x(moved.round - 1), y(from), x(moved.round), y(to)];
        let told = escaped(&format!(
            "round {}, lane {}, {}: {carried}",
            moved.round,
            moved.sender.lane,
            way(moved)
        ));
        let _ = writeln!(svg, "<g stroke=\"{colour}\" fill=\"{colour}\"><title>{told}</title>");
        if from == to {
            let _ = writeln!(
                svg,
                "<rect x=\"{}\" y=\"{}\" width=\"10\" height=\"10\"/>",
                x1 - 5,
                y1 - 5
            );
        } else {
            let _ = writeln!(
                svg,
                "<path d=\"M{x0} {y0}L{x1} {y1}\" fill=\"none\"{dash} marker-end=\"url(#head)\"/>"
            );
            let class = if run.trace.sums.contains(&(moved.round, to)) { "sum" } else { "store" };
            let _ = writeln!(svg, "<circle class=\"{class}\" cx=\"{x1}\" cy=\"{y1}\" r=\"4\"/>");
        }
        svg += "</g>\n";
        if few && carried.len() <= MAX_LETTERS {
            // A third of the way: arrows that cross do so in the middle.
            svg += &text((2 * x0 + x1) / 3, (2 * y0 + y1) / 3 - 4, "middle", &carried);
        }
    }
    Ok(svg + "</svg>\n")
}

/// Where a round ends.
fn x(round: u32) -> u64 {
    LEFT + ROUND * u64::from(round)
}

fn y(rank: u32) -> u64 {
    TOP + RANK * u64::from(rank)
}

fn head(width: u64, height: u64, title: &str) -> String {
    let title = escaped(title);
    // A long title is not to be cut off where there are few rounds.
    let width = width.max(LEFT + 8 * title.len() as u64);
    let note = height - 22;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"11\">\n\
         <title>{title}</title>\n\
         <style>\n\
         .page, .store {{ fill: #ffffff; }} text {{ fill: #222222; }} .rank {{ stroke: #bbbbbb; }}\n\
         @media (prefers-color-scheme: dark) {{\n\
         .page, .store {{ fill: #16181c; }} text {{ fill: #dddddd; }} .rank {{ stroke: #555555; }}\n\
         }}\n\
         </style>\n\
         <defs><marker id=\"head\" viewBox=\"0 0 8 8\" refX=\"12\" refY=\"4\" markerWidth=\"7\" \
         markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" fill=\"#888888\"/></marker></defs>\n\
         <rect class=\"page\" width=\"100%\" height=\"100%\"/>\n\
         <text x=\"16\" y=\"24\" font-size=\"15\">{title}</text>\n\
         <text x=\"16\" y=\"{note}\">full dot: adds what arrives; ring: stores it; square: a switch \
         adds; dashed: a signal</text>\n"
    )
}

fn text(x: u64, y: u64, anchor: &str, words: &str) -> String {
    let words = escaped(words);
    format!("<text x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\">{words}</text>\n")
}

fn escaped(words: &str) -> String {
    words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Algorithm, Collective, Ring, Tuning};

    /// Every element is closed by its own name, and everything is within the one root.
    fn is_well_formed(svg: &str) -> bool {
        let mut open: Vec<&str> = Vec::new();
        let mut roots = 0;
        for part in svg.split('<').skip(1) {
            let Some((tag, words)) = part.split_once('>') else { return false };
            let name = tag.split([' ', '/']).find(|word| !word.is_empty()).unwrap_or("");
            if tag.starts_with('/') {
                if open.pop() != Some(name) {
                    return false;
                }
            } else if !tag.ends_with('/') {
                roots += u32::from(open.is_empty());
                open.push(name);
            }
            let quotes = tag.matches('"').count().is_multiple_of(2);
            if !quotes || words.contains('>') || (open.is_empty() && !words.trim().is_empty()) {
                return false;
            }
        }
        open.is_empty() && roots == 1
    }

    #[test]
    fn every_algorithm_is_drawn_with_every_message() {
        assert!(!is_well_formed("<svg><g></svg>") && !is_well_formed("<a/>b"));
        for (algorithm, collective) in
            Algorithm::ALL.into_iter().flat_map(|a| Collective::ALL.map(|c| (a, c)))
        {
            for ranks in [1, 2, 5, 8, 12] {
                let tuning = Tuning { slices: 1, ..Tuning::default() };
                let Ok(schedule) = algorithm.schedule(collective, ranks, &tuning) else { continue };
                let svg = draw(&*schedule, "a < b & c").unwrap();
                assert!(is_well_formed(&svg), "{algorithm} {collective} {ranks}: {svg}");
                let run = run(&*schedule, &Options::default(), true).unwrap();
                assert_eq!(svg.matches("<g ").count(), run.trace.moved.len(), "{algorithm}");
                let sums = svg.contains("class=\"sum\"") || svg.contains("<rect x");
                assert_eq!(sums, collective.reduces() && ranks > 1, "{algorithm} {collective}");
            }
        }
    }

    #[test]
    fn what_nobody_could_read_is_refused() {
        let error = |collective, ranks| {
            draw(&Ring::new(collective, ranks).unwrap(), "").unwrap_err().to_string()
        };
        let many = error(Collective::AllReduce, 65);
        assert_eq!(many, "65 ranks are too many to draw; at most 64 are drawn");
        let many = error(Collective::AllReduce, 64);
        assert_eq!(
            many,
            "8064 messages are too many to draw; at most 4096 are drawn: use fewer ranks or slices"
        );
    }
}
