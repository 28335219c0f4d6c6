//! `--degrade` and `--dead`: links and devices that do not do what they should.

use supernode::fabric::{FaultyLink, LinkFault, LinkState};
use supernode::units::Time;

use super::{Args, Error};
use crate::cli::names;

/// What is out of order.
pub(super) struct Faults {
    /// Dead devices.
    pub(super) devices: Vec<u32>,
    pub(super) links: Vec<LinkFault>,
}

pub(super) fn faults(args: &Args) -> Result<Faults, Error> {
    let mut faults = Faults { devices: Vec::new(), links: Vec::new() };
    for text in &args.dead {
        let wrong = |what: String| format!("--dead {text}: {what}");
        if text.contains(':') {
            let (level, link) = link(text, args.seed).map_err(wrong)?;
            faults.links.push(LinkFault { level, link, state: LinkState::Dead });
        } else {
            faults.devices.push(names::whole(text.trim()).map_err(|_| {
                wrong("write a DEVICE as in 17, or a link LEVEL:LINK as in pod:17".to_owned())
            })?);
        }
    }
    for text in &args.degrade {
        let fault =
            degraded(text, args.seed).map_err(|what| format!("--degrade {text}: {what}"))?;
        faults.links.push(fault);
    }
    faults.devices.sort_unstable();
    faults.devices.dedup();
    Ok(faults)
}

/// A level and one of its links, as `LEVEL:LINK`.
fn link(text: &str, seed: u64) -> Result<(String, FaultyLink), String> {
    let form = "write LEVEL:LINK as in pod:17, board:3-4 or pod:1%";
    let (level, link) = text.split_once(':').ok_or(form)?;
    let device = |text: &str| names::whole::<u32>(text.trim()).map_err(|_| form.to_owned());
    let link = if let Some(share) = link.trim().strip_suffix('%') {
        FaultyLink::Share { ppm: percent(share)?, seed }
    } else if let Some((one, other)) = link.split_once('-') {
        FaultyLink::Between { one: device(one)?, other: device(other)? }
    } else {
        FaultyLink::Port { device: device(link)? }
    };
    Ok((level.trim().to_owned(), link))
}

fn degraded(text: &str, seed: u64) -> Result<LinkFault, String> {
    let form = "write LEVEL:LINK=SHARE% or LEVEL:LINK=SHARE%+LATENCY, as in pod:17=50%+2us";
    let (of, left) = text.split_once('=').ok_or(form)?;
    let (level, link) = link(of, seed)?;
    let (share, latency) = left.split_once('+').unwrap_or((left, "0ns"));
    let share = share.trim().strip_suffix('%').ok_or(form)?;
    let bandwidth_ppm = percent(share)?;
    if bandwidth_ppm == 0 {
        return Err("a link with no bandwidth is --dead".to_owned());
    }
    let latency: Time = latency.parse().map_err(|error| format!("{error}"))?;
    Ok(LinkFault { level, link, state: LinkState::Degraded { bandwidth_ppm, latency } })
}

/// A share in percent, in millionths.
pub(super) fn percent(text: &str) -> Result<u32, String> {
    match text.trim().parse::<f64>() {
        Ok(share) if (0.0..=100.0).contains(&share) => Ok((share * 1e4).round() as u32),
        Ok(_) => Err("a share is 0% to 100%".to_owned()),
        Err(_) => Err(format!("`{text}` is no number")),
    }
}

/// What is said about the faults.
pub(super) fn named(args: &Args) -> Vec<String> {
    let of = |what: &'static str, list: &[String]| {
        list.iter().map(move |text| format!("{what} {}", text.trim())).collect::<Vec<_>>()
    };
    [of("dead", &args.dead), of("degraded", &args.degrade)].concat()
}
