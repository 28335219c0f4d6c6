//! The names nearest to a misspelt one.

/// At most three of `names` that are close to `wanted`, closest first.
pub fn nearest<'a>(wanted: &str, names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let wanted = wanted.to_lowercase();
    let mut scored: Vec<(f64, &str)> = names
        .map(|name| {
            let score = strsim::jaro_winkler(&wanted, name);
            // A part of a name means that name; a name in what was asked for is only near it.
            let least = match (name.contains(&wanted), wanted.contains(name)) {
                (true, _) => 0.9 + score / 10.0,
                (_, true) => 0.9,
                _ => 0.0,
            };
            (score.max(least), name)
        })
        .filter(|(score, _)| *score > 0.75)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    scored.dedup_by(|a, b| a.1 == b.1);
    scored.into_iter().take(3).map(|(_, name)| name.to_owned()).collect()
}
