# ERB: a template becomes Ruby text, which is evaluated in a binding.
class ERB
  module Util
    def html_escape(s) = CGI.escapeHTML(s.to_s)
    alias h html_escape

    def url_encode(s)
      s.to_s.b.gsub(/[^a-zA-Z0-9_\-.~]/) { |m| format("%%%02X", m.unpack1("C")) }
    end
    alias u url_encode
    module_function :html_escape, :h, :url_encode, :u
  end

  attr_reader :src
  attr_accessor :filename, :lineno

  def self.version = "2.2.3"

  def initialize(str, safe_level = nil, legacy_trim = nil, legacy_var = nil, trim_mode: nil, eoutvar: "_erbout")
    @trim = trim_mode || legacy_trim
    unless [nil, 0, 1, 2, "", "%", "-", ">", "<>", "%-", "-%", "%<>", "%>"].include?(@trim)
      warn "Invalid ERB trim mode: #{@trim.inspect} (trim_mode: nil, 0, 1, 2, or String composed of '%' and/or '-', '>', '<>')"
    end
    @trim = { 1 => ">", 2 => "<>" }.fetch(@trim, @trim).to_s
    @var = legacy_var || eoutvar
    @lineno = 0
    @src = "#coding:UTF-8\n" + Compiler.new(str.to_s, @trim, @var).source
  end

  def location=((filename, lineno))
    @filename = filename
    @lineno = lineno if lineno
  end

  def result(b = TOPLEVEL_BINDING)
    unless b.is_a?(Binding)
      raise ArgumentError, "wrong argument type #{b.class} (expected binding)" unless b.respond_to?(:eval)
    end
    b.eval(@src.delete_prefix("#coding:UTF-8\n"), @filename || "(erb)", @lineno + 1)
  end

  def result_with_hash(hash)
    result(TOPLEVEL_BINDING.eval("->(#{hash.keys.join(', ')}) { binding }").call(*hash.values))
  end

  def run(b = TOPLEVEL_BINDING) = print(result(b))

  def def_method(mod, methodname, fname = "(ERB)")
    mod.module_eval("def #{methodname}\n#{@src}\nend\n")
  end

  class Compiler
    def initialize(text, trim, var)
      @text = text
      @percent = trim.include?("%")
      @dash = trim.include?("-")
      @mode = trim.delete("%-")
      @var = var
      @lines = !trim.empty?
      @line = []
      @out = +""
      @pending = +""
    end

    def source
      @line << "#{@var} = +''"
      at = 0
      fresh = true
      tagged = false
      while at < @text.length
        if fresh && @percent && @text[at] == "%"
          finish = @text.index("\n", at) || @text.length
          line = @text[at...finish]
          if line.start_with?("%%")
            @pending << line[1..]
            at = finish
            fresh = false
          else
            flush
            @line << line[1..]
            cr
            at = finish + 1
          end
          next
        end
        if @text[at, 3] == "<%%"
          @pending << "<%"
          at += 3
          fresh = false
        elsif @text[at, 2] == "<%"
          tagged = true if fresh
          at = tag(at, tagged)
          fresh = at.positive? && @text[at - 1] == "\n" && @swallowed
          tagged = false if fresh
        else
          char = @text[at]
          at += 1
          @pending << char
          fresh = char == "\n"
          if fresh && @lines
            flush
            cr
            tagged = false
          end
        end
      end
      flush
      @line << @var
      cr
      @out
    end

    private

    def tag(at, tagged)
      at += 2
      kind = @text[at]
      case kind
      when "=", "#" then at += 1
      when "-"
        if @dash
          at += 1
          head = @pending.rpartition("\n")
          @pending = head[0] + head[1] if head[2].match?(/\A[ \t]*\z/) && @line_start != false
        end
      end
      finish = at
      loop do
        finish = @text.index("%>", finish)
        break unless finish && @text[finish - 1] == "%" && finish > at

        finish += 2
      end
      content = @text[at...(finish || @text.length)].gsub("%%>", "%>")
      after = finish ? finish + 2 : @text.length
      dashed = @dash && content.end_with?("-")
      content = content.chop if dashed
      flush
      case kind
      when "=" then @line << "#{@var}.<<((#{content}).to_s)"
      when "#" then content.count("\n").times { cr }
      else
        if content.end_with?("\n")
          @line << content.chop
          cr
        else
          @line << content
        end
      end
      @swallowed = false
      if @text[after] == "\n" && (dashed || @mode == ">" || (@mode == "<>" && tagged))
        cr
        after += 1
        @swallowed = true
      end
      after
    end

    def flush
      return if @pending.empty?

      @line << "#{@var}.<< #{@pending.dump_for_erb}.freeze"
      @pending.count("\n").times { cr } unless @lines
      @pending = +""
    end

    def cr
      @out << @line.join("; ") << "\n"
      @line = []
    end
  end
end

class String
  # A literal that spans no lines more than the text does.
  def dump_for_erb
    '"' + gsub(/[\\"#]/) { |c| "\\#{c}" }.gsub("\n", '\n') + '"'
  end
  private :dump_for_erb
  public :dump_for_erb
end
