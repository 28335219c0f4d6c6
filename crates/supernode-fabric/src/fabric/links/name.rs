//! What a link is called.

use super::Links;
use super::level::{Form, LevelLinks};
use crate::level::LevelKind;

impl Links<'_> {
    /// The name of `link` for people: its level, where it begins, and which way it goes.
    ///
    /// # Panics
    /// If there is no such link: a bug of the caller.
    pub fn name(&self, link: u32) -> String {
        let index = self.level(link) as usize;
        let level = &self.fabric.levels[index];
        let Some(links) = &self.levels[index] else { return level.name.clone() };
        let what = match links.form {
            Form::Ports { ports } => self.port_name(index, links, link, ports),
            Form::Pooled { leaves, .. } => {
                let (node, place) = links.place(link);
                let (way, rest) = (way(place), place / 2);
                let leaf = rest % u64::from(leaves) + node * u64::from(leaves);
                match level.kind {
                    LevelKind::Rail { .. } => {
                        format!("rail {} of leaf {leaf} {way}", rest / u64::from(leaves))
                    }
                    _ => format!("leaf {leaf} {way}"),
                }
            }
            Form::Hashed { leaf, leaves, uplinks, .. } => {
                let (node, place) = links.place(link);
                let (way, rest) = (way(place), place / 2);
                let (leaf, leaves, uplinks) =
                    (u64::from(leaf), u64::from(leaves), u64::from(uplinks));
                if let Some(middle) = rest.checked_sub(leaves * uplinks) {
                    let (switch, own) = (middle / leaf, middle % leaf);
                    let pod = switch / uplinks + node * leaves.div_ceil(leaf);
                    format!("pod {pod} switch {} link {own} {way}", switch % uplinks)
                } else {
                    let leaf = rest / uplinks + node * leaves;
                    format!("leaf {leaf} link {} {way}", rest % uplinks)
                }
            }
        };
        format!("{} {what}", level.name)
    }

    /// The device that a port belongs to, and what it faces.
    fn port_name(&self, index: usize, links: &LevelLinks, link: u32, ports: u32) -> String {
        let plan = &self.fabric.plans[index];
        let (node, place) = links.place(link);
        let (own, mut port) =
            ((place / u64::from(ports)) as u32, (place % u64::from(ports)) as u32);
        let first = node * u64::from(plan.stride) * u64::from(plan.size);
        let device = first + u64::from(own);
        if !matches!(self.fabric.levels[index].kind, LevelKind::FullMesh { .. }) {
            let (dim, up) = (port / 2, port.is_multiple_of(2));
            return format!("device {device} dimension {dim} {}", if up { "up" } else { "down" });
        }
        let mut below = plan.stride;
        for dim in &plan.dims {
            if port < dim - 1 {
                let x = own / below % dim;
                let y = port + u32::from(port >= x);
                let peer = device - u64::from(x * below) + u64::from(y * below);
                return format!("device {device} to {peer}");
            }
            port -= dim - 1;
            below *= dim;
        }
        format!("device {device}")
    }
}

fn way(place: u64) -> &'static str {
    if place.is_multiple_of(2) { "up" } else { "down" }
}
