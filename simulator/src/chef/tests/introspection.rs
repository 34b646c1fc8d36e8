//! What recipes ask of the machine they run on.

use super::{converge_as, node, recipe, show};
use crate::chef::Options;
use crate::packed::Attributes;

const RECIPE: &str = "cookbooks/a/recipes/default.rb";

#[test]
fn what_the_node_object_tells_is_known() {
    let code = "
        log [virtual?, physical?, cloud?, ec2?, docker?, kvm?].inspect
        log ChefUtils.debian?(node).to_s + node.ubuntu?.to_s
        module Own
          extend ChefUtils::DSL::PlatformFamily
        end
        log Own.rhel?(node).to_s
        log (platform_version >= '9.10').to_s + (Chef::VERSION >= '9').to_s
        log ChefUtils::Dist::Infra::PRODUCT";
    insta::assert_snapshot!(recipe(code), @r"
    log[[false, true, false, false, false, false]] write
    log[truetrue] write
    log[false] write
    log[truetrue] write
    log[Chef Infra Client] write
    ");
}

#[test]
fn what_only_the_machine_knows_is_unknown() {
    let code = "log 'a' if systemd?\nlog 'b' if kitchen?\nlog \"c #{which('ls')}\"";
    insta::assert_snapshot!(recipe(code), @r"
    log[a] write if the first process of the node
    log[b] write if the environment variable TEST_KITCHEN
    log[c ‹where the program ls is on the node›] write
    Outside: the environment variable TEST_KITCHEN
    Outside: the first process of the node
    Outside: where the program ls is on the node
    ");
}

#[test]
fn ohai_has_read_the_name_of_the_first_process() {
    let mut node = node();
    node.automatic
        .insert("init_package".to_owned(), "systemd".into());
    let result = converge_as(
        &node,
        &[(RECIPE, "log 'a' if systemd?")],
        &Options::default(),
    );
    insta::assert_snapshot!(show(&result), @r"log[a] write");
}

#[test]
fn nobody_has_asked_a_synthetic_node() {
    let mut node = node();
    node.synthetic = true;
    node.automatic = Attributes::default();
    let code = "log 'a' if virtual?\nlog 'b' if ec2?\nlog 'c' if debian?";
    let result = converge_as(&node, &[(RECIPE, code)], &Options::default());
    insta::assert_snapshot!(show(&result), @r"
    log[a] write if an automatic attribute of a synthetic node
    log[b] write if an automatic attribute of a synthetic node
    log[c] write if an automatic attribute of a synthetic node
    Outside: an automatic attribute of a synthetic node
    ");
}
