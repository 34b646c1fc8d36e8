# IPAddr: addresses as lists of 16-bit groups (IPv6) or as one number (IPv4).
class IPAddr
  include Comparable

  class Error < ArgumentError; end
  class InvalidAddressError < Error; end
  class AddressFamilyError < Error; end
  class InvalidPrefixError < InvalidAddressError; end

  attr_reader :bytes, :prefix, :zone_id

  def self.ntop(packed) = made(packed.bytes, packed.bytes.size * 8).to_s
  def self.new_ntoh(packed) = made(packed.bytes, packed.bytes.size * 8)
  def self.made(bytes, prefix) = allocate.__set__(bytes, prefix)

  def initialize(text = "::", _family = nil)
    unless text.is_a?(String)
      raise AddressFamilyError, "unsupported address family: 0" unless _family

      bytes = (0...4).map { |i| text >> (24 - 8 * i) & 255 }
      return __set__(bytes, 32)
    end

    address, mask = text.split("/", 2)
    address = address.to_s.delete_prefix("[").delete_suffix("]")
    @bytes = address.include?(":") ? v6(address, text) : v4(address, text)
    size = @bytes.size * 8
    @prefix = mask ? mask_size(mask, size, text) : size
    mask!
  end

  def __set__(bytes, prefix)
    @bytes = bytes
    @prefix = prefix
    mask!
  end

  def ipv4? = @bytes.size == 4
  def ipv6? = @bytes.size == 16
  def family = ipv4? ? 2 : 10
  def to_i = @bytes.inject(0) { |sum, byte| (sum << 8) + byte }
  def hton = @bytes.pack("C*")
  def to_string = ipv4? ? @bytes.join(".") : groups.map { |group| format("%04x", group) }.join(":")

  def to_s
    return @bytes.join(".") if ipv4?

    best = nil
    run = nil
    (groups + [1]).each_with_index do |group, i|
      if group.zero?
        run ||= i
      elsif run
        best = [run, i - run] if i - run > 1 && (best.nil? || i - run > best[1])
        run = nil
      end
    end
    words = groups.map { |group| group.to_s(16) }
    return words.join(":") unless best

    "#{words[0, best[0]].join(':')}::#{words[(best[0] + best[1])..].join(':')}"
  end

  def inspect
    mask = IPAddr.allocate.__raw__(mask_bytes)
    "#<#{self.class}: #{ipv4? ? 'IPv4' : 'IPv6'}:#{to_string}/#{mask.to_string}>"
  end

  def __raw__(bytes)
    @bytes = bytes
    @prefix = bytes.size * 8
    self
  end

  def netmask = IPAddr.allocate.__raw__(mask_bytes).to_string
  def cidr = "#{self}/#{prefix}"
  def mask(size) = dup.__set__(@bytes, mask_size(size.to_s, @bytes.size * 8, size.to_s))
  def ==(other) = (other = other(other)) && family == other.family && bytes == other.bytes
  def eql?(other) = other.is_a?(IPAddr) && self == other
  def hash = [@bytes, @prefix].hash
  def <=>(other) = (other = other(other)) && family == other.family ? bytes <=> other.bytes : nil

  def include?(other)
    other = other(other)
    return false if other.nil? || family != other.family || other.prefix < prefix

    mask_bytes.each_with_index.all? { |byte, i| other.bytes[i] & byte == @bytes[i] }
  end
  alias === include?

  def &(other) = combine(other) { |a, b| a & b }
  def |(other) = combine(other) { |a, b| a | b }
  def ~ = IPAddr.made(@bytes.map { |byte| byte ^ 255 }, @bytes.size * 8)
  def +(other) = shift(other)
  def -(other) = shift(-other)
  def succ = shift(1)

  def to_range
    last = @bytes.each_with_index.map { |byte, i| byte | (mask_bytes[i] ^ 255) }
    size = @bytes.size * 8
    IPAddr.made(@bytes, size)..IPAddr.made(last, size)
  end

  def private?
    return @bytes[0] & 0xfe == 0xfc unless ipv4?

    @bytes[0] == 10 || (@bytes[0] == 172 && @bytes[1] & 0xf0 == 16) || (@bytes[0] == 192 && @bytes[1] == 168)
  end

  def loopback? = ipv4? ? @bytes[0] == 127 : @bytes == [0] * 15 + [1]
  def link_local? = ipv4? ? @bytes[0] == 169 && @bytes[1] == 254 : @bytes[0] == 0xfe && @bytes[1] & 0xc0 == 0x80
  def ipv4_mapped? = ipv6? && @bytes[0, 10].all?(0) && @bytes[10, 2] == [255, 255]
  def ipv4_mapped = IPAddr.made([0] * 10 + [255, 255] + @bytes, 128)
  def native = ipv4_mapped? ? IPAddr.made(@bytes[12, 4], 32) : self

  def reverse
    ipv4? ? "#{@bytes.reverse.join('.')}.in-addr.arpa" : "#{to_string.delete(':').reverse.chars.join('.')}.ip6.arpa"
  end

  private

  def groups = @bytes.each_slice(2).map { |high, low| high * 256 + low }

  def mask_bytes
    (0...@bytes.size).map do |i|
      bits = (@prefix - i * 8).clamp(0, 8)
      255 ^ (255 >> bits)
    end
  end

  def mask!
    @bytes = mask_bytes.each_with_index.map { |mask, i| @bytes[i] & mask }
    self
  end

  def v4(address, text)
    parts = address.split(".", -1)
    bad = parts.size != 4 || parts.any? { |part| part !~ /\A\d{1,3}\z/ || part.to_i > 255 }
    raise InvalidAddressError, "invalid address: #{@addr}" if bad
    if parts.any? { |part| part =~ /\A0\d/ }
      raise InvalidAddressError, "zero-filled number in IPv4 address is ambiguous: #{text}"
    end

    parts.map(&:to_i)
  end

  def v6(address, text)
    address = address.split("%", 2).first
    raise InvalidAddressError, "invalid address: #{@addr}" unless address =~ /\A[0-9a-fA-F:.]+\z/ && address.scan("::").size <= 1

    if (tail = address[/\d+\.\d+\.\d+\.\d+\z/])
      a, b, c, d = v4(tail, text)
      address = address.delete_suffix(tail) + format("%x:%x", a * 256 + b, c * 256 + d)
    end
    head, rest = address.split("::", 2)
    head = head.to_s.split(":", -1)
    rest = rest && rest.split(":", -1)
    words = rest ? head + ["0"] * [8 - head.size - rest.size, 0].max + rest : head
    raise InvalidAddressError, "invalid address: #{@addr}" if words.size != 8 || words.any? { |word| word !~ /\A\h{1,4}\z/ }

    words.flat_map { |word| [word.hex >> 8, word.hex & 255] }
  end

  def mask_size(mask, size, text)
    if mask =~ /\A\d+\z/
      raise InvalidPrefixError, "invalid length: #{to_i}" if mask.to_i > size

      return mask.to_i
    end
    bits = IPAddr.new(mask).bytes.map { |byte| format("%08b", byte) }.join
    raise InvalidPrefixError, "invalid mask #{mask}" unless bits =~ /\A1*0*\z/

    bits.count("1")
  end

  def other(value)
    return value if value.is_a?(IPAddr)

    IPAddr.new(value)
  rescue Error
    nil
  end

  def combine(other)
    other = other.is_a?(Integer) ? IPAddr.new(other, family) : IPAddr.new(other.to_s)
    IPAddr.made(@bytes.zip(other.bytes).map { |a, b| yield a, b }, @bytes.size * 8)
  end

  def shift(by)
    carry = by
    bytes = @bytes.reverse.map do |byte|
      sum = byte + carry
      carry = sum >> 8
      sum & 255
    end
    IPAddr.made(bytes.reverse, @bytes.size * 8)
  end
end
