use supernode_units::Time;
use supernode_validate::{
    Class, Curve, Miss, Options, Prediction, Row, Set, Unfit, builtin, score, twins,
};

/// A model that knows the answer and is off by `factor`.
fn off_by(factor: f64) -> impl Fn(&Curve, &Row) -> Result<Prediction, String> {
    move |curve, row| {
        let timing = curve.timing(row).ok_or("no time")?;
        let time = Time::from_secs_f64(timing.time.as_secs_f64() * factor);
        Ok(Prediction { time, trained: false })
    }
}

#[test]
fn an_equal_error_everywhere_is_the_error_of_every_figure() {
    let curves = builtin().unwrap();
    let scores = score(&curves, Options::default(), off_by(0.9));
    let report = scores.report(&curves, 3);
    for figure in report.figures.iter().filter(|figure| figure.votes > 0) {
        for value in [figure.median, figure.p90, figure.bias.map(|bias| -bias)] {
            assert!((value.unwrap() - 0.1).abs() < 1e-6, "{figure:?}");
        }
        assert_eq!(figure.set, Set::Predicted);
    }
    let [.., last] = report.figures.as_slice() else { panic!("there are figures") };
    assert_eq!((last.group.as_str(), last.set), ("overall", Set::Predicted));
    assert_eq!(report.predicted_rows, 6_223 - 700 - 58);
    assert_eq!((report.fitted_rows, report.worst.len()), (0, 3));
    let causes: Vec<_> = report.not_asked.iter().map(|group| (group.cause, group.rows)).collect();
    assert_eq!(causes, [(Unfit::Timeless, 58), (Unfit::Suspect, 700)]);
}

#[test]
fn a_source_has_one_vote_however_many_rows_it_has() {
    let curves = builtin().unwrap();
    // Wrong for one source of one machine only, by far.
    let scores = score(&curves, Options::default(), |curve, row| {
        off_by(if curve.id.starts_with("aic-h100") { 3.0 } else { 1.0 })(curve, row)
    });
    let votes = scores.votes(Set::Predicted, |point| point.curve.family() == "H100");
    let wrong: Vec<_> = votes.iter().filter(|vote| vote.error > 1.0).collect();
    // One operation and class each.
    assert!(wrong.iter().all(|vote| vote.source.ends_with("/aiconfigurator")));
    let mut names: Vec<_> = wrong.iter().map(|vote| (vote.operation, vote.class)).collect();
    names.dedup();
    assert_eq!(names.len(), wrong.len());
    let keep = |point: &supernode_validate::Point<'_>| point.curve.family() == "H100";
    let [_, _, bandwidth] = scores.figures("H100", Set::Predicted, keep);
    assert!(bandwidth.median.unwrap() < 0.01, "{bandwidth:?}");
    assert!(bandwidth.p90.unwrap() > 1.9, "{bandwidth:?}");
}

#[test]
fn fitted_and_predicted_rows_are_never_mixed() {
    let curves = builtin().unwrap();
    let scores = score(&curves, Options::default(), |curve, row| {
        let trained = row.bytes < Some(1 << 20);
        let prediction = off_by(if trained { 1.0 } else { 1.5 })(curve, row)?;
        Ok(Prediction { trained, ..prediction })
    });
    for (set, error) in [(Set::Fitted, 0.0), (Set::Predicted, 0.5)] {
        for vote in scores.votes(set, |_| true) {
            assert!((vote.error - error).abs() < 1e-6, "{vote:?}");
        }
    }
    // Whoever fits on rows that are not for fitting is told.
    assert!(!scores.misfitted.is_empty());
}

#[test]
fn reasons_are_counted() {
    let curves = builtin().unwrap();
    let scores = score(&curves, Options { suspect: true }, |curve, _| match curve.nodes {
        Some(1) => Err("one".to_owned()),
        _ => Ok(Prediction { time: Time::ZERO, trained: false }),
    });
    assert!(scores.points.is_empty());
    let rows: usize = scores.unpredicted.iter().map(|group| group.rows).sum();
    assert_eq!(rows, 6_223 - 58);
    assert_eq!(scores.unpredicted[0].reason, "one");
    assert!(scores.unpredicted[1].reason.contains("zero"));
}

#[test]
fn twins_say_what_a_miss_looks_like() {
    let curves = builtin().unwrap();
    let found = twins(&curves);
    let same: Vec<_> = found.iter().filter(|twin| twin.same_machine).collect();
    assert!(!same.is_empty());
    for twin in &same {
        assert!(twin.difference < 0.07, "{twin:?}");
    }
    let report = score(&curves, Options::default(), off_by(1.4)).report(&curves, 0);
    assert!(report.votes.iter().all(|vote| vote.miss == Miss::AcrossHarnesses));
    let mi300x = report.votes.iter().find(|vote| vote.twin.is_some()).unwrap();
    assert_eq!((mi300x.vote.family.as_str(), mi300x.vote.class), ("MI300X", Class::Latency));
    let report = score(&curves, Options::default(), off_by(1.019)).report(&curves, 0);
    assert!(report.votes.iter().any(|vote| vote.miss == Miss::WithinTwins));
    let report = score(&curves, Options::default(), off_by(1.6)).report(&curves, 0);
    assert!(report.votes.iter().all(|vote| vote.miss == Miss::Beyond));
}
