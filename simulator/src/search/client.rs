//! What Chef's client does to a query on its way to the server.

use std::borrow::Cow;

/// What `knife search` asks with fuzzing on: a query of the node index without a colon is sought in the usual places.
#[must_use]
pub fn fuzz(query: &str) -> String {
    if query.contains(':') {
        return query.to_string();
    }
    [
        "tags",
        "roles",
        "fqdn",
        "addresses",
        "policy_name",
        "policy_group",
    ]
    .map(|field| format!("{field}:*{query}*"))
    .join(" OR ")
}

/// The query as it arrives: the client does not encode `&`, `;` and `+`, so the first two end the parameter and the
/// last is read as a space.
#[must_use]
pub fn arrives(query: &str) -> Cow<'_, str> {
    let kept = query.split(['&', ';']).next().unwrap_or_default();
    if kept.contains('+') {
        Cow::Owned(kept.replace('+', " "))
    } else {
        Cow::Borrowed(kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_client_sends() {
        assert_eq!(arrives("a:b && c:d"), "a:b ");
        assert_eq!(arrives("+a c:d+e"), " a c:d e");
        assert_eq!(fuzz("a:b"), "a:b");
        insta::assert_snapshot!(
            fuzz("web"),
            @"tags:*web* OR roles:*web* OR fqdn:*web* OR addresses:*web* OR policy_name:*web* OR policy_group:*web*"
        );
    }
}
