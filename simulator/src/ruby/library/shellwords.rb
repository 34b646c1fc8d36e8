# Shellwords: words of a command line as sh reads them.
module Shellwords
  def self.shellsplit(line)
    words = []
    field = String.new
    line.scan(/\G\s*(?>([^\0\s\\\'\"]+)|'([^\0\']*)'|"((?:[^\0\"\\]|\\[^\0])*)"|(\\[^\0]?)|(\S))(\s|\z)?/m) do |word, sq, dq, esc, garbage, sep|
      raise ArgumentError, "Unmatched quote: #{line.inspect}" if garbage

      field << (word || sq || (dq && dq.gsub(/\\([$`"\\\n])/, '\\1')) || esc.gsub(/\\(.)/, '\\1'))
      if sep
        words << field
        field = String.new
      end
    end
    words
  end

  def self.shellescape(str)
    str = str.to_s
    return "''" if str.empty?

    str.gsub(%r{[^A-Za-z0-9_\-.,:+/@\n]}) { |c| "\\#{c}" }.gsub("\n", "'\n'")
  end

  def self.shelljoin(list) = list.map { |arg| shellescape(arg) }.join(" ")

  def self.split(line) = shellsplit(line)
  def self.escape(str) = shellescape(str)
  def self.join(list) = shelljoin(list)
  def self.shellwords(line) = shellsplit(line)

  def shellsplit(line) = Shellwords.shellsplit(line)
  def shellwords(line) = Shellwords.shellsplit(line)
  def shellescape(str) = Shellwords.shellescape(str)
  def shelljoin(list) = Shellwords.shelljoin(list)
end

class String
  def shellsplit = Shellwords.shellsplit(self)
  def shellescape = Shellwords.shellescape(self)
end

class Array
  def shelljoin = Shellwords.shelljoin(self)
end
