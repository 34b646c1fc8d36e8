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

#[test]
fn what_is_taken_from_attributes_is_a_mash_or_a_plain_hash() {
    let code = "
        node.default['a'] = { 'b' => 1, 'c' => { 'd' => 2 } }
        more = node['a'].merge(:x => { :y => 1 })
        more['z'] = 3
        log more.class.to_s + more[:x]['y'].to_s + more['x'].class.to_s
        log [node['a'].select { true }[:b], node['a'].reject { false }['b'], node['a'].slice(:b)].inspect
        log Mash.new('a' => { 'b' => 1 }).symbolize_keys.inspect
        m = Mash.new
        m[:a] = [{ b: 1 }]
        m.update(c: { d: 1 })
        log m.inspect + m.to_hash.class.to_s";
    insta::assert_snapshot!(run(code), @r#"
    log[ChefUtils::Mash1ChefUtils::Mash] write
    log[[nil, 1, {}]] write
    log[{:a=>{"b"=>1}}] write
    log[{"a"=>[{"b"=>1}], "c"=>{"d"=>1}}Hash] write
    "#);
}

#[test]
fn texts_of_the_merged_view_are_frozen() {
    insta::assert_snapshot!(run("node.default['a'] = 'x'\nnode.default['a'] << 'y'\nlog node['a']\nnode['a'] << 'z'"), @r#"
    log[xy] write
    FrozenError: can't modify frozen String: "xy" at cookbooks/a/recipes/default.rb:4
    "#);
}
