# Digest: the hashing itself is native (`Digest.__hash__`, bytes in and out).
module Digest
  class Instance
    def self.digest(text) = Digest.__hash__(name, text)
    def self.hexdigest(text) = digest(text).unpack1("H*")
    def self.base64digest(text) = [digest(text)].pack("m0")
    def self.file(path) = new.update(::File.read(path))

    def initialize
      @text = "".b
    end

    def update(text)
      @text += text.b
      self
    end
    alias << update

    def reset
      @text = "".b
      self
    end

    def digest(text = nil) = self.class.digest(text || @text)
    def hexdigest(text = nil) = self.class.hexdigest(text || @text)
    alias to_s hexdigest
    def base64digest(text = nil) = self.class.base64digest(text || @text)
    def inspect = "#<#{self.class}: #{hexdigest}>"
    def ==(other) = hexdigest == (other.is_a?(Instance) ? other.hexdigest : other)
    def digest_length = digest.bytesize
    def file(path) = update(::File.read(path))
  end

  Base = Instance
  class MD5 < Instance; end
  class SHA1 < Instance; end
  class SHA256 < Instance; end
  class SHA384 < Instance; end
  class SHA512 < Instance; end
  class SHA2 < Instance
    def initialize(bits = 256)
      super()
      @bits = bits
    end

    def digest(text = nil) = Digest.__hash__("Digest::SHA#{@bits}", text || @text)
    def hexdigest(text = nil) = digest(text).unpack1("H*")
  end
end
