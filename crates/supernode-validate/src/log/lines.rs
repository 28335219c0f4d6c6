/// The lines of a text with their numbers, without what launchers put before them: `[1,0]<stdout>:`
/// of `mpirun --tag-output`, `0: ` of `srun -l`, and the `> ` of quotations.
pub(super) fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(index, line)| (index + 1, strip(line)))
}

fn strip(line: &str) -> &str {
    let line = line.trim();
    let line = line.strip_prefix("> ").unwrap_or(line).trim_start();
    if line.starts_with('[')
        && let Some((_, rest)) = line.split_once(">:")
    {
        return rest.trim_start();
    }
    match line.split_once(": ") {
        Some((rank, rest))
            if !rank.is_empty() && rank.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            rest.trim_start()
        }
        _ => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_launchers_add_is_dropped() {
        assert_eq!(strip("[1,0]<stdout>:#  Rank  0"), "#  Rank  0");
        assert_eq!(strip("0:     1024  256"), "1024  256");
        assert_eq!(strip("> # nThread 1"), "# nThread 1");
        assert_eq!(strip("# Avg bus bandwidth : 3"), "# Avg bus bandwidth : 3");
    }
}
