//! Attributes as recipes write and read them.

use super::recipe as run;

#[test]
fn what_is_put_into_an_array_has_text_keys() {
    let code = "
        node.default['peers'] = []
        node.default['peers'] << { :key => 'a', :deep => [{ :x => 1 }] }
        node.default['peers'].push({ key: 'b' }, { key: 'c' })
        node.default['peers'].unshift({ key: 'd' })
        node.default['peers'][4] = { key: 'e' }
        node.default['peers'].map! { |p| { key: p['key'] * 2, deep: p['deep'] } }
        log node['peers'].map { |p| p[:key] + p['key'] }.join(' ')
        log node['peers'][1][:deep].first['x'].to_s
        log node.default['peers'].first.class.to_s + node.default['peers'].first['key']";
    insta::assert_snapshot!(run(code), @r#"
    log[dddd aaaa bbbb cccc eeee] write
    log[1] write
    log[Chef::Node::VividMashdd] write
    "#);
}
