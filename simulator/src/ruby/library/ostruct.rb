# OpenStruct: attributes by any name.
class OpenStruct
  def initialize(hash = nil)
    @table = {}
    return if hash.nil?

    hash.each_pair { |key, value| @table[key.to_sym] = value }
  end

  def initialize_copy(other)
    @table = other.to_h
  end

  def [](name) = @table[name.to_sym]

  def []=(name, value)
    raise FrozenError, "can't modify frozen OpenStruct: #{inspect}" if frozen? && !@table.frozen?

    @table[name.to_sym] = value
  end

  def to_h(&block) = block ? @table.to_h(&block) : @table.dup

  def each_pair(&block)
    return @table.each_pair unless block

    @table.each_pair(&block)
    self
  end

  def dig(name, *rest)
    value = self[name]
    rest.empty? || value.nil? ? value : value.dig(*rest)
  end

  def delete_field(name)
    unless @table.key?(name.to_sym)
      return yield if block_given?

      raise NameError, "no field `#{name}' in #{inspect}"
    end
    @table.delete(name.to_sym)
  end

  def respond_to_missing?(name, all = false)
    @table.key?(name.to_s.chomp("=").to_sym) || super
  end

  def method_missing(name, *args)
    text = name.to_s
    if text.end_with?("=")
      raise ArgumentError, "wrong number of arguments (given #{args.size}, expected 1)" if args.size != 1

      self[text.chomp("=")] = args[0]
    elsif @table.key?(name)
      @table[name]
    elsif args.empty?
      nil
    else
      super
    end
  end

  def freeze
    @table.freeze
    super
  end

  def ==(other) = other.is_a?(OpenStruct) && to_h == other.to_h
  def eql?(other) = other.is_a?(OpenStruct) && to_h.eql?(other.to_h)
  def hash = @table.hash

  def inspect
    fields = @table.map { |key, value| " #{key}=#{value.inspect}" }
    "#<#{self.class}#{fields.join(',')}>"
  end
  alias to_s inspect
end
