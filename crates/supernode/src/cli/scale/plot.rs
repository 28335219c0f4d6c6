//! Time and bus bandwidth by number of ranks, as one SVG that stands by itself.

use std::fmt::Write;

use super::rows::{About, Row};

/// The area of one panel, in pixels.
const WIDTH: f64 = 420.0;
const HEIGHT: f64 = 300.0;
/// Where the panels begin.
const LEFT: f64 = 70.0;
const TOP: f64 = 60.0;
/// From one panel to the next.
const APART: f64 = WIDTH + 90.0;
/// Colours that people with any colour vision tell apart (Okabe and Ito 2008); more lines are dashed.
const COLOURS: [&str; 7] =
    ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"];

/// A panel: both axes are logarithmic.
struct Panel {
    x: f64,
    title: &'static str,
    value: fn(&Row) -> f64,
    across: Axis,
    up: Axis,
}

/// From the lowest to the highest value, as logarithms.
#[derive(Debug, Clone, Copy)]
struct Axis {
    low: f64,
    high: f64,
}

impl Axis {
    /// An axis that covers `values`, and at least one doubling; what is not above zero is not shown.
    fn over(values: impl Iterator<Item = f64>) -> Self {
        let logs = values.filter(|value| *value > 0.0).map(f64::log2);
        let (low, high) = logs.fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(v), h.max(v)));
        if low > high {
            return Self { low: 0.0, high: 1.0 };
        }
        Self { low, high: high.max(low + 1.0) }
    }

    /// Where `value` lies, 0 to 1.
    fn place(self, value: f64) -> f64 {
        (value.log2() - self.low) / (self.high - self.low)
    }

    /// Powers of `base` within, every so many of them that there are at most eight.
    fn ticks(self, base: f64) -> Vec<f64> {
        let per = base.log2();
        let (first, last) =
            ((self.low / per - 1e-9).ceil() as i64, (self.high / per + 1e-9).floor() as i64);
        let step = (last - first) / 8 + 1;
        (first..=last).step_by(step.max(1) as usize).map(|power| base.powi(power as i32)).collect()
    }
}

/// The drawing.
pub(super) fn draw(rows: &[Row], about: &About) -> String {
    let mut names: Vec<&str> = Vec::new();
    for row in rows {
        if !names.contains(&row.algorithm) {
            names.push(row.algorithm);
        }
    }
    let across = Axis::over(rows.iter().map(|row| f64::from(row.ranks)));
    let panel = |index: u32, title, value: fn(&Row) -> f64| Panel {
        x: LEFT + f64::from(index) * APART,
        title,
        value,
        across,
        up: Axis::over(rows.iter().map(value)),
    };
    let panels = [
        panel(0, "time (us)", |row| row.time_us),
        panel(1, "bus bandwidth (GB/s)", |row| row.busbw_gb_per_s),
    ];
    let legend = 20.0 * names.len().div_ceil(4) as f64;
    let (width, height) = (LEFT + APART + WIDTH + 20.0, TOP + HEIGHT + 60.0 + legend);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
    );
    let title = format!("{} on {} (simulated)", about.what(), about.system);
    svg += &text(LEFT, 24.0, "start", 15, &title);
    for panel in &panels {
        panel.frame(&mut svg);
        for (index, name) in names.iter().enumerate() {
            let of: Vec<&Row> = rows.iter().filter(|row| row.algorithm == *name).collect();
            panel.line(&mut svg, index, &of);
        }
    }
    for (index, name) in names.iter().enumerate() {
        let x = LEFT + (index % 4) as f64 * 230.0;
        let y = TOP + HEIGHT + 50.0 + 20.0 * (index / 4) as f64;
        let _ = writeln!(svg, "<path d=\"M{x:.1} {:.1}h24\" {}/>", y - 4.0, stroke(index));
        svg += &text(x + 30.0, y, "start", 12, name);
    }
    let note = "hollow: an estimate of the closed formula, not exact";
    if rows.iter().any(|row| !row.exact) {
        svg += &text(width - 20.0, 24.0, "end", 11, note);
    }
    svg + "</svg>\n"
}

impl Panel {
    fn at(&self, row: &Row) -> (f64, f64) {
        (self.across(f64::from(row.ranks)), self.up((self.value)(row)))
    }

    fn across(&self, value: f64) -> f64 {
        self.x + WIDTH * self.across.place(value)
    }

    fn up(&self, value: f64) -> f64 {
        TOP + HEIGHT * (1.0 - self.up.place(value))
    }

