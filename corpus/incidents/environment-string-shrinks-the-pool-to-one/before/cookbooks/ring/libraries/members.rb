module Ring
  # The machines that share the API between them.
  class Members
    class << self
      # Addresses by host name; asked of the server once in a run.
      def of(node)
        @members ||= begin
          found = { node['hostname'] => node['ipaddress'] }
          Chef::Search::Query.new.search(:node, query(node)) do |member|
            found[member['hostname']] = member['ipaddress']
          end
          found.sort.to_h
        end
      end

      private

      def query(node)
        "roles:#{node['ring']['role']} AND chef_environment:#{node['ring']['environment']}"
      end
    end
  end
end
