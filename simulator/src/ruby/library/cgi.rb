# CGI: the escapes. What reads a request has no meaning here.
class CGI
  TABLE = { "&" => "&amp;", "<" => "&lt;", ">" => "&gt;", '"' => "&quot;", "'" => "&#39;" }.freeze
  private_constant :TABLE

  def self.escapeHTML(string) = string.to_str.gsub(/[&<>"']/, TABLE)

  def self.unescapeHTML(string)
    string.gsub(/&(apos|amp|gt|lt|quot|#[0-9]+|#[xX][0-9A-Fa-f]+);/) do |whole|
      case name = Regexp.last_match(1)
      when "apos" then "'"
      when "amp" then "&"
      when "gt" then ">"
      when "lt" then "<"
      when "quot" then '"'
      when /\A#[xX]([0-9a-fA-F]+)\z/ then [Regexp.last_match(1).hex].pack("U")
      when /\A#([0-9]+)\z/ then [Regexp.last_match(1).to_i].pack("U")
      else whole
      end
    end
  end

  def self.escape(string)
    string.to_s.b.gsub(/[^a-zA-Z0-9_.\-~ *]/) { |m| format("%%%02X", m.unpack1("C")) }
          .gsub("*", "%2A").tr(" ", "+").force_encoding("UTF-8")
  end

  def self.unescape(string)
    string.tr("+", " ").b.gsub(/((?:%[0-9a-fA-F]{2})+)/) { |m| [m.delete("%")].pack("H*") }
          .force_encoding("UTF-8")
  end

  def self.escapeURIComponent(string) = escape(string).gsub("+", "%20")
  def self.unescapeURIComponent(string) = unescape(string.gsub("+", "%2B"))

  class << self
    alias escape_html escapeHTML
    alias unescape_html unescapeHTML
    alias h escapeHTML
  end

  module Util; end
end
