//! Where customers are sent decides who is in rotation, and so which waves come first.

mod program;

use program::Folder;
use serde_json::{Value as Json, json};

const ZONE: &str = "\
$ORIGIN shop.example.
@ 300 IN SOA ns1 root 1 3600 900 1209600 300
www 300 IN CNAME front
front 300 IN A 203.0.113.10
spare 300 IN A 198.51.100.10
";

/// Two sites, each with a balancer and two servers behind it, and a change of what all servers are.
fn sites(config: &str) -> Folder {
    let shop = Folder::new();
    let edge = "cookbooks/edge";
    shop.write(
        &format!("{edge}/metadata.rb"),
        "name 'edge'\nversion '1.0.0'\n",
    );
    shop.write(
        &format!("{edge}/recipes/default.rb"),
        "web = search(:node, \"roles:web AND place_site:#{node['place']['site']}\").sort_by(&:name)\n\
         template '/etc/haproxy/haproxy.cfg' do\n  variables(web: web)\nend\n",
    );
    shop.write(
        &format!("{edge}/templates/default/haproxy.cfg.erb"),
        "backend web\n<% @web.each do |n| -%>\n  server <%= n.name %> <%= n['ipaddress'] %>:80\n<% end -%>\n",
    );
    shop.write("cookbooks/web/metadata.rb", "name 'web'\nversion '1.0.0'\n");
    shop.write(
        "cookbooks/web/recipes/default.rb",
        "file '/etc/web' do\n  content 'a'\nend\n",
    );
    shop.write("roles/web.rb", "name 'web'\nrun_list 'recipe[web]'\n");
    shop.write("dns/shop.zone", ZONE);
    shop.write(
        "data_bags/dns/www.json",
        r#"{"id": "www", "serves": {"site": "london"}, "ttl": "300"}"#,
    );
    for (site, n) in [("london", 1), ("york", 2)] {
        let node = |name: String, item: &str, ip: String| {
            let node = json!({"name": name, "run_list": [item], "normal": {"place": {"site": site}},
                "automatic": {"hostname": name, "ipaddress": ip, "roles": ["web"]}});
            shop.write(&format!("nodes/{name}.json"), node.to_string());
        };
        node(format!("lb{n}"), "recipe[edge]", format!("10.0.{n}.1"));
        node(format!("web{n}1"), "role[web]", format!("10.0.{n}.11"));
        node(format!("web{n}2"), "role[web]", format!("10.0.{n}.12"));
    }
    shop.write("foretaste.toml", config);
    shop.commit("before");
    shop.write(
        "cookbooks/web/recipes/default.rb",
        "file '/etc/web' do\n  content 'b'\nend\n",
    );
    shop
}

/// Who is in rotation, and the waves.
fn plan(shop: &Folder) -> (Json, Vec<Json>) {
    let json = shop.run(&["plan", "--format", "json"]).json();
    let rollout = &json["rollout"];
    let waves = rollout["waves"].as_array().unwrap().iter();
    let waves = waves.map(|w| json!([w["stage"], w["nodes"]])).collect();
    (rollout["rotation"].clone(), waves)
}

