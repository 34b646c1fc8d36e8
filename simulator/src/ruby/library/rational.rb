# Rational: exact fractions in lowest terms.
class Rational < Numeric
  attr_reader :numerator, :denominator

  class << self
    undef_method :new

    # A fraction of two integers.
    def __make__(top, bottom)
      raise ZeroDivisionError, "divided by 0" if bottom.zero?

      top, bottom = -top, -bottom if bottom.negative?
      common = top.gcd(bottom)
      made = allocate
      made.__send__(:__set__, top.div(common), bottom.div(common))
      made
    end

    def __parse__(text, strict)
      match = text.match(/\A\s*([+-]?\d[\d_]*)(?:\.(\d[\d_]*))?(?:[eE]([+-]?\d+))?(?:\/(\d[\d_]*)(?:\.(\d+))?)?/)
      unless match && (!strict || match.post_match.match?(/\A\s*\z/))
        raise ArgumentError, "invalid value for convert(): #{text.inspect}" if strict
        return __make__(0, 1) unless match
      end
      whole, part, exponent, bottom = match[1], match[2], match[3], match[4]
      top = Integer(whole.delete("_") + part.to_s.delete("_"), 10)
      value = __make__(top, 10**part.to_s.delete("_").size)
      value *= Rational(10)**exponent.to_i if exponent
      bottom ? value / bottom.delete("_").to_i : value
    end

    def __convert__(value)
      case value
      when Integer then __make__(value, 1)
      when Rational then value
      when Float then value.to_r
      when String then __parse__(value, true)
      when nil then raise TypeError, "can't convert nil into Rational"
      else
        raise TypeError, "can't convert #{value.class} into Rational" unless value.respond_to?(:to_r)

        value.to_r
      end
    end

    # The simplest fraction within the bounds, by the Stern-Brocot tree.
    def __simplest__(low, high)
      floor = low.floor
      return __make__(floor, 1) if floor == low
      return __make__(floor + 1, 1) if floor < high.floor

      rest = __simplest__(__make__(1, 1) / (high - floor), __make__(1, 1) / (low - floor))
      __make__(floor, 1) + __make__(1, 1) / rest
    end

    def __rationalize__(value, within)
      if within.nil?
        return value.to_r unless value.is_a?(Float)
        return __make__(0, 1) if value.zero?

        exact = value.to_r
        ulp = exact.denominator == 1 ? value.abs.next_float.to_r - value.abs.to_r : nil
        half = ulp ? ulp / 2 : __make__(1, exact.denominator * 2)
        step = (value.abs.next_float.to_r - value.abs.to_r) / 2
        half = step if step < half || ulp
        low, high = exact.abs - step, exact.abs + step
        found = __simplest__(low, high)
        return value.negative? ? -found : found
      end
      exact = value.to_r
      within = within.abs.to_r
      low, high = exact - within, exact + within
      return exact if low == high
      return -__simplest__(-high, -low) if high.negative?
      return __make__(0, 1) if low <= 0

      __simplest__(low, high)
    end
  end

  def +(other)
    case other
    when Integer then Rational.__make__(numerator + other * denominator, denominator)
    when Rational
      Rational.__make__(numerator * other.denominator + other.numerator * denominator, denominator * other.denominator)
    when Float then to_f + other
    else __coerced__(other, :+)
    end
  end

  def -(other)
    case other
    when Integer then Rational.__make__(numerator - other * denominator, denominator)
    when Rational
      Rational.__make__(numerator * other.denominator - other.numerator * denominator, denominator * other.denominator)
    when Float then to_f - other
    else __coerced__(other, :-)
    end
  end

  def *(other)
    case other
    when Integer then Rational.__make__(numerator * other, denominator)
    when Rational then Rational.__make__(numerator * other.numerator, denominator * other.denominator)
    when Float then to_f * other
    else __coerced__(other, :*)
    end
  end

  def /(other)
    case other
    when Integer then Rational.__make__(numerator, denominator * other)
    when Rational then Rational.__make__(numerator * other.denominator, denominator * other.numerator)
    when Float then to_f / other
    else __coerced__(other, :/)
    end
  end
  alias quo /

  def **(other)
    case other
    when Integer
      if other.negative?
        raise ZeroDivisionError, "divided by 0" if numerator.zero?

        Rational.__make__(denominator**-other, numerator**-other)
      else
        Rational.__make__(numerator**other, denominator**other)
      end
    when Rational
      other.denominator == 1 ? self**other.numerator : to_f**other.to_f
    when Float then to_f**other
    else __coerced__(other, :**)
    end
  end

  def %(other) = self - other * (self / other).floor
  alias modulo %
  def divmod(other) = [(self / other).floor, self % other]
  def div(other) = (self / other).floor
  def fdiv(other) = to_f / other
  def remainder(other) = self - other * (self / other).truncate
  def -@ = Rational.__make__(-numerator, denominator)
  def abs = Rational.__make__(numerator.abs, denominator)
  alias magnitude abs

  def <=>(other)
    case other
    when Integer then numerator <=> other * denominator
    when Rational then numerator * other.denominator <=> other.numerator * denominator
    when Float then to_f <=> other
    end
  end

  def ==(other)
    case other
    when Integer then denominator == 1 && numerator == other
    when Rational then numerator == other.numerator && denominator == other.denominator
    when Float then to_f == other
    else other == self
    end
  end

  %i[< <= > >=].each do |op|
    define_method(op) do |other|
      order = self <=> other
      if order.nil?
        shown = other.nil? || other == true || other == false || other.is_a?(Symbol) ? other.inspect : other.class
        raise ArgumentError, "comparison of Rational with #{shown} failed"
      end
      order.public_send(op, 0)
    end
  end

  def eql?(other) = other.is_a?(Rational) && self == other
  def hash = [numerator, denominator].hash

  def coerce(other)
    case other
    when Integer then [Rational.__make__(other, 1), self]
    when Float then [other, to_f]
    when Rational then [other, self]
    else raise TypeError, "#{other.class} can't be coerced into Rational"
    end
  end

  def zero? = numerator.zero?
  def positive? = numerator.positive?
  def negative? = numerator.negative?
  def nonzero? = zero? ? nil : self
  def integer? = false
  def finite? = true
  def infinite? = nil
  def to_i = numerator.negative? ? -(-numerator).div(denominator) : numerator.div(denominator)
  alias to_int to_i
  undef_method :to_int
  def to_f = numerator.fdiv(denominator)
  def to_r = self
  def rationalize(within = nil) = within ? Rational.__rationalize__(self, within) : self
  def to_s = "#{numerator}/#{denominator}"
  def inspect = "(#{self})"

  def floor(digits = 0) = __places__(digits) { |n| n.numerator.div(n.denominator) }
  def ceil(digits = 0) = __places__(digits) { |n| -(-n.numerator).div(n.denominator) }
  def truncate(digits = 0) = __places__(digits, &:to_i)

  def round(digits = 0, half: :up)
    __places__(digits) do |n|
      twice = n.numerator.abs * 2 + n.denominator
      whole, rest = twice.divmod(n.denominator * 2)
      if rest.zero? && (half.to_s == "down" || (half.to_s == "even" && whole.odd?))
        whole -= 1
      end
      n.negative? ? -whole : whole
    end
  end

  private

  def __set__(top, bottom)
    @numerator = top
    @denominator = bottom
    freeze
  end

  def __places__(digits)
    return yield(self) if digits.zero?

    unit = 10**digits.abs
    return yield(self / unit) * unit if digits.negative?

    Rational.__make__(yield(self * unit), unit)
  end

  def __coerced__(other, op)
    raise TypeError, "#{__named__(other)} can't be coerced into Rational" unless other.respond_to?(:coerce)

    a, b = other.coerce(self)
    a.__send__(op, b)
  end

  def __named__(other)
    other.nil? || other == true || other == false ? other.inspect : other.class
  end
end

module Kernel
  def Rational(top, bottom = nil, exception: true)
    if top.nil? || (bottom.nil? && false)
      raise TypeError, "can't convert nil into Rational"
    end
    value = Rational.__convert__(top)
    bottom.nil? ? value : value / Rational.__convert__(bottom)
  rescue ArgumentError, TypeError
    raise if exception

    nil
  end
  module_function :Rational
end

class Integer
  def to_r = Rational.__make__(self, 1)
end

class String
  def to_r = Rational.__parse__(self, false)
end

class NilClass
  def to_r = Rational.__make__(0, 1)
  def rationalize(_within = nil) = Rational.__make__(0, 1)
end
