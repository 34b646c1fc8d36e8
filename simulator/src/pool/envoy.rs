//! Pools of an Envoy config in YAML or JSON: each cluster whose endpoints stand in the file.

use foretaste_parser::source::Source;
use foretaste_parser::yaml::{Node, parse};

use super::{Member, MemberState, Pool};

/// Clusters of a bootstrap file (`static_resources`), of a file of clusters or endpoints (`resources`), and of Envoy's
/// older form (`hosts`). A cluster that learns its endpoints elsewhere (EDS) is none.
#[must_use]
pub fn pools(source: &Source) -> Vec<Pool> {
    let (documents, _) = parse(source);
    let mut out = Vec::new();
    for document in &documents {
        let lists = [
            document.at(&["static_resources", "clusters"]),
            document.get("resources"),
            document.get("clusters"),
        ];
        for cluster in lists.into_iter().flatten().flat_map(Node::items) {
            out.extend(pool(cluster, source));
        }
    }
    if foretaste_parser::hole::has_hole(source.text()) {
        // One unknown text may hold any structure.
        for pool in &mut out {
            pool.undetermined = Some("a part of the file is unknown".to_owned());
        }
    }
    out
}

fn pool(cluster: &Node, source: &Source) -> Option<Pool> {
    let name = cluster
        .get("name")
        .or_else(|| cluster.get("cluster_name"))?;
    let is_eds = cluster.get("type").and_then(Node::text) == Some("EDS");
    let assignment = cluster.get("load_assignment").unwrap_or(cluster);
    let groups = assignment.get("endpoints");
    let hosts = cluster.get("hosts");
    if is_eds || groups.is_none() && hosts.is_none() && cluster.get("load_assignment").is_none() {
        return None;
    }
    let mut members = Vec::new();
    for group in groups.into_iter().flat_map(Node::items) {
        for endpoint in group.get("lb_endpoints").into_iter().flat_map(Node::items) {
            members.push(member(endpoint, group, source));
        }
    }
    for host in hosts.into_iter().flat_map(Node::items) {
        members.push(address(host, MemberState::Serving, source));
    }
    Some(Pool {
        name: name.text()?.to_owned(),
        members,
        line: source.line(cluster.span.start),
        end_line: source.line(cluster.span.end.saturating_sub(1)),
        undetermined: None,
        ..Pool::default()
    })
}

fn member(endpoint: &Node, group: &Node, source: &Source) -> Member {
    let priority = group.get("priority").and_then(Node::text).unwrap_or("0");
    let state = match endpoint.get("health_status").and_then(Node::text) {
        Some("DRAINING") => MemberState::Drained,
        Some("UNHEALTHY" | "TIMEOUT") => MemberState::Disabled,
        _ if priority != "0" => MemberState::Backup,
        _ => MemberState::Serving,
    };
    let place = endpoint.at(&["endpoint", "address"]).unwrap_or(endpoint);
    address(place, state, source)
}

fn address(place: &Node, state: MemberState, source: &Source) -> Member {
    let socket = place.get("socket_address");
    let text = |key: &str| socket.and_then(|s| s.get(key)).and_then(Node::text);
    let pipe = place.at(&["pipe", "path"]).and_then(Node::text);
    let host = text("address").or(pipe).unwrap_or("");
    let port = text("port_value");
    Member {
        name: match port {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        },
        address: host.to_owned(),
        port: port.and_then(|p| p.parse().ok()),
        node: None,
        part: None,
        state: if host.is_empty() {
            MemberState::Blank
        } else {
            state
        },
        line: source.line(place.span.start),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clusters_have_the_endpoints_that_stand_in_the_file() {
        let text = r#"static_resources:
  clusters:
  - name: app
    type: STRICT_DNS
    load_assignment:
      cluster_name: app
      endpoints:
      - lb_endpoints:
        - endpoint: {address: {socket_address: {address: web1.example.com, port_value: 8080}}}
        - endpoint: {address: {socket_address: {address: "", port_value: 8080}}}
        - endpoint: {address: {socket_address: {address: 10.0.0.3, port_value: 8080}}}
          health_status: DRAINING
      - priority: 1
        lb_endpoints:
        - endpoint: {address: {pipe: {path: /run/sorry.sock}}}
  - name: empty
    load_assignment: {cluster_name: empty, endpoints: []}
  - {name: elsewhere, type: EDS, eds_cluster_config: {}}
  - name: old
    hosts: [{socket_address: {address: 10.0.0.9, port_value: 80}}]
"#;
        insta::assert_snapshot!(super::super::tests::report(pools, text), @"
        app (3-16)
          serving web1.example.com:8080 web1.example.com:8080
          blank :8080 :8080
          drained 10.0.0.3:8080 10.0.0.3:8080
          backup /run/sorry.sock /run/sorry.sock
        empty (16-18)
        old (19-20)
          serving 10.0.0.9:80 10.0.0.9:80
        ");
        let json = r#"{"resources": [{"cluster_name": "a", "endpoints": [{"lb_endpoints": [
          {"endpoint": {"address": {"socket_address": {"address": "10.0.0.1", "port_value": 80}}}}]}]}]}"#;
        insta::assert_snapshot!(super::super::tests::report(pools, json), @"
        a (1-2)
          serving 10.0.0.1:80 10.0.0.1:80
        ");
    }
}
