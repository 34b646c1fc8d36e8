//! The catalogue: a rule is a plain function from an impact to findings.
