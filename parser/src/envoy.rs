//! Envoy's configs in YAML or JSON.

use crate::hole::has_hole;
use crate::problem::{Class, Problem};
use crate::source::Source;
use crate::yaml;

/// What is wrong with a file: what does not parse, keys that stand twice, addresses that are blank.
#[must_use]
pub fn problems(source: &Source) -> Vec<Problem> {
    let mut out = yaml::problems(source);
    if has_hole(source.text()) {
        return out;
    }
    let (documents, _) = yaml::parse(source);
    let mut stack: Vec<&yaml::Node> = documents.iter().collect();
    while let Some(node) = stack.pop() {
        if let Some(address) = node.at(&["socket_address", "address"])
            && address
                .text()
                .is_some_and(|a| matches!(a, "" | "~" | "null"))
        {
            out.push(Problem::warning(
                Class::BlankAddress,
                "an endpoint without an address",
                address.span,
            ));
        }
        stack.extend(node.items());
        stack.extend(node.entries().iter().map(|(_, value)| value));
    }
    out.sort_by_key(|p| p.span.start);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blank_address_is_told() {
        let text = "a:\n- {socket_address: {address: , port_value: 1}}\n- {socket_address: {address: x}}\n";
        let problems = problems(&Source::new("envoy.yaml", text));
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].class, Class::BlankAddress);
    }
}
