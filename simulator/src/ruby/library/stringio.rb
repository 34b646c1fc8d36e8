# StringIO: a string read and written as a file.
class StringIO
  include Enumerable

  attr_accessor :string, :pos, :lineno

  def self.open(*args)
    io = new(*args)
    block_given? ? yield(io) : io
  end

  def initialize(string = String.new, mode = nil)
    @string = string
    @lineno = 0
    @pos = mode.to_s.start_with?("a") ? string.length : 0
  end

  def write(*parts)
    before = @string.length
    parts.each do |part|
      text = part.to_s
      if @pos >= @string.length
        @string << text
      else
        @string[@pos, text.length] = text
      end
      @pos += text.length
    end
    @string.length - before
  end

  def <<(part)
    write(part)
    self
  end

  def print(*parts)
    parts.each { |part| write(part) }
    nil
  end

  def puts(*parts)
    write("\n") if parts.empty?
    parts.flatten.each do |part|
      text = part.to_s
      write(text.end_with?("\n") ? text : "#{text}\n")
    end
    nil
  end

  def printf(format, *args)
    write(format(format, *args))
    nil
  end

  def putc(char) = write(char.is_a?(Integer) ? char.chr : char[0])

  def read(length = nil)
    rest = @string[@pos..] || ""
    return length && length.positive? ? nil : String.new if rest.empty?

    part = length ? rest[0, length] : rest
    @pos += part.length
    part
  end

  def gets(separator = "\n", chomp: false)
    rest = @string[@pos..] || ""
    return nil if rest.empty?

    stop = separator && rest.index(separator)
    line = stop ? rest[0, stop + separator.length] : rest
    @pos += line.length
    @lineno += 1
    chomp ? line.chomp : line
  end

  def readline(*args) = gets(*args) || raise(EOFError, "end of file reached")

  def each_line
    return readlines.each unless block_given?

    while (line = gets)
      yield line
    end
    self
  end
  alias each each_line

  def readlines
    lines = []
    while (line = gets)
      lines << line
    end
    lines
  end

  def getc = read(1)
  def eof? = @pos >= @string.length
  alias eof eof?

  def rewind
    @lineno = 0
    @pos = 0
  end

  def seek(pos, *)
    @pos = pos
    0
  end

  def truncate(size)
    @string.replace(@string[0, size])
    size
  end

  def size = @string.length
  alias length size
  alias tell pos
  def close = nil
  def closed? = false
  def flush = self
  def sync = true
  def sync=(_value); end
  def fsync = 0
  def tty? = false
  alias isatty tty?
  def close_write = nil
  def close_read = nil
end
