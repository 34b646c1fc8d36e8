actions :create, :delete
default_action :create

attribute :name, :kind_of => String, :name_attribute => true
attribute :port, :kind_of => Integer, :required => true
attribute :servers, :kind_of => Array, :required => true