    /// Title, axes, and lines at round values.
    fn frame(&self, svg: &mut String) {
        let grid = "stroke=\"#dddddd\"";
        for tick in self.across.ticks(2.0) {
            let x = self.across(tick);
            let _ = writeln!(svg, "<path d=\"M{x:.1} {TOP}v{HEIGHT}\" {grid}/>");
            *svg += &text(x, TOP + HEIGHT + 16.0, "middle", 12, &ranks(tick));
        }
        // A range within one decade has no power of ten to show.
        let base = if self.up.ticks(10.0).len() < 2 { 2.0 } else { 10.0 };
        for tick in self.up.ticks(base) {
            let y = self.up(tick);
            let _ = writeln!(svg, "<path d=\"M{:.1} {y:.1}h{WIDTH}\" {grid}/>", self.x);
            *svg += &text(self.x - 6.0, y + 4.0, "end", 12, &format!("{tick}"));
        }
        let _ = writeln!(
            svg,
            "<rect x=\"{:.1}\" y=\"{TOP}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"none\" \
             stroke=\"#666666\"/>",
            self.x
        );
        *svg += &text(self.x, TOP - 10.0, "start", 13, self.title);
        *svg += &text(self.x + WIDTH / 2.0, TOP + HEIGHT + 32.0, "middle", 12, "ranks");
    }

    /// One algorithm, its points filled where they are exact.
    fn line(&self, svg: &mut String, index: usize, rows: &[&Row]) {
        let shown: Vec<&&Row> = rows.iter().filter(|row| (self.value)(row) > 0.0).collect();
        let mut path = String::new();
        for row in &shown {
            let (x, y) = self.at(row);
            let _ = write!(path, "{}{x:.1} {y:.1}", if path.is_empty() { 'M' } else { 'L' });
        }
        if !path.is_empty() {
            let _ = writeln!(svg, "<path d=\"{path}\" {}/>", stroke(index));
        }
        for row in shown {
            let (x, y) = self.at(row);
            let colour = COLOURS[index % COLOURS.len()];
            let fill = if row.exact { colour } else { "white" };
            let _ = writeln!(
                svg,
                "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"{fill}\" stroke=\"{colour}\"/>"
            );
        }
    }
}

fn stroke(index: usize) -> String {
    let colour = COLOURS[index % COLOURS.len()];
    let dash = match index / COLOURS.len() {
        0 => String::new(),
        round => format!(" stroke-dasharray=\"{}\"", 3 * round),
    };
    format!("fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.5\"{dash}")
}

/// A number of ranks as the command line takes it.
fn ranks(count: f64) -> String {
    match count as u64 {
        count if count >= 1 << 20 && count.is_multiple_of(1 << 20) => format!("{}M", count >> 20),
        count if count >= 1 << 10 && count.is_multiple_of(1 << 10) => format!("{}K", count >> 10),
        count => count.to_string(),
    }
}

fn text(x: f64, y: f64, anchor: &str, size: u32, words: &str) -> String {
    let words = words.replace('&', "&amp;").replace('<', "&lt;");
    format!(
        "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" font-size=\"{size}\">{words}</text>\n"
    )
}

#[cfg(test)]
mod tests {
    use supernode::collectives::Collective;

    use super::*;

    fn row(algorithm: &'static str, ranks: u32, time_us: f64, exact: bool) -> Row {
        Row {
            ranks,
            algorithm,
            engine: "folded",
            exact,
            size_bytes: 1 << 20,
            time_us,
            algbw_gb_per_s: 1.0,
            busbw_gb_per_s: 2.0,
            bound_percent: 50.0,
            how: String::new(),
        }
    }

    fn about() -> About {
        let system = "a<b".to_owned();
        About { collective: Collective::AllReduce, system, bytes: 1 << 20, set: String::new() }
    }

    #[test]
    fn every_row_is_a_point_in_both_panels_within_the_frame() {
        let rows =
            [row("ring", 8, 3.0, true), row("ring", 1024, 700.0, false), row("tree", 8, 5.0, true)];
        let svg = draw(&rows, &about());
        let of = |line: &str, name: &str| -> f64 {
            let value = line.split_once(&format!(" {name}=\"")).unwrap().1;
            value.split('"').next().unwrap().parse().unwrap()
        };
        let circles: Vec<&str> = svg.lines().filter(|line| line.starts_with("<circle")).collect();
        assert_eq!(circles.len(), 2 * rows.len());
        assert_eq!(circles.iter().filter(|line| line.contains("fill=\"white\"")).count(), 2);
        for circle in circles {
            let (x, y) = (of(circle, "cx"), of(circle, "cy"));
            assert!(
                (LEFT..=LEFT + APART + WIDTH).contains(&x) && (TOP..=TOP + HEIGHT).contains(&y)
            );
        }
        assert!(svg.contains("a&lt;b") && svg.contains(">1K</text>") && svg.contains("hollow"));
    }

    #[test]
    fn ticks_are_round_and_few() {
        let axis = Axis::over([8.0, 1_048_576.0].into_iter());
        assert_eq!(axis.ticks(2.0)[..3], [8.0, 64.0, 512.0]);
        assert!(Axis::over([1.0, 1e15].into_iter()).ticks(10.0).len() <= 8);
        assert!(draw(&[], &about()).ends_with("</svg>\n"));
    }
}
