module Edge
  # Takes servers out of rotation by the beginning of their names.
  module Rotation
    def drained?(server)
      node['edge']['drained'].any? { |prefix| server.name.start_with?(prefix) }
    end
  end
end
