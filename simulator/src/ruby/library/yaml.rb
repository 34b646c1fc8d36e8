# YAML: reading, as Psych 4 makes values of what the parser found. Writing and parsing are native.
module Psych
  class Exception < ::RuntimeError; end
  class BadAlias < Exception; end
  class AliasesNotEnabled < BadAlias
    def initialize(msg = "Alias parsing was not enabled. To enable it, pass `aliases: true` to `Psych::load` or `Psych::safe_load`.")
      super
    end
  end
  class AnchorNotDefined < BadAlias; end
  class DisallowedClass < Exception
    def initialize(action, name) = super("Tried to #{action} unspecified class: #{name}")
  end

  class SyntaxError < Exception
    attr_reader :file, :line, :column, :problem, :context

    def initialize(file, line, column, problem)
      super("(#{file || '<unknown>'}): #{problem} at line #{line} column #{column}")
      @file, @line, @column, @problem = file, line, column, problem
    end
  end

  VERSION = "4.0.4"

  class << self
    def __load__(yaml, permitted_classes: [Symbol], permitted_symbols: [], aliases: false, filename: nil, fallback: nil,
             symbolize_names: false, freeze: false, strict_integer: false)
      __safe_load__(yaml, permitted_classes: permitted_classes, permitted_symbols: permitted_symbols, aliases: aliases,
                      filename: filename, fallback: fallback, symbolize_names: symbolize_names, freeze: freeze,
                      strict_integer: strict_integer)
    end

    def __safe_load__(yaml, permitted_classes: [], permitted_symbols: [], aliases: false, filename: nil, fallback: nil,
                  symbolize_names: false, freeze: false, strict_integer: false)
      nodes = __documents__(yaml, filename)
      return fallback if nodes.empty?

      Builder.new(permitted_classes.map(&:to_s), aliases, symbolize_names, freeze).value(nodes.first)
    end

    def __unsafe_load__(yaml, filename: nil, fallback: false, symbolize_names: false, freeze: false, strict_integer: false)
      nodes = __documents__(yaml, filename)
      return fallback if nodes.empty?

      Builder.new(nil, true, symbolize_names, freeze).value(nodes.first)
    end

    def __load_stream__(yaml, filename: nil, fallback: [], **options)
      nodes = __documents__(yaml, filename)
      list = nodes.map { |node| Builder.new(nil, true, options[:symbolize_names], false).value(node) }
      return list.each { |document| yield document } if block_given?

      list.empty? ? fallback : list
    end

    def safe_dump(value, **options) = dump(value, **options)
  end

  # Makes values of nodes: `[kind, anchor, tag, content, plain]`.
  class Builder
    TIME = /^-?\d{4}-\d{1,2}-\d{1,2}(?:[Tt]|\s+)\d{1,2}:\d\d:\d\d(?:\.\d*)?(?:\s*(?:Z|[-+]\d{1,2}:?(?:\d\d)?))?$/
    DATE = /^\d{4}-(?:1[012]|0\d|\d)-(?:[12]\d|3[01]|0\d|\d)$/
    WORDS = %r{^[^\d.:-]?[[:alpha:]_\s!@#$%\^&*(){}<>|/\\~;=]+}
    FLOAT = /^[-+]?([0-9][0-9_,]*)?\.[0-9]*([eE][-+][0-9]+)?$/
    INTEGER = /^(?:[-+]?0b[0-1_,]+|[-+]?0[0-7_,]+|[-+]?(?:0|[1-9](?:[0-9]|,[0-9]|_[0-9])*)|[-+]?0x[0-9a-fA-F_,]+)$/

    def initialize(permitted, aliases, symbols, frozen)
      @permitted, @aliases, @symbols, @frozen = permitted, aliases, symbols, frozen
      @anchors = {}
    end

    def value(node)
      made = build(node)
      made.freeze if @frozen
      made
    end

    private

    def build(node)
      kind, anchor, tag, content, plain = node
      case kind
      when "alias"
        raise BadAlias, "Unknown alias: #{content}" unless @aliases
        raise BadAlias, "Unknown alias: #{content}" unless @anchors.key?(anchor)

        @anchors[anchor]
      when "seq" then sequence(anchor, tag, content)
      when "map" then mapping(anchor, tag, content)
      else
        made = scalar(tag, content, plain)
        @anchors[anchor] = made if anchor
        made
      end
    end

    def sequence(anchor, tag, items)
      if tag == "tag:yaml.org,2002:omap" || tag == "!omap"
        made = {}
        @anchors[anchor] = made if anchor
        items.each { |item| made.update(value(item)) }
        return made
      end
      made = []
      @anchors[anchor] = made if anchor
      items.each { |item| made << value(item) }
      made
    end

    def mapping(anchor, tag, pairs)
      case tag
      when nil, "tag:yaml.org,2002:map" then nil
      when "tag:yaml.org,2002:set", "!set" then permit("Psych::Set")
      when "!ruby/range"
        permit("Range")
        parts = pairs.to_h { |key, item| [value(key), value(item)] }
        return Range.new(parts["begin"], parts["end"], parts["excl"])
      when %r{\A!(?:ruby/object|ruby/struct|ruby/hash|ruby/exception)(?::(.*))?\z}
        permit($1 || "Object")
        raise NotImplementedError, "YAML of objects of other classes"
      end
      made = {}
      @anchors[anchor] = made if anchor
      pairs.each do |key_node, item|
        key = value(key_node)
        if key == "<<" && key_node[2].nil?
          merge(made, item)
        else
          key = key.to_sym if @symbols && key.is_a?(String)
          key = key.dup.freeze if key.is_a?(String)
          made[key] = value(item)
        end
      end
      made
    end

    def merge(made, item)
      found = value(item)
      case found
      when Hash then made.merge!(@symbols ? found.transform_keys { |k| k.is_a?(String) ? k.to_sym : k } : found)
      when Array
        if found.all?(Hash)
          found.reverse_each { |hash| made.merge!(hash) }
        else
          made["<<"] = found
        end
      else made["<<"] = found
      end
    end

    def permit(name)
      raise DisallowedClass.new("load", name) unless @permitted.nil? || @permitted.include?(name)
    end

    def symbol(text)
      permit("Symbol")
      text.to_sym
    end

    def scalar(tag, text, plain)
      case tag
      when nil then plain ? token(text) : text
      when "!binary", "tag:yaml.org,2002:binary" then text.unpack1("m")
      when "!", "tag:yaml.org,2002:str", %r{\A!(?:str|ruby/string)} then text
      when "tag:yaml.org,2002:float", "!float" then Float(token(text))
      when "tag:yaml.org,2002:int" then token(text).to_i
      when "!ruby/sym", "!ruby/symbol" then symbol(text)
      when "!ruby/regexp"
        permit("Regexp")
        match = text.match(%r{\A/(.*)/([mixn]*)\z}m)
        flags = { "x" => Regexp::EXTENDED, "i" => Regexp::IGNORECASE, "m" => Regexp::MULTILINE }
        Regexp.new(match[1], match[2].each_char.sum { |c| flags.fetch(c, 0) })
      when "!ruby/range"
        permit("Range")
        low, dots, high = text.match(/\A(.+?)(\.\.\.?)(.+)\z/).captures
        Range.new(token(low), token(high), dots == "...")
      when "!ruby/class", "!ruby/module", %r{\A!ruby/(?:object|class|module)}
        permit(tag[/:(.*)/, 1] || tag.split("/").last.capitalize)
        text
      else plain ? token(text) : text
      end
    end

    # What a scalar without quotes stands for.
    def token(text)
      return nil if text.empty?

      if text.match?(WORDS) || text.include?("\n")
        return text if text.length > 5
        return text if text.match?(/^[^ytonf~]/i)
        return nil if text == "~" || text.match?(/^null$/i)
        return true if text.match?(/^(yes|true|on)$/i)
        return false if text.match?(/^(no|false|off)$/i)

        text
      elsif text.match?(TIME) then time(text)
      elsif text.match?(DATE) then date(text)
      elsif text.match?(/^\+?\.inf$/i) then Float::INFINITY
      elsif text.match?(/^-\.inf$/i) then -Float::INFINITY
      elsif text.match?(/^\.nan$/i) then Float::NAN
      elsif text.match?(/^:./)
        quoted = text.match(/^:(["'])(.*)\1/)
        symbol(quoted ? quoted[2].sub(/^:/, "") : text.sub(/^:/, ""))
      elsif text.match?(/^[-+]?[0-9][0-9_]*(:[0-5]?[0-9]){1,2}$/)
        text.split(":").each_with_index.sum { |part, i| part.to_i * 60**(i - 2).abs }
      elsif text.match?(/^[-+]?[0-9][0-9_]*(:[0-5]?[0-9]){1,2}\.[0-9_]*$/)
        text.split(":").each_with_index.sum { |part, i| part.to_f * 60**(i - 2).abs }
      elsif text.match?(FLOAT)
        return text if text.match?(/\A[-+]?\.\z/)

        Float(text.delete(",_").gsub(/\.([Ee]|$)/, '\1'))
      elsif text.match?(INTEGER) then Integer(text.delete(",_"))
      else text
      end
    end

    def date(text)
      permit("Date")
      Date.strptime(text, "%Y-%m-%d")
    rescue ArgumentError
      text
    end

    def time(text)
      permit("Time")
      day, clock = text.split(/[ tT]/, 2)
      year, month, mday = day.match(/^(-?\d{4})-(\d{1,2})-(\d{1,2})/).captures.map(&:to_i)
      parts = clock.match(/(\d+:\d+:\d+)(?:\.(\d*))?\s*(Z|[-+]\d+(?::?\d\d)?)?/)
      hour, minute, second = parts[1].split(":").map(&:to_i)
      micros = parts[2] ? Rational("0.#{parts[2]}") * 1_000_000 : 0
      at = Time.utc(year, month, mday, hour, minute, second, micros)
      return at if parts[3] == "Z"
      return Time.at(at.to_i, micros) unless parts[3]

      hours, minutes = parts[3].match(/^([+-]?\d{1,2}):?(\d{1,2})?$/).captures
      offset = hours.to_i * 3600
      offset += (offset.negative? ? -60 : 60) * minutes.to_i
      Time.new(year, month, mday, hour, minute, second, offset)
    rescue ArgumentError
      text
    end
  end
end

YAML = Psych
