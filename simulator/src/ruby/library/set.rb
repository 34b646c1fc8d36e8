# Set, over a hash whose keys are the members.
class Set
  include Enumerable

  def self.[](*items) = new(items)

  def initialize(items = nil, &block)
    @hash = {}
    return if items.nil?

    each_of(items) { |item| add(block ? block.call(item) : item) }
  end

  def initialize_copy(other)
    @hash = other.to_a.to_h { |item| [item, true] }
  end

  def each(&block)
    return to_enum(:each) unless block

    @hash.keys.each(&block)
    self
  end

  def to_a = @hash.keys
  def to_set = self
  def size = @hash.size
  alias length size
  def empty? = @hash.empty?
  def include?(item) = @hash.key?(item)
  alias member? include?
  alias === include?

  def add(item)
    raise FrozenError, "can't modify frozen Set: #{inspect}" if frozen?

    @hash[item] = true
    self
  end
  alias << add

  def add?(item) = include?(item) ? nil : add(item)

  def delete(item)
    raise FrozenError, "can't modify frozen Set: #{inspect}" if frozen?

    @hash.delete(item)
    self
  end

  def delete?(item) = include?(item) ? delete(item) : nil

  def merge(list, *lists)
    [list, *lists].each { |items| each_of(items) { |item| add(item) } }
    self
  end

  def subtract(items)
    each_of(items) { |item| delete(item) }
    self
  end

  def clear
    @hash.clear
    self
  end

  def replace(items)
    fresh = Set.new(items)
    @hash = fresh.to_a.to_h { |item| [item, true] }
    self
  end

  def |(items) = dup.merge(items)
  alias + |
  alias union |

  def -(items) = dup.subtract(items)
  alias difference -

  def &(items)
    found = self.class.new
    each_of(items) { |item| found.add(item) if include?(item) }
    found
  end
  alias intersection &

  def ^(items)
    other = Set.new(items)
    (self | other) - (self & other)
  end

  def ==(other)
    return true if equal?(other)

    other.is_a?(Set) && size == other.size && other.all? { |item| include?(item) }
  end

  def eql?(other) = other.is_a?(Set) && self == other
  def hash = to_a.map(&:hash).sort.hash

  def superset?(other)
    check_set(other)
    size >= other.size && other.all? { |item| include?(item) }
  end
  alias >= superset?

  def subset?(other)
    check_set(other)
    other.size >= size && all? { |item| other.include?(item) }
  end
  alias <= subset?

  def proper_superset?(other) = superset?(other) && size > other.size
  alias > proper_superset?

  def proper_subset?(other) = subset?(other) && size < other.size
  alias < proper_subset?

  def <=>(other)
    return nil unless other.is_a?(Set)
    return 0 if self == other
    return -1 if proper_subset?(other)
    return 1 if proper_superset?(other)

    nil
  end

  def intersect?(other) = other.any? { |item| include?(item) }
  def disjoint?(other) = !intersect?(other)

  def delete_if
    return to_enum(:delete_if) unless block_given?

    to_a.each { |item| delete(item) if yield(item) }
    self
  end

  def keep_if
    return to_enum(:keep_if) unless block_given?

    to_a.each { |item| delete(item) unless yield(item) }
    self
  end

  def select!(&block)
    return to_enum(:select!) unless block

    before = size
    keep_if(&block)
    size == before ? nil : self
  end
  alias filter! select!

  def reject!(&block)
    return to_enum(:reject!) unless block

    before = size
    delete_if(&block)
    size == before ? nil : self
  end

  def select(&block) = block ? self.class.new(to_a.select(&block)) : to_enum(:select)
  def filter(&block) = block ? select(&block) : to_enum(:filter)
  def reject(&block) = block ? self.class.new(to_a.reject(&block)) : to_enum(:reject)

  def map!(&block) = block ? replace(to_a.map(&block)) : to_enum(:collect!)
  alias collect! map!

  def first(*args) = to_a.first(*args)
  def min(*args, &block) = to_a.min(*args, &block)
  def max(*args, &block) = to_a.max(*args, &block)
  def join(separator = nil) = to_a.join(separator)

  def classify
    return to_enum(:classify) unless block_given?

    out = {}
    each { |item| (out[yield(item)] ||= self.class.new).add(item) }
    out
  end

  def flatten = self.class.new(to_a.flat_map { |item| item.is_a?(Set) ? item.flatten.to_a : [item] })

  def freeze
    @hash.freeze
    super
  end

  def inspect = "#<Set: {#{to_a.map(&:inspect).join(', ')}}>"
  alias to_s inspect
  def pretty_print_inspect = inspect

  private

  def each_of(items, &block)
    if items.respond_to?(:each)
      items.is_a?(Hash) ? items.to_a.each(&block) : items.each(&block)
    else
      raise ArgumentError, "value must be enumerable"
    end
  end

  def check_set(other)
    raise ArgumentError, "value must be a set" unless other.is_a?(Set)
  end
end

class SortedSet < Set
  def to_a = super.sort
  def each(&block)
    return to_enum(:each) unless block

    to_a.each(&block)
    self
  end
end

module Enumerable
  def to_set(&block) = Set.new(self, &block)
end
class Array
  def to_set(&block) = Set.new(self, &block)
end
class Hash
  def to_set(&block) = Set.new(self, &block)
end
class Range
  def to_set(&block) = Set.new(self, &block)
end