#[test]
fn a_site_that_no_name_leads_to_goes_first() {
    let shop = sites(
        "[rotation]\nsite = 'place.site'\n[rotation.addresses]\nlondon = ['203.0.113.10']\nyork = ['198.51.100.10']\n\
         [[rotation.record]]\nzone = 'dns/shop.zone'\nnames = ['www.shop.example']\n",
    );
    let (rotation, waves) = plan(&shop);
    assert_eq!(rotation, json!(["lb1", "web11", "web12"]));
    assert_eq!(
        waves,
        [
            json!(["out of rotation", ["web21", "web22"]]),
            json!(["canaries", ["web11"]]),
            json!(["the rest", ["web12"]]),
        ]
    );
    insta::assert_snapshot!(rotation_of(&shop), @"
    rotation  customers are sent to london (www.shop.example → 203.0.113.10)
      3 nodes are in rotation, 3 out of it: lb2, web21, web22
    ");
}

/// What `plan` tells people of rotation.
fn rotation_of(shop: &Folder) -> String {
    let text = shop.run(&["plan"]).out;
    let lines = text.lines().skip_while(|l| !l.starts_with("rotation"));
    let lines: Vec<&str> = lines.take_while(|l| !l.is_empty()).collect();
    lines.join("\n")
}

#[test]
fn a_data_bag_item_names_the_site_that_serves() {
    let shop = sites(
        "[rotation]\nsite = 'place.site'\n[[rotation.record]]\nitem = 'dns/www'\nkey = 'serves.site'\n",
    );
    assert_eq!(plan(&shop).0, json!(["lb1", "web11", "web12"]));
    // All of the item: what is no site is something else.
    let shop = sites("[rotation]\nsite = 'place.site'\n[[rotation.record]]\nitem = 'dns/www'\n");
    assert_eq!(plan(&shop).0, json!(["lb1", "web11", "web12"]));
}

#[test]
fn without_sites_requests_go_from_balancers_to_members() {
    let shop = sites("[[rotation.record]]\nzone = 'dns/shop.zone'\nnames = ['www']\n");
    let zone = ZONE.replace("203.0.113.10", "10.0.2.1");
    shop.write("dns/shop.zone", &zone);
    shop.commit("to the balancer itself");
    shop.write(
        "cookbooks/web/recipes/default.rb",
        "file '/etc/web' do\n  content 'c'\nend\n",
    );
    assert_eq!(plan(&shop).0, json!(["lb2", "web21", "web22"]));
}

#[test]
fn zones_in_circles_or_with_parts_elsewhere_are_told() {
    let config = "[[rotation.record]]\nzone = 'dns/shop.zone'\nnames = ['www']\n";
    for (zone, reason) in [
        (
            "www 300 IN CNAME www2\nwww2 300 IN CNAME www\n",
            "has no address for www",
        ),
        ("www 300 IN A 10.0.1.1\n$INCLUDE more\n", "stand elsewhere"),
    ] {
        let shop = sites(config);
        shop.write("dns/shop.zone", zone);
        shop.commit("another zone");
        shop.write("cookbooks/web/recipes/default.rb", "file '/etc/web'\n");
        let check = shop.run(&["check", "--format", "json"]).json();
        let told = check["undetermined"].to_string();
        assert!(told.contains(reason), "{told}");
    }
}

#[test]
fn what_leads_nowhere_leaves_everybody_in_rotation_and_is_told() {
    let everybody = json!(["lb1", "lb2", "web11", "web12", "web21", "web22"]);
    for config in [
        "[[rotation.record]]\nzone = 'dns/shop.zone'\nnames = ['www']\n",
        "[[rotation.record]]\nzone = 'dns/shop.zone'\nnames = ['shop']\n",
        "[[rotation.record]]\nzone = 'dns/other.zone'\nnames = ['www']\n",
        "[[rotation.record]]\nzone = '/etc/bind/shop.zone'\nnames = ['www']\n",
        "[[rotation.record]]\nitem = 'dns/www'\n",
        "[[rotation.record]]\nitem = 'dns/www'\nkey = 'serves.place'\n",
        "[[rotation.record]]\nitem = 'dns/mail'\n",
    ] {
        let shop = sites(config);
        assert_eq!(plan(&shop).0, everybody, "{config}");
        let check = shop.run(&["check", "--format", "json"]).json();
        let told = check["undetermined"].as_array().unwrap().iter();
        let told = told.filter(|u| u["reason"].as_str().unwrap().contains("who is in rotation"));
        assert!(told.count() > 0, "{config}");
        assert_eq!(check["verdict"], "undetermined", "{config}");
    }
}

#[test]
fn a_zone_that_nodes_render_is_followed_too() {
    let shop = sites(
        "[rotation]\nsite = 'place.site'\n[rotation.addresses]\nyork = ['198.51.100.10']\n\
         [[rotation.record]]\nzone = '/etc/bind/shop.zone'\nnames = ['www']\n",
    );
    shop.write("cookbooks/dns/metadata.rb", "name 'dns'\nversion '1.0.0'\n");
    shop.write(
        "cookbooks/dns/recipes/default.rb",
        "file '/etc/bind/shop.zone' do\n  content \"www 300 IN A #{data_bag_item('dns', 'www')['address']}\\n\"\nend\n",
    );
    shop.write(
        "data_bags/dns/www.json",
        r#"{"id": "www", "address": "198.51.100.10"}"#,
    );
    shop.write(
        "nodes/ns1.json",
        r#"{"name": "ns1", "run_list": ["recipe[dns]"]}"#,
    );
    shop.commit("with a name server");
    shop.write(
        "cookbooks/web/recipes/default.rb",
        "file '/etc/web' do\n  content 'c'\nend\n",
    );
    assert_eq!(plan(&shop).0, json!(["lb2", "web21", "web22"]));
}
