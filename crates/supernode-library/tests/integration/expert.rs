//! Dispatch and combine against measured rows: what the constants were fitted on, and beyond.

use supernode_catalog::Catalog;
use supernode_library::Platform;
use supernode_library::expert::{self, Bound, Exchange};

/// 128 tokens to 8 experts each, hidden size 7,168.
const DISPATCH: Exchange = Exchange { tokens: 128, experts: 8, token_bytes: 7168 + 224 };
const COMBINE: Exchange = Exchange { tokens: 128, experts: 8, token_bytes: 2 * 7168 };

fn check(system: &str, rows: &[(u32, f64, f64)], tolerance: f64) {
    let catalog = Catalog::builtin().unwrap();
    let platform = Platform::of(&catalog, catalog.system(system).unwrap()).unwrap();
    for (devices, dispatch, combine) in rows {
        for (exchange, measured) in [(DISPATCH, dispatch), (COMBINE, combine)] {
            let predicted = expert::time(&platform, *devices, &exchange).unwrap();
            let ratio = predicted.time.as_us_f64() / measured;
            let off = (ratio - 1.0).abs();
            assert!(off <= tolerance, "{system} x {devices}: {ratio:.2} of {measured} us");
        }
    }
}

/// `DeepEP` low-latency kernels on H800, microseconds of dispatch and combine.
#[test]
fn h800_is_fitted_up_to_64_and_predicted_beyond() {
    let fitted = [(8, 77.0, 114.0), (16, 118.0, 195.0), (32, 155.0, 273.0), (64, 173.0, 314.0)];
    check("hgx-h800", &fitted, 0.10);
    check("hgx-h800", &[(128, 192.0, 369.0), (256, 194.0, 360.0)], 0.15);
}

/// `DeepEP`-Ascend on Atlas A3, and 152 us on 256 dies of `CloudMatrix384` (arXiv:2506.12708).
#[test]
fn cloudmatrix_is_fitted_up_to_16_and_predicted_beyond() {
    check("cloudmatrix-384", &[(8, 132.0, 126.0), (16, 139.0, 135.0)], 0.10);
    check("cloudmatrix-384", &[(32, 153.0, 151.0), (256, 152.0, 149.0)], 0.15);
}

#[test]
fn what_binds_is_said() {
    let catalog = Catalog::builtin().unwrap();
    let bound = |system: &str, devices| {
        let platform = Platform::of(&catalog, catalog.system(system).unwrap()).unwrap();
        expert::time(&platform, devices, &DISPATCH).unwrap().bound
    };
    assert_eq!(bound("cloudmatrix-384", 256), Bound::Messages);
    assert_eq!(bound("hgx-h800", 8), Bound::Links);
    assert_eq!(bound("hgx-h800", 256), Bound::Nic);
    let dgx2 = Platform::of(&catalog, catalog.system("dgx-2").unwrap()).unwrap();
    let error = expert::time(&dgx2, 8, &DISPATCH).unwrap_err().to_string();
    assert!(error.contains("dgx-2") && error.contains("volta"), "{error}");
}
