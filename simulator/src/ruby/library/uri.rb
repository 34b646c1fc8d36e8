# URI: RFC 3986 references, split, joined and encoded as Ruby's library does.
module URI
  class Error < StandardError; end
  class InvalidURIError < Error; end
  class InvalidComponentError < Error; end
  class BadURIError < Error; end

  REFERENCE = %r{\A(?:([A-Za-z][A-Za-z0-9+.\-]*):)?(?://((?:[^/?\#@]*@)?(?:\[[^\]]*\]|[^/?\#:\[\]]*)(?::\d*)?))?([^?\#]*)(?:\?([^\#]*))?(?:\#(.*))?\z}m
  ALLOWED = %r{\A(?:[A-Za-z0-9\-._~:/?\#\[\]@!$&'()*+,;=]|%[0-9a-fA-F]{2})*\z}
  FINDER = %r{[A-Za-z][A-Za-z0-9+.\-]*:(?://[^\s<>"/?\#]*)?[^\s<>"{}|\\^`\[\]]*}

  class Generic
    DEFAULT_PORT = nil

    def self.default_port = self::DEFAULT_PORT

    def self.build(args)
      if args.is_a?(Hash)
        scheme = args[:scheme] || name.split("::").last.downcase
        new(scheme, args[:userinfo], args[:host], args[:port], args[:registry], args[:path] || "", args[:opaque], args[:query], args[:fragment])
      else
        URI.not_modelled
      end
    end

    attr_reader :scheme, :host, :path, :query, :fragment, :opaque

    def initialize(scheme, userinfo, host, port, _registry, path, opaque, query, fragment, *)
      @scheme = scheme && scheme.downcase
      @user, @password = userinfo.split(":", 2) if userinfo
      @host = host
      @port = port.nil? || port == "" ? default_port : port.to_i
      @path = path
      @opaque = opaque
      @query = query
      @fragment = fragment
    end

    def default_port = self.class.default_port
    attr_reader :port, :user, :password
    attr_writer :scheme, :host, :query, :fragment, :user, :password, :opaque

    def path=(value)
      raise InvalidComponentError, "bad component(expected path component): #{value}" if value =~ /[\s?#]/

      @path = value
    end

    def port=(value)
      @port = value && value.to_i
    end

    def userinfo=(value)
      @user, @password = value.to_s.split(":", 2)
    end

    def userinfo
      return nil unless @user

      @password ? "#{@user}:#{@password}" : @user
    end

    def hostname = @host && @host.delete_prefix("[").delete_suffix("]")
    def hostname=(value)
      @host = value.include?(":") && !value.start_with?("[") ? "[#{value}]" : value
    end

    def absolute? = !@scheme.nil?
    alias absolute absolute?
    def relative? = !absolute?
    def hierarchical? = @opaque.nil?
    def registry = nil
    def authority
      return nil unless @host

      text = userinfo ? "#{userinfo}@#{@host}" : @host.dup
      @port && @port != default_port ? "#{text}:#{@port}" : text
    end

    def request_uri
      return nil unless is_a?(HTTP)

      text = @path.empty? ? "/" : @path
      @query ? "#{text}?#{@query}" : text
    end

    def origin = "#{@scheme}://#{@host}#{":#{@port}" if @port && @port != default_port}"

    def to_s
      text = String.new
      text << "#{@scheme}:" if @scheme
      if @opaque
        text << @opaque
      else
        text << "//" if @host || %w[file].include?(@scheme)
        text << "#{userinfo}@" if userinfo
        text << @host if @host
        text << ":#{@port}" if @port && @port != default_port
        text << "/" if @host && !@path.empty? && !@path.start_with?("/")
        text << @path
        text << "?#{@query}" if @query
      end
      text << "##{@fragment}" if @fragment
      text
    end
    alias to_str to_s
    undef_method :to_str

    def inspect = "#<#{self.class} #{self}>"
    def ==(other) = other.is_a?(Generic) && normalize.to_s == other.normalize.to_s
    def eql?(other) = other.is_a?(Generic) && to_s == other.to_s
    def hash = to_s.hash

    def normalize
      copy = dup
      copy.path = "/" if @path.empty? && @host
      copy.host = @host.downcase if @host
      copy
    end

    def merge(other)
      other = URI.parse(other) unless other.is_a?(Generic)
      return other if other.absolute?
      raise BadURIError, "both URI are relative" unless absolute?

      out = dup
      if other.host
        out = URI.parse("#{scheme}:#{other}")
      else
        if other.path.empty?
          out.query = other.query if other.query
        else
          out.query = other.query
          base = other.path.start_with?("/") ? other.path : @path.sub(%r{[^/]*\z}, "") + other.path
          base = "/#{base}" if @host && !base.start_with?("/")
          out.path = URI.remove_dots(base)
        end
      end
      out.fragment = other.fragment
      out
    end
    alias + merge

    def select(*names) = names.map { |name| send(name) }
    def component = %i[scheme userinfo host port path query fragment]
  end

  class HTTP < Generic
    DEFAULT_PORT = 80
  end

  class HTTPS < HTTP
    DEFAULT_PORT = 443
  end

  class FTP < Generic
    DEFAULT_PORT = 21

    def path = @path.delete_prefix("/").sub(/\A%2F/i, "/")
  end

  class File < Generic
    DEFAULT_PORT = nil
  end

  class LDAP < Generic
    DEFAULT_PORT = 389
  end

  class LDAPS < LDAP
    DEFAULT_PORT = 636
  end

  class MailTo < Generic; end

  class WS < Generic
    DEFAULT_PORT = 80
  end

  class WSS < WS
    DEFAULT_PORT = 443
  end

  SCHEMES = { "http" => HTTP, "https" => HTTPS, "ftp" => FTP, "file" => File, "ldap" => LDAP, "ldaps" => LDAPS,
              "mailto" => MailTo, "ws" => WS, "wss" => WSS }.freeze

  def self.scheme_list = SCHEMES.to_h { |name, type| [name.upcase, type] }

  def self.split(text)
    raise InvalidURIError, "bad URI(is not URI?): #{text.inspect}" unless text.is_a?(String)
    raise InvalidURIError, "URI must be ascii only #{text.inspect}" unless text.ascii_only?
    m = REFERENCE.match(text)
    raise InvalidURIError, "bad URI(is not URI?): #{text.inspect}" if m.nil? || !ALLOWED.match?(text) || text.count("#") > 1

    scheme, authority, path, query, fragment = m.captures
    raise InvalidURIError, "bad URI(is not URI?): #{text.inspect}" if scheme.nil? && authority.nil? && path.split("/").first.to_s.include?(":")
    opaque = nil
    if scheme && authority.nil? && !path.start_with?("/")
      raise InvalidURIError, "bad URI(is not URI?): #{text.inspect}" if path.empty?

      opaque = query ? "#{path}?#{query}" : path
      path = query = nil
    end
    if authority
      userinfo, host = authority.include?("@") ? authority.split("@", 2) : [nil, authority]
      host, port = host.match(/\A(\[.*\]|[^:]*)(?::(\d*))?\z/).captures
    end
    [scheme, userinfo, host, port, nil, path, opaque, query, fragment]
  end

  def self.parse(text)
    return text if text.is_a?(Generic)

    parts = split(text.respond_to?(:to_str) ? text.to_str : text)
    type = SCHEMES[parts[0].to_s.downcase] || Generic
    type.new(*parts)
  end

  def self.join(first, *rest) = rest.inject(parse(first)) { |base, part| base.merge(part) }

  def self.remove_dots(path)
    out = []
    parts = path.split("/", -1)
    parts.each_with_index do |part, i|
      last = i == parts.size - 1
      case part
      when "." then out << "" if last
      when ".."
        out.pop if out.size > 1
        out << "" if last
      else out << part
      end
    end
    out.join("/")
  end

  def self.encode_www_form_component(text, _enc = nil)
    text.to_s.b.gsub(/[^*\-.0-9A-Z_a-z]/n) { |c| c == " " ? "+" : format("%%%02X", c.ord) }.force_encoding("UTF-8")
  end

  def self.encode_uri_component(text, _enc = nil) = encode_www_form_component(text).gsub("+", "%20")

  def self.decode_www_form_component(text, _enc = nil)
    raise ArgumentError, "invalid %-encoding (#{text})" if text =~ /%(?!\h\h)/

    text.tr("+", " ").b.gsub(/%(\h\h)/n) { $1.hex.chr }.force_encoding("UTF-8")
  end

  def self.decode_uri_component(text, _enc = nil) = decode_www_form_component(text.gsub("+", "%2B"))

  def self.encode_www_form(pairs)
    pairs.map do |key, value|
      name = encode_www_form_component(key)
      if value.nil? then name
      elsif value.is_a?(Array)
        value.map { |item| item.nil? ? name : "#{name}=#{encode_www_form_component(item)}" }.join("&")
      else
        "#{name}=#{encode_www_form_component(value)}"
      end
    end.join("&")
  end

  def self.decode_www_form(text)
    text.split("&").map do |pair|
      key, value = pair.split("=", 2)
      [decode_www_form_component(key), decode_www_form_component(value || "")]
    end
  end

  def self.escape(text, unsafe = /[^\-_.!~*'()a-zA-Z\d;\/?:@&=+$,\[\]]/)
    text.gsub(unsafe) { |c| c.bytes.map { |b| format("%%%02X", b) }.join }
  end
  singleton_class.send(:alias_method, :encode, :escape)

  def self.unescape(text) = text.b.gsub(/%(\h\h)/n) { $1.hex.chr }.force_encoding("UTF-8")
  singleton_class.send(:alias_method, :decode, :unescape)

  def self.regexp(schemes = nil)
    return FINDER if schemes.nil?

    names = Array(schemes).map { |scheme| ::Regexp.escape(scheme) }.join("|")
    ::Regexp.new("(?:#{names}):(?://[^\\s<>\"/?#]*)?[^\\s<>\"{}|\\\\^`\\[\\]]*")
  end

  def self.extract(text, schemes = nil) = text.scan(regexp(schemes))

  class RFC2396_Parser
    def make_regexp(schemes = nil) = URI.regexp(schemes)
    def extract(text, schemes = nil) = URI.extract(text, schemes)
    def parse(text) = URI.parse(text)
    def split(text) = URI.split(text)
    def escape(text, *args) = URI.escape(text, *args)
    def unescape(text, *) = URI.unescape(text)
    def join(*args) = URI.join(*args)
  end
  Parser = RFC2396_Parser
  DEFAULT_PARSER = Parser.new
end

module Kernel
  def URI(text) = URI.parse(text)
end
