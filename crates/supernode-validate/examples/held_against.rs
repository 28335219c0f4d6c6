//! How far the shipped costs are from the built-in set, by family.
use supernode_catalog::Catalog;
use supernode_library::costs::Costs;
use supernode_validate::{Bench, Class, Fold, Training, builtin};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let curves = builtin()?;
    let bench = Bench::new(&Catalog::builtin()?, &curves);
    let priors = Costs::priors()?;
    let mut costs = Costs::priors()?;
    let arg = std::env::args().nth(1).unwrap_or_default();
    if arg == "toml" {
        costs = Training::without(&bench, &Fold::Nothing).fit(&costs);
        let mut last = String::new();
        for (c, v) in costs.list() {
            let kind = format!("{:?}", c.kind).to_lowercase();
            let g = if c.group.is_empty() { kind } else { format!("{kind}.{}", c.group) };
            if g != last {
                println!("\n[{g}]");
                last = g;
            }
            println!("{} = {:.4}", c.parameter.key, v);
        }
        return Ok(());
    }
    if arg == "fit" {
        costs = Training::without(&bench, &Fold::Nothing).fit(&costs);
        let mut last = String::new();
        for (c, v) in costs.list() {
            let g = format!("{:?} {}", c.kind, c.group);
            if g != last {
                print!("\n{g}: ");
                last = g;
            }
            print!("{}={v:.3} ", c.parameter.key);
        }
        println!();
    }
    let by = match arg.as_str() {
        "machine" => Some(supernode_validate::By::Machine),
        "family" => Some(supernode_validate::By::Family),
        "scale" => Some(supernode_validate::By::Scale(4)),
        _ => None,
    };
    let crossed = by.map(|by| supernode_validate::cross(&bench, &priors, by, 2));
    let filter = std::env::args().nth(3).unwrap_or_default();
    let mut votes: std::collections::BTreeMap<_, [Vec<f64>; 3]> = Default::default();
    for (index, case) in bench.cases.iter().enumerate() {
        let curve = &bench.curves[case.curve];
        let predicted = match &crossed {
            None => bench.predict(case, &costs),
            Some(t) => match t[index] {
                Some(t) => t,
                None => continue,
            },
        };
        if !filter.is_empty()
            && !(curve.operation.name() == "all_reduce" && curve.library.starts_with("NCCL"))
        {
            continue;
        }
        if curve.rows[case.row].quality != supernode_validate::Quality::Ok {
            continue;
        }
        let e = predicted.as_us_f64() / case.measured.as_us_f64() - 1.0;
        let class = match Class::of(case.call.bytes) {
            Class::Latency => 0,
            Class::Middle => 1,
            _ => 2,
        };
        votes
            .entry((
                curve.hardware.chars().take(34).collect::<String>(),
                curve.operation.name(),
                curve.source().to_owned(),
            ))
            .or_default()[class]
            .push(e);
        if arg == curve.id || std::env::args().nth(2).as_deref() == Some(&curve.id) {
            println!(
                "{:>12} {:>10.1} {:>10.1} {:>+7.1}% {}",
                case.call.bytes,
                case.measured.as_us_f64(),
                predicted.as_us_f64(),
                e * 100.0,
                bench.choice(case, &costs)
            );
        }
    }
    let med = |v: &mut Vec<f64>| {
        v.sort_by(f64::total_cmp);
        v[v.len() / 2]
    };
    let mut all: [Vec<f64>; 3] = Default::default();
    for (k, v) in &mut votes {
        let mut s = String::new();
        for (i, v) in v.iter_mut().enumerate() {
            if v.is_empty() {
                s += "        -         ";
                continue;
            }
            let bias = med(v);
            let mut a: Vec<f64> = v.iter().map(|e| e.abs()).collect();
            let m = med(&mut a);
            all[i].push(m);
            s += &format!(" {:5.1}% ({:+6.1}, {:3})", m * 100.0, bias * 100.0, v.len());
        }
        println!("{:36}{:15}{s}", k.0, k.1);
    }
    for v in &mut all {
        v.sort_by(f64::total_cmp);
        print!(
            "  median {:.1} p90 {:.1} ({})",
            v[v.len() / 2] * 100.0,
            v[v.len() * 9 / 10] * 100.0,
            v.len()
        );
    }
    println!();
    for (i, c) in curves.iter().enumerate() {
        if let Some(r) = bench.refusal(i) {
            if arg == "why" {
                println!("{} {r}", c.id);
            }
        }
    }
    Ok(())
}
