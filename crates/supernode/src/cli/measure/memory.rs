//! How much memory this process may still use.

use std::path::Path;

/// Bytes that may still be allocated, less a tenth for everyone else: what the host has, and what
/// every control group around the process leaves; 8 GiB where the host does not say.
pub(in crate::cli) fn available() -> u64 {
    let meminfo = read("/proc/meminfo");
    let host = field(&meminfo, "MemAvailable:").map_or(8 << 30, |kib| kib * 1024);
    let groups = read("/proc/self/cgroup");
    let least = groups.lines().flat_map(headrooms).fold(host, u64::min);
    least / 10 * 9
}

/// What the groups of one line of `/proc/self/cgroup` (`id:controllers:path`) leave, up to the
/// root of the hierarchy.
fn headrooms(line: &str) -> Vec<u64> {
    let mut parts = line.splitn(3, ':').skip(1);
    let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else { return Vec::new() };
    let (root, limit, usage, cache) = if controllers.is_empty() {
        ("/sys/fs/cgroup", "memory.max", "memory.current", "inactive_file")
    } else if controllers.split(',').any(|controller| controller == "memory") {
        let (limit, usage) = ("memory.limit_in_bytes", "memory.usage_in_bytes");
        ("/sys/fs/cgroup/memory", limit, usage, "total_inactive_file")
    } else {
        return Vec::new();
    };
    let groups = Path::new(path.trim_start_matches('/')).ancestors();
    let headroom = |group: &Path| {
        let text = |file: &str| read(Path::new(root).join(group).join(file));
        headroom(&text(limit), &text(usage), &text("memory.stat"), cache)
    };
    groups.filter_map(headroom).collect()
}

/// Limit less usage; pages of files that nobody uses at the moment are given back on demand.
fn headroom(limit: &str, usage: &str, stat: &str, cache: &str) -> Option<u64> {
    let number = |text: &str| text.trim().parse::<u64>().ok();
    let used = number(usage)?.saturating_sub(field(stat, cache).unwrap_or(0));
    Some(number(limit)?.saturating_sub(used))
}

/// The number after `name` in lines of names and numbers.
fn field(text: &str, name: &str) -> Option<u64> {
    let mut words = text.lines().map(str::split_whitespace);
    words.find_map(|mut line| (line.next() == Some(name)).then(|| line.next()?.parse().ok())?)
}

fn read(path: impl AsRef<Path>) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_leaves_its_limit_less_what_is_in_use() {
        let stat = "anon 700\ninactive_file 200\n";
        assert_eq!(headroom("1000\n", "900\n", stat, "inactive_file"), Some(300));
        assert_eq!(headroom("1000", "900", "", "inactive_file"), Some(100));
        assert_eq!(headroom("1000", "1200", "", "inactive_file"), Some(0));
        assert_eq!(headroom("max\n", "900\n", stat, "inactive_file"), None);
    }

    #[test]
    fn meminfo_is_read_by_name() {
        assert_eq!(field("MemFree: 5 kB\nMemAvailable:   7 kB\n", "MemAvailable:"), Some(7));
        assert_eq!(field("MemFree: 5 kB\n", "MemAvailable:"), None);
        assert!(available() > 0);
    }
}
