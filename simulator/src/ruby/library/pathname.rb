# Pathname: paths as texts. What asks the file system is File's to answer, which knows nothing of it.
class Pathname
  include Comparable

  def initialize(path)
    path = path.to_path if path.respond_to?(:to_path)
    raise TypeError, "no implicit conversion of #{path.nil? ? 'nil' : path.class} into String" unless path.respond_to?(:to_str)
    raise ArgumentError, "pathname contains null byte" if path.include?("\0")

    @path = path.to_str.dup
  end

  def to_s = @path.dup
  alias to_path to_s
  def inspect = "#<Pathname:#{@path}>"
  def ==(other) = other.is_a?(Pathname) && @path == other.to_s
  alias eql? ==
  alias === ==
  def <=>(other) = other.is_a?(Pathname) ? @path.tr("/", "\0") <=> other.to_s.tr("/", "\0") : nil
  def hash = @path.hash
  def absolute? = @path.start_with?("/")
  def relative? = !absolute?
  def root? = @path.match?(%r{\A/+\z})
  def basename(*args) = Pathname.new(File.basename(@path, *args))
  def dirname = Pathname.new(File.dirname(@path))
  def extname = File.extname(@path)
  def expand_path(*args) = Pathname.new(File.expand_path(@path, *args))
  def split = File.split(@path).map { |part| Pathname.new(part) }
  def parent = self + ".."
  def sub(*args, &block) = Pathname.new(@path.sub(*args, &block))
  def sub_ext(ext) = Pathname.new(@path.delete_suffix(extname) + ext)

  def fnmatch(pattern, *args) = File.fnmatch(pattern, @path, *args)
  alias fnmatch? fnmatch

  def each_filename(&block)
    names = @path.split("/").reject(&:empty?)
    return names.each unless block

    names.each(&block)
  end

  def descend(&block)
    list = ascend.to_a.reverse
    block ? list.each(&block) : list.each
  end

  def ascend(&block)
    list = [self]
    path = @path
    while (up = File.dirname(path)) != path && up != "."
      list << Pathname.new(up)
      path = up
    end
    block ? list.each(&block) : list.each
  end

  def +(other)
    other = Pathname.new(other) unless other.is_a?(Pathname)
    Pathname.new(plus(@path, other.to_s))
  end
  alias / +

  def join(*args)
    result = self
    args.each { |arg| result += arg }
    result
  end

  def cleanpath(_ = false)
    parts = []
    @path.split("/").each do |part|
      case part
      when "", "." then next
      when ".."
        if parts.empty? || parts.last == ".."
          parts << ".." unless absolute?
        else
          parts.pop
        end
      else parts << part
      end
    end
    text = parts.join("/")
    Pathname.new(absolute? ? "/#{text}" : (text.empty? ? "." : text))
  end

  def relative_path_from(base)
    base = Pathname.new(base) unless base.is_a?(Pathname)
    to = cleanpath.to_s
    from = base.cleanpath.to_s
    if to.start_with?("/") != from.start_with?("/")
      raise ArgumentError, "different prefix: #{to.start_with?('/') ? '"/"' : '""'} and #{base.inspect.delete_prefix('#<Pathname:').chomp('>').inspect}"
    end

    to = to.split("/").reject { |part| part.empty? || part == "." }
    from = from.split("/").reject { |part| part.empty? || part == "." }
    while !to.empty? && to.first == from.first
      to.shift
      from.shift
    end
    raise ArgumentError, "base_directory has ..: #{base.to_s.inspect}" if from.include?("..")

    parts = [".."] * from.size + to
    Pathname.new(parts.empty? ? "." : parts.join("/"))
  end

  %i[exist? file? directory? read readlines size stat symlink? executable? readable? writable? zero? realpath mtime
     binread lstat readlink].each do |name|
    define_method(name) { |*args| File.send(name, @path, *args) }
  end

  def children(*) = Dir.children(@path)
  def entries = Dir.entries(@path)
  def glob(pattern, *) = Dir.glob(File.join(@path, pattern))
  def mkpath = nil
  def write(text, *) = File.write(@path, text)

  private

  def plus(first, second)
    return second if second.start_with?("/")

    head = first
    rest = second.split("/", -1)
    loop do
      case rest.first
      when "." then rest.shift
      when ".."
        break if head == ".." || head.end_with?("/..")
        base = File.basename(head)
        rest.shift
        if head == "/" then next
        elsif base == "." || head == "." then head = ".."; break
        else
          head = File.dirname(head)
        end
      else break
      end
    end
    tail = rest.join("/")
    return head if tail.empty?
    return tail if head == "."

    File.join(head, tail)
  end
end

module Kernel
  def Pathname(path) = path.is_a?(Pathname) ? path : Pathname.new(path)
end
