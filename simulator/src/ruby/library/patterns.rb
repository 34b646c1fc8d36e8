# Small helpers for classes: Singleton, Forwardable, Observable, delegators, Abbrev.
module Singleton
  def self.included(base)
    base.extend(ClassMethods)
    base.private_class_method :new, :allocate
  end

  module ClassMethods
    def instance = @singleton__instance__ ||= new
  end

  def clone = raise(TypeError, "can't clone instance of singleton #{self.class}")
  def dup = raise(TypeError, "can't dup instance of singleton #{self.class}")
end

module Forwardable
  def def_delegator(accessor, method, ali = method)
    accessor = accessor.to_s
    define_method(ali) do |*args, **opts, &block|
      target =
        if accessor.start_with?("@") then instance_variable_get(accessor)
        else accessor.split(".").inject(self) { |on, name| name == "self" ? on : on.__send__(name) }
        end
      target.__send__(method, *args, **opts, &block)
    end
    ali.to_sym
  end
  alias def_instance_delegator def_delegator

  def def_delegators(accessor, *methods)
    methods.each { |name| def_delegator(accessor, name) unless %w[__send__ __id__].include?(name.to_s) }
  end
  alias def_instance_delegators def_delegators

  def instance_delegate(hash)
    hash.each { |methods, accessor| Array(methods).each { |name| def_delegator(accessor, name) } }
  end
  alias delegate instance_delegate
end

class Delegator < BasicObject
  def initialize(target) = __setobj__(target)
  def method_missing(name, *args, **opts, &block) = __getobj__.__send__(name, *args, **opts, &block)
  def respond_to_missing?(name, all) = __getobj__.respond_to?(name, all)
  def respond_to?(name, all = false) = __getobj__.respond_to?(name, all)
  def ==(other) = other.equal?(self) || __getobj__ == other
  def !=(other) = !(self == other)
  def ! = !__getobj__
  def class = (class << self; self; end).superclass
  def is_a?(other) = self.class <= other
  def nil? = false
  def to_s = __getobj__.to_s
  def inspect = __getobj__.inspect
end

class SimpleDelegator < Delegator
  def __getobj__ = @delegate_sd_obj
  def __setobj__(target)
    @delegate_sd_obj = target
  end
end

module Observable
  def add_observer(observer, func = :update) = (@observer_peers ||= {})[observer] = func
  def delete_observer(observer) = (@observer_peers ||= {}).delete(observer)
  def delete_observers = (@observer_peers ||= {}).clear
  def count_observers = (@observer_peers ||= {}).size
  def changed(state = true) = @observer_state = state
  def changed? = !!@observer_state

  def notify_observers(*args)
    return unless @observer_state

    (@observer_peers ||= {}).each { |observer, func| observer.__send__(func, *args) }
    @observer_state = false
  end
end

module Abbrev
  def self.abbrev(words)
    table = {}
    seen = Hash.new(0)
    words.each do |word|
      (1..word.size).each do |size|
        short = word[0, size]
        seen[short] += 1
        seen[short] == 1 ? table[short] = word : table.delete(short)
      end
    end
    words.each { |word| table[word] = word }
    table
  end
end

class Array
  def abbrev = Abbrev.abbrev(self)
end
