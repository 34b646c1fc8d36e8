# Writes one listener of the local balancer.
define :mesh_service, :port => nil, :members => [] do
  servers = params[:members].sort_by { |member| member.name }.map do |member|
    "  server #{member['hostname']} #{member['ipaddress']}:#{params[:port]} check inter 3s"
  end

  listener = []
  listener << "listen #{params[:name]}"
  listener << "  bind 127.0.0.1:#{params[:port]}"
  listener << '  mode tcp'
  listener += servers

  file "/etc/haproxy/services.d/#{params[:name]}.cfg" do
    content listener.join("\n") + "\n"
    mode '0644'
    notifies :reload, 'service[haproxy]'
  end
end
