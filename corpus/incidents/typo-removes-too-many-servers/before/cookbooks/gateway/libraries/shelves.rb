module Gateway
  # Finds the machines that keep the objects.
  module Shelves
    def shelves
      retired = node['gateway']['retired'].map { |pattern| /^#{pattern}/ }
      search(:node, "role:shelf AND chef_environment:#{node.chef_environment}")
        .reject { |shelf| retired.any? { |pattern| shelf.name =~ pattern } }
        .sort_by { |shelf| shelf['ipaddress'].split('.').map(&:to_i) }
    end
  end
end

Chef::Recipe.include(Gateway::Shelves)
