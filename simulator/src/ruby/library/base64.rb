# Base64, by Array#pack as Ruby's own.
module Base64
  def self.encode64(bin) = [bin].pack("m")
  def self.decode64(str) = str.unpack1("m")
  def self.strict_encode64(bin) = [bin].pack("m0")
  def self.strict_decode64(str)
    raise ArgumentError, "invalid base64" unless str.match?(%r{\A(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?\z})

    str.unpack1("m0")
  end

  def self.urlsafe_encode64(bin, padding: true)
    str = strict_encode64(bin).tr("+/", "-_")
    padding ? str : str.delete("=")
  end

  def self.urlsafe_decode64(str)
    str = str.tr("-_", "+/")
    str += "=" * ((4 - str.length % 4) % 4) unless str.end_with?("=")
    strict_decode64(str)
  end

  def encode64(bin) = Base64.encode64(bin)
  def decode64(str) = Base64.decode64(str)
  def strict_encode64(bin) = Base64.strict_encode64(bin)
  def strict_decode64(str) = Base64.strict_decode64(str)
  def urlsafe_encode64(bin, padding: true) = Base64.urlsafe_encode64(bin, padding: padding)
  def urlsafe_decode64(str) = Base64.urlsafe_decode64(str)
end
