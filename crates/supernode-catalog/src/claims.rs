//! Published ratios and totals, the operands they were made of, and what the catalog makes of them.
//!
//! That a ratio reproduces is a statement about arithmetic, not about machines: a vendor's figure
//! divided by another vendor's figure. None of these rows counts as validation of a model.

use std::fmt::Write;

use serde::Deserialize;
use supernode_units::{Confidence, Value};

use crate::{Catalog, CatalogError};

const FILE: &str = "claims.toml";
const TEXT: &str = include_str!("../data/claims.toml");

/// What kind of statement a claim is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClaimKind {
    /// A printed figure, equal to its operands' ratio within the printed digits.
    Equality,
    /// "More than".
    AtLeast,
    /// "Less than".
    AtMost,
    /// No figure was printed; it follows from others.
    Derived,
    /// The words carry no figure; the ratio is filled in here.
    Qualitative,
    /// One operand is published nowhere and was derived from the ratio itself.
    Circular,
    /// One operand was solved for.
    BackSolved,
}

/// Whether the printed figure follows from its operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reproduces {
    /// Within the printed digits.
    Yes,
    /// Within the row's own, wider tolerance.
    Partial,
    /// It does not.
    No,
    /// There is nothing printed to reproduce.
    Derived,
}

/// One side of a ratio.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operand {
    /// The figure as the claim has it, where it is no catalog value.
    pub value: Option<f64>,
    /// The catalog's figure ([`Catalog::evaluate`]).
    pub catalog: Option<String>,
    /// What it counts.
    pub what: String,
}

/// One published ratio or total.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// Number of the row.
    pub id: String,
    /// What is claimed.
    pub text: String,
    /// What kind of statement it is.
    pub kind: ClaimKind,
    /// The printed figure.
    pub published: f64,
    /// Its unit.
    pub unit: String,
    /// How far the operands' ratio may be from the printed figure, relative.
    pub tolerance: f64,
    /// What is divided.
    pub numerator: Operand,
    /// What it is divided by; 1 if absent.
    pub denominator: Option<Operand>,
    /// The ratio of the operands, as stored.
    pub recomputed: f64,
    /// Whether the printed figure follows.
    pub reproduces: Reproduces,
    /// Data type, sparsity and direction of the figures.
    #[serde(default)]
    pub basis: String,
    /// How it reproduces, or why not.
    #[serde(default)]
    pub why: String,
    /// What other readings of the words give.
    #[serde(default)]
    pub alternatives: String,
    /// Where the claim is made.
    pub source: String,
    /// Who makes it.
    pub confidence: Confidence,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    claim: Vec<Claim>,
}

impl Claim {
    /// All claims.
    ///
    /// # Errors
    /// Never for a released crate: its tests load the file.
    pub fn all() -> Result<Vec<Self>, CatalogError> {
        let file: File = toml::from_str(TEXT).map_err(|error| CatalogError::Toml {
            file: FILE.to_owned(),
            error: Box::new(error),
        })?;
        Ok(file.claim)
    }

    /// Whether the row tests arithmetic at all: a printed figure with two operands of its own.
    pub fn is_test(&self) -> bool {
        matches!(self.kind, ClaimKind::Equality | ClaimKind::AtLeast | ClaimKind::AtMost)
    }

    /// The ratio of the operands as the claim has them.
    ///
    /// # Errors
    /// [`CatalogError::Expression`] if an operand names no figure.
    pub fn recompute(&self, catalog: &Catalog) -> Result<Value<f64>, CatalogError> {
        let side = |operand: &Operand| match (operand.value, &operand.catalog) {
            (Some(value), _) => Ok(Value::Point(value)),
            (None, Some(expression)) => catalog.evaluate(expression),
            (None, None) => Ok(Value::Unknown),
        };
        self.ratio(side)
    }

    /// The same ratio from the catalog's own figures; unknown where the catalog lacks one.
    ///
    /// # Errors
    /// [`CatalogError::Expression`] if an operand names no figure.
    pub fn own_ratio(&self, catalog: &Catalog) -> Result<Value<f64>, CatalogError> {
        self.ratio(|operand: &Operand| match &operand.catalog {
            Some(expression) => catalog.evaluate(expression),
            None => Ok(Value::Unknown),
        })
    }

    fn ratio(
        &self,
        side: impl Fn(&Operand) -> Result<Value<f64>, CatalogError>,
    ) -> Result<Value<f64>, CatalogError> {
        let numerator = side(&self.numerator)?;
        match &self.denominator {
            Some(denominator) => Ok(numerator / side(denominator)?),
            None => Ok(numerator),
        }
    }

    /// Whether `ratio` agrees with the printed figure within the row's tolerance, on the side that
    /// the words allow.
    pub fn agrees(&self, ratio: f64) -> bool {
        let error = ratio / self.published - 1.0;
        match self.kind {
            ClaimKind::AtLeast => error >= 0.0,
            ClaimKind::AtMost => error <= 0.0,
            _ => error.abs() <= self.tolerance,
        }
    }
}

/// All claims as a Markdown table, with the catalog's own ratio beside each.
///
/// # Errors
/// As [`Claim::all`] and [`Claim::own_ratio`].
pub fn markdown(catalog: &Catalog) -> Result<String, CatalogError> {
    let mut out = String::from(
        "| id | claim | published | from its operands | from the catalog | reproduces | how or why |\n\
         |---|---|---|---|---|---|---|\n",
    );
    for claim in Claim::all()? {
        let own = claim.own_ratio(catalog)?;
        let own = match own {
            Value::Point(v) => figure(v),
            Value::Range(low, high) => format!("{} to {}", figure(low), figure(high)),
            Value::Unknown => "-".to_owned(),
        };
        let verdict = match (claim.reproduces, claim.is_test()) {
            (Reproduces::Yes, true) => "yes",
            (Reproduces::Partial, true) => "partly",
            (Reproduces::No, _) => "**no**",
            _ => "not counted",
        };
        let ratio = figure(claim.recomputed);
        let published = format!("{} {}", figure(claim.published), claim.unit.replace("ratio", "x"));
        let text = if claim.source.starts_with("http") {
            format!("[{}]({})", claim.text, claim.source)
        } else {
            format!("{} ({})", claim.text, claim.source)
        };
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "| {} | {text} | {published} | {ratio} | {own} | {verdict} | {} |",
            claim.id, claim.why,
        );
    }
    Ok(out)
}

/// Four significant digits.
fn figure(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let decimals = (3 - value.abs().log10().floor() as i32).max(0) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}
