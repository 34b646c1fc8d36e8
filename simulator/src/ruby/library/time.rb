# Time, Date and DateTime on given values. What time it is now, only the node knows.
module Calendar
  MONTHS = %w[January February March April May June July August September October November December].freeze
  DAYS = %w[Sunday Monday Tuesday Wednesday Thursday Friday Saturday].freeze
  ZONES = { "UTC" => 0, "GMT" => 0, "Z" => 0, "EST" => -18_000, "EDT" => -14_400, "CST" => -21_600, "CDT" => -18_000,
            "MST" => -25_200, "MDT" => -21_600, "PST" => -28_800, "PDT" => -25_200 }.freeze

  # Days since 1970-01-01 of a date of the Gregorian calendar.
  def self.days(year, month, day)
    year -= 1 if month <= 2
    era = year.div(400)
    yoe = year - era * 400
    doy = (153 * (month + (month > 2 ? -3 : 9)) + 2).div(5) + day - 1
    era * 146_097 + yoe * 365 + yoe.div(4) - yoe.div(100) + doy - 719_468
  end

  def self.civil(days)
    days += 719_468
    era = days.div(146_097)
    doe = days - era * 146_097
    yoe = (doe - doe.div(1460) + doe.div(36_524) - doe.div(146_096)).div(365)
    doy = doe - (365 * yoe + yoe.div(4) - yoe.div(100))
    mp = (5 * doy + 2).div(153)
    month = mp + (mp < 10 ? 3 : -9)
    [yoe + era * 400 + (month <= 2 ? 1 : 0), month, doy - (153 * mp + 2).div(5) + 1]
  end

  def self.leap?(year) = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)

  def self.month_days(year, month)
    return 29 if month == 2 && leap?(year)

    [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
  end

  # Year and week of ISO 8601.
  def self.week(year, yday, cwday)
    week = (yday - cwday + 10).div(7)
    return week(year - 1, yday + (leap?(year - 1) ? 366 : 365), cwday) if week < 1

    week > weeks_in(year) ? [year + 1, 1] : [year, week]
  end

  def self.weeks_in(year)
    first = (days(year, 1, 1) + 4) % 7
    first == 4 || (first == 3 && leap?(year)) ? 53 : 52
  end

  def self.offset_text(offset, colon = false)
    sign = offset.negative? ? "-" : "+"
    offset = offset.abs
    format(colon ? "%s%02d:%02d" : "%s%02d%02d", sign, offset / 3600, offset / 60 % 60)
  end

  def self.offset(text)
    return text if text.is_a?(Integer)
    return ZONES[text.upcase] if ZONES.key?(text.upcase)

    m = /\A([+-])(\d\d):?(\d\d)(?::?(\d\d))?\z/.match(text)
    raise ArgumentError, "\"+HH:MM\", \"-HH:MM\", \"UTC\" or \"A\"..\"I\",\"K\"..\"Z\" expected for utc_offset: #{text}" unless m

    seconds = m[2].to_i * 3600 + m[3].to_i * 60 + m[4].to_i
    m[1] == "-" ? -seconds : seconds
  end

  def self.month(value)
    return value.to_i unless value.is_a?(String) && value =~ /\A[a-z]/i

    at = MONTHS.index { |name| name[0, 3].casecmp?(value[0, 3]) }
    raise ArgumentError, "mon out of range" unless at

    at + 1
  end

  # Fields of a date and time written in one of the usual ways: year, month, day, hour, minute, second, fraction, zone.
  def self.read(text)
    date = nil
    if (m = text.match(/(-?\d{4})-(\d\d?)-(\d\d?)/) || text.match(%r{(\d{4})/(\d\d?)/(\d\d?)}))
      date = [m[1].to_i, m[2].to_i, m[3].to_i]
    elsif (m = text.match(/(\d\d?)(?:st|nd|rd|th)?[\s-]+(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?,?[\s-]+(-?\d{4})/i))
      date = [m[3].to_i, month(m[2]), m[1].to_i]
    elsif (m = text.match(/(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?\s+(\d\d?)(?:st|nd|rd|th)?,?\s+(?:\d\d?:\d\d(?::\d\d)?\s+)?(?:[A-Z]{3,4}\s+)?(-?\d{4})/i))
      date = [m[3].to_i, month(m[1]), m[2].to_i]
    elsif (m = text.match(/\b(\d{4})(\d\d)(\d\d)(?:T?(\d\d)(\d\d)(\d\d)?)?/))
      date = [m[1].to_i, m[2].to_i, m[3].to_i]
      clock = [m[4].to_i, m[5].to_i, m[6].to_i, ""] if m[4]
    end
    if (m = text.match(/(\d\d?):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?\s*([ap]m)?/i))
      hour = m[1].to_i
      hour = hour % 12 + (m[5].downcase == "pm" ? 12 : 0) if m[5]
      clock = [hour, m[2].to_i, m[3].to_i, m[4] || ""]
    end
    zone = text[/(?:\d|\s)(Z|UTC|GMT|[ECMP][SD]T)\b/, 1] || text[/:\d\d(?:\.\d+)?\s*([+-]\d\d:?\d\d)/, 1]
    [date, clock, zone]
  end

  def strftime(format)
    format.gsub(/%([-0^#_]*)(\d*)(:{0,2}[a-zA-Z%+])/) do
      flags, width, code = $1, $2, $3
      pad = "0"
      size = 2
      text =
        case code
        when "Y" then size = 4; year
        when "C" then year.div(100)
        when "y" then year % 100
        when "m" then month
        when "B" then size = 0; MONTHS[month - 1]
        when "b", "h" then size = 0; MONTHS[month - 1][0, 3]
        when "d" then mday
        when "e" then pad = " "; mday
        when "j" then size = 3; yday
        when "H" then hour
        when "k" then pad = " "; hour
        when "I" then (hour + 11) % 12 + 1
        when "l" then pad = " "; (hour + 11) % 12 + 1
        when "M" then min
        when "S" then sec
        when "L" then size = 0; format("%09d", nsec)[0, width.empty? ? 3 : width.to_i]
        when "N" then size = 0; format("%09d", nsec)[0, width.empty? ? 9 : width.to_i]
        when "z" then size = 0; Calendar.offset_text(utc_offset)
        when ":z" then size = 0; Calendar.offset_text(utc_offset, true)
        when "Z" then size = 0; zone.to_s
        when "p" then size = 0; flags.include?("#") ? (hour < 12 ? "am" : "pm") : (hour < 12 ? "AM" : "PM")
        when "P" then size = 0; hour < 12 ? "am" : "pm"
        when "A" then size = 0; DAYS[wday]
        when "a" then size = 0; DAYS[wday][0, 3]
        when "u" then size = 1; cwday
        when "w" then size = 1; wday
        when "G" then size = 4; cwyear
        when "g" then cwyear % 100
        when "V" then cweek
        when "U" then (yday + 6 - wday).div(7)
        when "W" then (yday + 6 - (wday - 1) % 7).div(7)
        when "s" then size = 1; to_i
        when "n" then size = 0; "\n"
        when "t" then size = 0; "\t"
        when "%" then size = 0; "%"
        when "F" then size = 0; strftime("%Y-%m-%d")
        when "T", "X" then size = 0; strftime("%H:%M:%S")
        when "D", "x" then size = 0; strftime("%m/%d/%y")
        when "R" then size = 0; strftime("%H:%M")
        when "r" then size = 0; strftime("%I:%M:%S %p")
        when "c" then size = 0; strftime("%a %b %e %H:%M:%S %Y")
        when "v" then size = 0; strftime("%e-%^b-%Y")
        when "+" then size = 0; strftime("%a %b %e %H:%M:%S %Z %Y")
        else next $&
        end
      pad = " " if flags.include?("_")
      pad = "0" if flags.include?("0")
      size = width.to_i unless width.empty?
      text = text.to_s
      text = text.rjust(size, size.zero? || text =~ /\A[A-Za-z]/ ? " " : pad) unless flags.include?("-")
      text = text.upcase if flags.include?("^")
      text = text.swapcase if flags.include?("#") && code != "p"
      text
    end
  end

  def wday = (day_number + 4) % 7
  def cwday = wday.zero? ? 7 : wday
  def yday = day_number - Calendar.days(year, 1, 1) + 1
  def cwyear = Calendar.week(year, yday, cwday)[0]
  def cweek = Calendar.week(year, yday, cwday)[1]
  def day = mday
  def mon = month

  DAYS.each_with_index { |name, i| define_method("#{name.downcase}?") { wday == i } }
end

class Time
  include Comparable
  include Calendar

  attr_reader :utc_offset, :nsec
  alias gmt_offset utc_offset
  alias gmtoff utc_offset
  alias tv_nsec nsec

  def self.utc(year, month = 1, day = 1, hour = 0, min = 0, sec = 0, usec = 0)
    made(year, month, day, hour, min, sec, 0, true, (usec * 1000).to_i)
  end

  def self.gm(*args) = utc(*args)
  def self.local(*args) = utc(*args).__here__
  def self.mktime(*args) = local(*args)

  def self.new(*args, **options)
    return now if args.empty?

    year, month, day, hour, min, sec, zone = args
    zone = options[:in] if options[:in]
    return made(year, month || 1, day || 1, hour || 0, min || 0, sec || 0, Calendar.offset(zone), zone == "UTC") if zone

    made(year, month || 1, day || 1, hour || 0, min || 0, sec || 0, 0, false).__here__
  end

  def self.made(year, month, day, hour, min, sec, offset, utc, nsec = 0)
    year, day, hour, min = [year, day, hour, min].map { |part| part.is_a?(String) ? Integer(part, 10) : part.to_i }
    month = Calendar.month(month)
    fraction = sec.is_a?(Float) ? ((sec - sec.floor) * 1_000_000_000).round : 0
    sec = sec.is_a?(String) ? Integer(sec, 10) : sec.floor
    raise ArgumentError, "mon out of range" unless (1..12).cover?(month)
    unless (1..31).cover?(day) && (0..24).cover?(hour) && (0..59).cover?(min) && (0..60).cover?(sec)
      raise ArgumentError, "argument out of range"
    end

    seconds = Calendar.days(year, month, day) * 86_400 + hour * 3600 + min * 60 + sec - offset
    allocate.__set__(seconds, nsec + fraction, offset, utc)
  end

  def self.at(seconds, sub = nil, unit = :microsecond, **options)
    return allocate.__set__(seconds.to_i, seconds.nsec, seconds.utc_offset, seconds.utc?) if seconds.is_a?(Time)
    unless seconds.is_a?(Numeric)
      raise TypeError, "can't convert #{seconds.nil? ? 'nil' : seconds.class} into an exact number"
    end

    whole = seconds.floor
    nsec = seconds.is_a?(Float) ? ((seconds - whole) * 1_000_000_000).floor : 0
    nsec += sub * { millisecond: 1_000_000, usec: 1000, microsecond: 1000, nsec: 1, nanosecond: 1 }[unit] if sub
    made = allocate.__set__(whole + nsec.to_i.div(1_000_000_000), nsec.to_i % 1_000_000_000, 0, false)
    options[:in] ? made.localtime(options[:in]) : made.__here__
  end

  def self.parse(text, _now = nil)
    date, clock, zone = Calendar.read(text)
    raise ArgumentError, "no time information in #{text.inspect}" if date.nil? && clock.nil?
    return now if date.nil?

    hour, min, sec, fraction = clock || [0, 0, 0, ""]
    offset = zone ? Calendar.offset(zone) : 0
    utc = zone && %w[Z UTC GMT].include?(zone)
    made = made(*date, hour, min, sec, offset, utc, fraction.ljust(9, "0")[0, 9].to_i)
    zone ? made : made.__here__
  end

  def self.iso8601(text)
    raise ArgumentError, "invalid date or xmlschema format: #{text.inspect}" unless text =~ /\A\s*-?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/

    parse(text)
  end
  singleton_class.send(:alias_method, :xmlschema, :iso8601)
  singleton_class.send(:alias_method, :rfc2822, :parse)
  singleton_class.send(:alias_method, :httpdate, :parse)

  def self.strptime(text, format) = DateTime.strptime(text, format).to_time

  def __set__(seconds, nsec, offset, utc)
    @seconds = seconds
    @nsec = nsec
    @utc_offset = offset
    @utc = utc
    self
  end

  # The zone of the node is UTC, as of servers.
  def __here__ = self

  def initialize_copy(other) = __set__(other.to_i, other.nsec, other.utc_offset, other.utc?)
  def day_number = (@seconds + @utc_offset).div(86_400)
  def second_of_day = (@seconds + @utc_offset) % 86_400
  def year = Calendar.civil(day_number)[0]
  def month = Calendar.civil(day_number)[1]
  def mday = Calendar.civil(day_number)[2]
  alias mon month
  alias day mday
  def hour = second_of_day / 3600
  def min = second_of_day / 60 % 60
  def sec = second_of_day % 60
  def usec = @nsec / 1000
  alias tv_usec usec
  def to_i = @seconds
  alias tv_sec to_i
  def to_f = @seconds + @nsec / 1_000_000_000.0
  def to_r = to_f.to_r
  def subsec = @nsec.zero? ? 0 : @nsec / 1_000_000_000.0
  def utc? = @utc
  alias gmt? utc?
  def dst? = false
  alias isdst dst?
  def zone = @utc || @utc_offset.zero? ? "UTC" : nil
  def utc = __set__(@seconds, @nsec, 0, true)
  alias gmtime utc
  def getutc = dup.utc
  alias getgm getutc
  def localtime(offset = 0) = __set__(@seconds, @nsec, Calendar.offset(offset), false)
  def getlocal(offset = 0) = dup.localtime(offset)
  def to_time = self
  def to_date = Date.new(year, month, mday)
  def to_a = [sec, min, hour, day, month, year, wday, yday, dst?, zone]

  def +(other)
    raise TypeError, "time + time?" if other.is_a?(Time)

    shift(other)
  end

  def -(other)
    return (@seconds - other.to_i) + (@nsec - other.nsec) / 1_000_000_000.0 if other.is_a?(Time)

    shift(-other)
  end

  def shift(by)
    raise TypeError, "can't convert #{by.nil? ? 'nil' : by.class} into an exact number" unless by.is_a?(Numeric)

    nsec = @nsec + (by.is_a?(Float) ? ((by - by.floor) * 1_000_000_000).round : 0)
    Time.allocate.__set__(@seconds + by.floor + nsec.div(1_000_000_000), nsec % 1_000_000_000, @utc_offset, @utc)
  end

  def <=>(other) = other.is_a?(Time) ? [to_i, nsec] <=> [other.to_i, other.nsec] : nil
  def ==(other) = other.is_a?(Time) && (self <=> other).zero?
  def eql?(other) = self == other
  def hash = [@seconds, @nsec].hash

  def round(digits = 0)
    unit = 10**(9 - digits)
    nsec = (@nsec + unit / 2).div(unit) * unit
    Time.allocate.__set__(@seconds + nsec.div(1_000_000_000), nsec % 1_000_000_000, @utc_offset, @utc)
  end

  def floor(digits = 0)
    unit = 10**(9 - digits)
    Time.allocate.__set__(@seconds, @nsec.div(unit) * unit, @utc_offset, @utc)
  end

  def to_s = strftime(@utc ? "%Y-%m-%d %H:%M:%S UTC" : "%Y-%m-%d %H:%M:%S %z")

  def inspect
    fraction = @nsec.zero? ? "" : ".#{format('%09d', @nsec).sub(/0+\z/, '')}"
    strftime("%Y-%m-%d %H:%M:%S#{fraction} #{@utc ? 'UTC' : '%z'}")
  end

  def ctime = strftime("%a %b %e %H:%M:%S %Y")
  alias asctime ctime
  def rfc2822 = strftime("%a, %d %b %Y %H:%M:%S ") + (@utc ? "-0000" : Calendar.offset_text(@utc_offset))
  alias rfc822 rfc2822
  def httpdate = getutc.strftime("%a, %d %b %Y %H:%M:%S GMT")

  def xmlschema(digits = 0)
    fraction = digits.zero? ? "" : ".#{format('%09d', @nsec)[0, digits]}"
    strftime("%Y-%m-%dT%H:%M:%S#{fraction}") + (@utc ? "Z" : Calendar.offset_text(@utc_offset, true))
  end
  alias iso8601 xmlschema
end

class Date
  include Comparable
  include Calendar

  class Error < ArgumentError; end

  MONTHNAMES = [nil, *Calendar::MONTHS].freeze
  ABBR_MONTHNAMES = [nil, *Calendar::MONTHS.map { |name| name[0, 3] }].freeze
  DAYNAMES = Calendar::DAYS
  ABBR_DAYNAMES = Calendar::DAYS.map { |name| name[0, 3] }.freeze
  ITALY = 2_299_161
  GREGORIAN = -Float::INFINITY

  attr_reader :day_number

  def self.valid_date?(year, month, day)
    month += 13 if month.negative?
    return false unless (1..12).cover?(month)

    day = Calendar.month_days(year, month) + day + 1 if day.negative?
    (1..Calendar.month_days(year, month)).cover?(day)
  end
  singleton_class.send(:alias_method, :valid_civil?, :valid_date?)

  def self.leap?(year) = Calendar.leap?(year)
  singleton_class.send(:alias_method, :gregorian_leap?, :leap?)
  def self.civil(*args) = new(*args)
  def self.from_days(number) = allocate.__days__(number)
  def self.jd(number) = from_days(number - 2_440_588)

  def self.parse(text, *)
    date, = Calendar.read(text)
    raise Error, "invalid date" if date.nil? || !Date.valid_date?(*date)

    new(*date)
  end

  def self.iso8601(text, *)
    raise Error, "invalid date" unless text =~ /\A\s*-?\d{4}-\d\d-\d\d/

    parse(text)
  end

  def self.strptime(text, format = "%F")
    fields = Calendar.scan(text, format)
    raise Error, "invalid date" unless fields && Date.valid_date?(fields[:year] || 1970, fields[:month] || 1, fields[:day] || 1)

    build(fields)
  end

  def self.build(fields) = new(fields[:year], fields[:month] || 1, fields[:day] || 1)

  def initialize(year = -4712, month = 1, day = 1, *)
    month += 13 if month.negative?
    raise Error, "invalid date" unless Date.valid_date?(year, month, day)

    day = Calendar.month_days(year, month) + day + 1 if day.negative?
    @day_number = Calendar.days(year, month, day)
  end

  def __days__(number)
    @day_number = number
    self
  end

  def year = Calendar.civil(day_number)[0]
  def month = Calendar.civil(day_number)[1]
  def mday = Calendar.civil(day_number)[2]
  alias mon month
  alias day mday
  def hour = 0
  def min = 0
  def sec = 0
  def nsec = 0
  def utc_offset = 0
  def zone = "+00:00"
  def to_i = day_number * 86_400
  def jd = day_number + 2_440_588
  def mjd = day_number + 40_587
  def leap? = Calendar.leap?(year)
  def +(other) = copy(day_number + other)
  def -(other) = other.is_a?(Date) ? Rational(day_number - other.day_number, 1) : copy(day_number - other)

  def >>(other)
    months = year * 12 + month - 1 + other
    year, month = months.div(12), months % 12 + 1
    copy(Calendar.days(year, month, [mday, Calendar.month_days(year, month)].min))
  end

  def <<(other) = self >> -other
  def next_day(count = 1) = self + count
  def prev_day(count = 1) = self - count
  def next_month(count = 1) = self >> count
  def prev_month(count = 1) = self << count
  def next_year(count = 1) = self >> count * 12
  def prev_year(count = 1) = self << count * 12
  def next = next_day
  alias succ next

  def <=>(other) = other.is_a?(Date) ? to_i <=> other.to_i : nil
  def ==(other) = other.is_a?(Date) && to_i == other.to_i
  def ===(other) = other.is_a?(Date) && day_number == other.day_number
  def eql?(other) = self == other
  def hash = to_i.hash

  def step(limit, by = 1)
    return to_enum(:step, limit, by) unless block_given?

    date = self
    while by.positive? ? date <= limit : date >= limit
      yield date
      date += by
    end
    self
  end

  def upto(max, &block) = step(max, &block)
  def downto(min, &block) = step(min, -1, &block)
  def to_date = Date.from_days(day_number)
  def to_time = Time.local(year, month, mday, hour, min, sec)
  def to_datetime = DateTime.new(year, month, mday)
  def strftime(format = "%F") = super
  def to_s = strftime("%Y-%m-%d")
  alias iso8601 to_s
  alias xmlschema to_s
  def inspect = "#<Date: #{self} ((#{jd}j,0s,0n),+0s,2299161j)>"
  def httpdate = strftime("%a, %d %b %Y %H:%M:%S GMT")
  def rfc2822 = strftime("%a, %-d %b %Y %T %z")

  private

  def copy(number) = self.class.allocate.__days__(number)
end

class DateTime < Date
  attr_reader :hour, :min, :sec, :utc_offset

  def self.parse(text, *)
    date, clock, zone = Calendar.read(text)
    raise Date::Error, "invalid date" if date.nil?

    new(*date, *(clock || [0, 0, 0]).first(3), zone || "+00:00")
  end

  def self.build(fields)
    new(fields[:year] || 1970, fields[:month] || 1, fields[:day] || 1, fields[:hour] || 0, fields[:min] || 0, fields[:sec] || 0,
        fields[:zone] || "+00:00")
  end

  def initialize(year = -4712, month = 1, day = 1, hour = 0, min = 0, sec = 0, zone = "+00:00", *)
    super(year, month, day)
    unless (0..23).cover?(hour) && (0..59).cover?(min) && (0..59).cover?(sec)
      raise Date::Error, "invalid date"
    end

    @hour = hour
    @min = min
    @sec = sec
    @utc_offset = Calendar.offset(zone)
  end

  alias minute min
  alias second sec
  def to_i = day_number * 86_400 + hour * 3600 + min * 60 + sec - utc_offset
  def zone = Calendar.offset_text(utc_offset, true)
  def to_time = Time.new(year, month, mday, hour, min, sec, zone)
  def to_s = strftime("%Y-%m-%dT%H:%M:%S%:z")
  alias iso8601 to_s
  alias xmlschema to_s

  private

  def copy(number) = DateTime.new(*Calendar.civil(number), hour, min, sec, zone)
end

module Calendar
  # What `strptime` reads, as a hash; nil where the text is not of that form.
  def self.scan(text, format)
    names = []
    format = format.gsub("%F", "%Y-%m-%d").gsub("%T", "%H:%M:%S").gsub("%R", "%H:%M").gsub("%D", "%m/%d/%y")
    pattern = Regexp.escape(format).gsub("\\ ", "\\s+").gsub(/%\\?-?([a-zA-Z%])/) do
      code = $1
      names << code unless code == "%"
      { "Y" => "([+-]?\\d{1,4})", "b" => "([A-Za-z]{3,9})", "B" => "([A-Za-z]{3,9})", "h" => "([A-Za-z]{3,9})",
        "a" => "([A-Za-z]+)", "A" => "([A-Za-z]+)", "z" => "(Z|UTC|GMT|[+-]\\d\\d:?\\d\\d)", "Z" => "(Z|UTC|GMT|[A-Z]{3})",
        "p" => "([AaPp][Mm])", "s" => "(\\d+)", "j" => "(\\d{1,3})", "%" => "%" }[code] || "\\s*(\\d{1,2})"
    end
    found = Regexp.new("\\A\\s*#{pattern}").match(text)
    return nil unless found

    fields = {}
    names.zip(found.captures) do |code, value|
      case code
      when "Y" then fields[:year] = value.to_i
      when "y" then fields[:year] = value.to_i + (value.to_i < 69 ? 2000 : 1900)
      when "m" then fields[:month] = value.to_i
      when "b", "B", "h" then fields[:month] = month(value)
      when "d", "e" then fields[:day] = value.to_i
      when "H", "k", "I", "l" then fields[:hour] = value.to_i
      when "M" then fields[:min] = value.to_i
      when "S" then fields[:sec] = value.to_i
      when "p" then fields[:hour] = fields[:hour].to_i % 12 + (value.downcase == "pm" ? 12 : 0)
      when "z", "Z" then fields[:zone] = value
      when "s"
        time = Time.at(value.to_i).utc
        fields.merge!(year: time.year, month: time.month, day: time.day, hour: time.hour, min: time.min, sec: time.sec)
      end
    end
    fields
  end
end
